/* What the extract holds and these selects do not use, or use only in part. */
select
    'drug in no map' as topic,
    name as value,
    count(*) as occurrences
from exposure
where product is null and drug_class is null
group by name
union all
select
    'local drug concept in no map',
    drug_concept_id || ' ' || name,
    count(*)
from exposure
where is_local and drug_concept_id <> '0' and product is null and drug_class is null
group by drug_concept_id, name
union all
select
    'type of drug exposure in no map',
    coalesce(drug_type_concept_id, 'none'),
    count(*)
from exposure
where kind_of_record is null
group by drug_type_concept_id
union all
select
    'route in no map',
    coalesce(route_source_value, 'concept ' || route_concept_id),
    count(*)
from exposure
where mapped_route is null and kind_of_record = 'administration' and (route_source_value is not null or nullif(route_concept_id, '0') is not null)
group by route_source_value, route_concept_id
union all
select
    'stop_reason in no map',
    stop_reason,
    count(*)
from exposure
where is_status_unmapped and kind_of_record is not null and (kind_of_record = 'administration' or drug_class is not null)
group by stop_reason
union all
select
    'sig in no map',
    sig,
    count(*)
from exposure
where sig is not null and not contains(sig, '=') and stated_event is null and rate is null and kind_of_record = 'administration'
group by sig
union all
select
    'fact in sig that no select reads',
    key,
    count(*)
from (select unnest(keys) as key from fact) as k
where
    key not in (
        'event', 'rate', 'volume', 'concentration', 'pump_weight', 'delivered', 'total', 'line', 'order', 'source', 'recorded', 'context',
        'indication', 'dosing_weight', 'outcome', 'mme_per_day', 'class'
    )
group by key
union all
select
    'quantity without a unit',
    name,
    count(*)
from exposure
where kind_of_record = 'administration' and product is not null and quantity is not null and dose_unit is null
group by name
union all
select
    'amount beside a rate, and nothing says how the two compare',
    name,
    count(*)
from exposure
where
    kind_of_record = 'administration' and product is not null and rate is not null and amount is not null
    and (amount_stated is null or amount_by_rate is null)
group by name
union all
select
    'administration at midnight, which may mean that its time is unknown',
    name,
    count(*)
from exposure
where kind_of_record = 'administration' and product is not null and substr(drug_exposure_start_datetime, 12) in ('00:00', '00:00:00', '00:00:00.000')
group by name
union all
select
    'administration to no person of the extract',
    'drug_exposure',
    count(*)
from exposure
where kind_of_record = 'administration' and person_id not in (select person_id from omop_person where person_id is not null)
union all
select
    'measurement or observation in no map',
    coalesce(source_value, 'concept ' || concept_id),
    count(*)
from (
    select
        measurement_source_value as source_value,
        measurement_concept_id as concept_id,
        measurement_source_concept_id as source_concept_id
    from omop_measurement
    union all
    select
        observation_source_value,
        observation_concept_id,
        observation_source_concept_id
    from omop_observation
) as m
where
    not exists (
        select 1 from observed as o
        where
            o.concept_id is not distinct from m.concept_id
            and o.source_concept_id is not distinct from m.source_concept_id
            and o.source_value is not distinct from m.source_value
    )
    and lower(trim(coalesce(source_value, ''))) not in (select lower(code) from question_code where vocabulary = 'source')
group by source_value, concept_id
union all
select
    'measurement whose codes mean different kinds',
    coalesce(source_value, 'concept ' || concept_id),
    count(*)
from observed
where kinds > 1
group by source_value, concept_id
union all
select
    'diagnosis vocabulary in no map',
    split_part(condition_source_value, ':', 1),
    count(*)
from omop_condition
where
    contains(condition_source_value, ':')
    and lower(split_part(condition_source_value, ':', 1)) not in (select lower(vocabulary) from condition_system)
group by split_part(condition_source_value, ':', 1)
union all
select
    'type of diagnosis in no map',
    condition_type_concept_id,
    count(*)
from omop_condition
where condition_type_concept_id not in (select concept_id from condition_category)
group by condition_type_concept_id
union all
select
    'procedure in no map',
    coalesce(procedure_source_value, 'concept ' || procedure_concept_id),
    count(*)
from omop_procedure
where (file_id, line) not in (select (file_id, line) from performed)
group by procedure_source_value, procedure_concept_id
