/* What the extract holds and these selects do not use: categories in no map, actions that nobody can read, references to nothing. */
select
    'vital sign in no map' as topic,
    coalesce(v.vital_category, 'none') as value,
    count(*) as occurrences
from clif_vitals as v
left join vital_kind as k on k.vital_category = lower(v.vital_category)
where k.kind is null
group by v.vital_category
union all
select
    'assessment in no map',
    coalesce(a.assessment_category, 'none'),
    count(*)
from clif_patient_assessments as a
left join assessment_kind as k on k.assessment_category = lower(a.assessment_category)
where k.kind is null
group by a.assessment_category
union all
select
    'vital sign or assessment without a number',
    k.kind,
    count(*)
from (
    select vital_category as category, vital_value as value from clif_vitals
    union all
    select assessment_category, numerical_value from clif_patient_assessments
) as c
inner join (
    select vital_category as category, kind from vital_kind
    union all
    select assessment_category, kind from assessment_kind
) as k on k.category = lower(c.category)
where c.value is null
group by k.kind
union all
select
    'route in no map',
    m.med_route_category,
    count(*)
from (
    select med_route_category from clif_medication_admin_continuous
    union all
    select med_route_category from clif_medication_admin_intermittent
) as m
left join route_code as r on r.med_route_category = lower(m.med_route_category)
where m.med_route_category is not null and r.route is null
group by m.med_route_category
union all
select
    'action that says neither given nor not',
    coalesce(mar_action_name, 'none'),
    count(*)
from (
    select mar_action_name, mar_action_category from clif_medication_admin_continuous
    where mar_action_category not in ('start', 'stop', 'dose_change', 'going', 'verify') or mar_action_category is null
    union all
    select mar_action_name, mar_action_category from clif_medication_admin_intermittent
    where mar_action_category not in ('given', 'bolus', 'not_given') or mar_action_category is null
) as m
group by mar_action_name
union all
select
    'reference to nothing',
    value,
    count(*)
from (
    select 'medication_admin_continuous to hospitalization' as value, hospitalization_id from clif_medication_admin_continuous
    union all
    select 'medication_admin_intermittent to hospitalization', hospitalization_id from clif_medication_admin_intermittent
    union all
    select 'vitals to hospitalization', hospitalization_id from clif_vitals
    union all
    select 'patient_assessments to hospitalization', hospitalization_id from clif_patient_assessments
) as t
where hospitalization_id not in (select hospitalization_id from clif_hospitalization)
group by value
union all
select
    'reference to nothing',
    'hospitalization to patient',
    count(*)
from clif_hospitalization
where patient_id not in (select patient_id from clif_patient)
