/* Drug exposures that name another person's visit, once for each of the two: whose they are, nobody knows. */
with of_another as (
    select
        d.file_id,
        d.line,
        d.person_id,
        v.person_id as other_id
    from omop_drug_exposure as d
    inner join omop_visit as v on v.visit_occurrence_id = d.visit_occurrence_id and v.person_id <> d.person_id
    where not exists (select 1 from omop_visit as own where own.visit_occurrence_id = d.visit_occurrence_id and own.person_id = d.person_id)
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
