/* The files by table and number: a file's name may name a patient, and its hash would tell two extracts apart. */
select
    file_id,
    extract_id,
    table_name,
    table_name || ' ' || cast(row_number() over (partition by table_name order by file_id) as varchar) as file,
    'withheld' as sha256,
    received,
    loaded,
    quarantined,
    duplicates
from input_file
