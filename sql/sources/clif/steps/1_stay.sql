/* Whose a hospitalization is. Where several patients claim it, each is given, and what belongs to it is refused for all of them. */
select distinct
    hospitalization_id,
    patient_id,
    case
        when min(patient_id) over (partition by hospitalization_id) <> max(patient_id) over (partition by hospitalization_id)
            then 'hospitalization_of_several_patients'
    end as refused
from clif_hospitalization
where patient_id is not null
