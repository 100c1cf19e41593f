/* Encounters that are part of another of the same patient, and the whole that they belong to.

A stay in a ward is a part of an admission: what was diagnosed in the admission was diagnosed in the stay's own encounter. */
with recursive part as (
    select
        id,
        reference_to('Patient', subject.reference) as patient_id,
        reference_id(partof.reference) as whole_id
    from fhir_encounter
),

above as (
    select
        id,
        patient_id,
        whole_id,
        1 as height
    from part
    where whole_id <> '' and whole_id <> id
    union all
    select
        a.id,
        a.patient_id,
        p.whole_id,
        a.height + 1
    from above as a
    inner join part as p on p.id = a.whole_id and p.patient_id = a.patient_id
    where p.whole_id <> '' and a.height < 5
)

select
    a.id,
    arg_max(a.whole_id, a.height) as whole_id
from above as a
inner join part as p on p.id = a.whole_id and p.patient_id = a.patient_id
group by a.id
