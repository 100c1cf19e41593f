-- What was kept out (a row) or made unknown (a cell), by table, column and reason.
select
    q.table_name,
    q.scope,
    q.column_name,
    q.reason,
    count(*) as occurrences
from quarantine as q
group by q.table_name, q.scope, q.column_name, q.reason
order by occurrences desc, q.table_name, q.scope desc, q.column_name, q.reason
