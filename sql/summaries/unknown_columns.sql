-- Columns that the contract does not know; they were kept out.
select
    i.table_name,
    u.column_name,
    count(*) as files
from unknown_column as u
inner join input_file as i on u.file_id = i.file_id
group by i.table_name, u.column_name
order by i.table_name, u.column_name
