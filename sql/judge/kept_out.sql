/* Every row and cell that was kept out, with its reason and raw text; text that a spreadsheet would run as a formula is made inert. */
select
    q.table_name as "table",
    inert(f.file) as file,
    q.line,
    q.scope,
    inert(q.column_name) as "column",
    q.reason,
    inert(q.raw) as raw
from quarantine as q
inner join input_file as f on f.file_id = q.file_id
order by q.table_name, f.file, q.line, q.column_name, q.reason
