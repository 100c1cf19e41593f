/* OMOP persons. Without a month and a day, the birth date is unknown. */
select
    p.file_id,
    p.line,
    p.person_id as patient_id,
    case
        when p.birth_datetime is not null then left(p.birth_datetime, 10)
        when p.month_of_birth is not null and p.day_of_birth is not null
            then
                split_part(p.year_of_birth, '.', 1) || '-' || lpad(split_part(p.month_of_birth, '.', 1), 2, '0')
                || '-' || lpad(split_part(p.day_of_birth, '.', 1), 2, '0')
    end as birth_date,
    coalesce(c.sex, s.sex, p.gender_source_value, 'concept ' || nullif(p.gender_concept_id, '0')) as sex
from omop_person as p
left join sex_code as c on c.vocabulary = 'concept' and c.code = p.gender_concept_id
left join sex_code as s on s.vocabulary = 'source' and s.code = lower(trim(p.gender_source_value))
