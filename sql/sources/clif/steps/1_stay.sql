/* Whose a hospitalization is; one that two patients claim is nobody's. */
select
    hospitalization_id,
    min(patient_id) as patient_id
from clif_hospitalization
group by hospitalization_id
having count(distinct patient_id) = 1
