-- Analgesic classes given beside the sessions; a session may have several.
with class as (
    select
        t.session_no,
        unnest(t.co_analgesic_classes) as drug_class
    from stratum as t
)

select
    c.drug_class,
    count(*) as sessions,
    count(distinct s.patient_id) as patients
from class as c
inner join session as s on c.session_no = s.session_no
group by c.drug_class
order by sessions desc, c.drug_class
