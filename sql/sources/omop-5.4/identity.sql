/* What OMOP calls a record, for the tables whose rows have no identity of their own.

The person is a part of it: where a refresh of the database numbers its records anew, another person's record must not be taken for a correction.
Of orders, which have one, only those that were entered in error. */
select
    'observation' as table_name,
    file_id,
    line,
    concat_ws('/', 'measurement', measurement_id, person_id) as identity,
    false as withdrawn
from omop_measurement
where measurement_id is not null
union all
select
    target.table_name,
    o.file_id,
    o.line,
    concat_ws('/', 'observation', o.observation_id, o.person_id),
    false
from omop_observation as o
cross join (values ('observation'), ('screening')) as target (table_name)
where o.observation_id is not null
union all
select
    'condition',
    file_id,
    line,
    concat_ws('/', 'condition_occurrence', condition_occurrence_id, person_id),
    false
from omop_condition
where condition_occurrence_id is not null
union all
select
    target.table_name,
    p.file_id,
    p.line,
    concat_ws('/', 'procedure_occurrence', p.procedure_occurrence_id, p.person_id),
    false
from omop_procedure as p
cross join (values ('procedure'), ('intervention')) as target (table_name)
where p.procedure_occurrence_id is not null
union all
select
    'medication',
    file_id,
    line,
    concat_ws('/', 'drug_exposure', drug_exposure_id, person_id),
    is_withdrawn
from exposure
union all
select
    'medication_order',
    file_id,
    line,
    drug_exposure_id,
    true
from exposure
where kind_of_record = 'order' and is_withdrawn
