-- What was received and what became of it, file by file.
select
    i.table_name,
    i.file,
    i.sha256,
    i.received,
    i.loaded,
    i.quarantined,
    i.duplicates
from input_file as i
order by i.table_name, i.file
