/* What was kept out, by table, column and reason: no raw text, no patient, no line. */
select
    file_id,
    table_name,
    cast(null as integer) as line,
    scope,
    case when regexp_matches(column_name, '^[a-z][a-z_]*$') then column_name end as column_name,
    reason,
    cast(null as varchar) as raw,
    cast(null as varchar) as patient_id,
    cast(null as varchar) as event,
    cast(null as varchar) as product,
    cast(null as varchar) as route,
    cast(null as varchar) as status,
    cast(null as date) as on_date,
    cast(null as varchar) as row_key
from quarantine
