/* How many observation rows each patient has, by file. */
select
    file_id,
    patient_id,
    count(*) as row_count
from observation
group by file_id, patient_id
