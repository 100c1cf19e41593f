/* Records that name another person's visit, once for each of the two persons: whose they are, nobody knows. */
with stated as (
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id
    from omop_drug_exposure
    union all
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id
    from omop_measurement
    union all
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id
    from omop_observation
    union all
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id
    from omop_condition
),

of_another as (
    select
        s.file_id,
        s.line,
        s.person_id,
        v.person_id as other_id
    from stated as s
    inner join omop_visit as v on v.visit_occurrence_id = s.visit_occurrence_id and v.person_id <> s.person_id
    where not exists (select 1 from omop_visit as own where own.visit_occurrence_id = s.visit_occurrence_id and own.person_id = s.person_id)
)

select
    file_id,
    line,
    person_id
from of_another
union
select
    file_id,
    line,
    other_id
from of_another
