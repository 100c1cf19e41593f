/*
title = "Rows and cells that broke the input contract"

[[measure]]
name = "kept_out_administration"
unit = "share"
of = "administration rows"
what = "Administration rows kept out because they broke the input contract."
means = "Rows were kept out of the dose record, so totals near them are not evaluable; see quarantine.csv for file, line and reason, and have the export corrected."
warning = { at_most = 0.001 }
critical = { at_most = 0.05, of_at_least = 100 }

[[measure]]
name = "usable_administration"
unit = "count"
of = "administration rows, or lines that may be some"
what = "Administration rows left of an extract that brought any, or lines that may be some, after what broke the input contract was kept out."
means = "Every dose row was kept out, so a report would show no session and no fault; see quarantine.csv for file, line and reason, and have the export or its mapping corrected."
critical = { at_least = 1, of_at_least = 1 }

[[measure]]
name = "kept_out_observation"
unit = "share"
of = "observation rows"
what = "Observation rows kept out because they broke the input contract."
means = "Lost observations can look like missed monitoring; see quarantine.csv for file, line and reason, and have the export corrected before monitoring findings are used."
warning = { at_most = 0.001 }
critical = { at_most = 0.05, of_at_least = 100 }
absent = "no observation rows were received"

[[measure]]
name = "kept_out_other"
unit = "share"
of = "rows"
what = "Rows of the other tables kept out because they broke the input contract."
means = "Rows of this table were kept out, so rules that need it know less than the record holds; see quarantine.csv and have the export corrected."
warning = { at_most = 0.001 }
critical = { at_most = 0.2, of_at_least = 100 }
absent = "no rows of other tables were received"

[[measure]]
name = "unreadable_doses"
unit = "share"
of = "administration rows"
what = "Administration rows with an unreadable dose, rate, count, route, status or stop time."
means = "What was given cannot be read in these rows, often a decimal comma or a local word in a coded column; have the export's number format and codes corrected."
warning = { at_most = 0.001 }
critical = { at_most = 0.2, of_at_least = 100 }

[[measure]]
name = "unreadable_cells"
unit = "share"
of = "rows"
what = "Rows with any unreadable cell, by table."
means = "Cells that broke the input contract were treated as unknown; see quarantine.csv for the column and reason, and have the export corrected."
warning = { at_most = 0.001 }
absent = "no rows were received"
*/
with broken as (
    select
        file_id,
        line,
        max(case when scope = 'row' and reason <> 'kind_not_used' then 1 else 0 end) as is_kept_out,
        max(case when scope = 'row' and reason = 'kind_not_used' then 1 else 0 end) as is_not_used,
        max(case when scope = 'cell' then 1 else 0 end) as has_cell,
        max(
            case
                when
                    scope = 'cell'
                    and column_name in ('dose', 'rate', 'volume_ml', 'total_dose', 'delivered_count', 'route', 'status', 'stopped_at')
                    then 1
                else 0
            end
        ) as has_dose_cell
    from quarantine
    group by file_id, line
),

by_file as (
    select
        file_id,
        sum(case when is_not_used = 0 then is_kept_out else 0 end) as kept_out,
        sum(is_not_used) as not_used,
        sum(has_cell) as with_cell,
        sum(has_dose_cell) as with_dose_cell
    from broken
    group by file_id
),

by_table as (
    select
        f.table_name,
        f.extract_id,
        sum(coalesce(b.kept_out, 0)) as kept_out,
        sum(f.received - coalesce(b.not_used, 0)) as received,
        sum(coalesce(b.with_cell, 0)) as with_cell,
        sum(coalesce(b.with_dose_cell, 0)) as with_dose_cell
    from input_file as f
    left join by_file as b on b.file_id = f.file_id
    group by grouping sets ((f.table_name), (f.table_name, f.extract_id))
),

dose_row as (
    select
        extract_id,
        received,
        case when table_name = 'administration' then received - kept_out else 0 end as usable
    from by_table
    -- A table of no such name is a file of another format, with lines of which nobody knows what they were.
    where
        table_name not in (
            'patient', 'encounter', 'medication_order', 'observation', 'condition', 'screening', 'medication', 'procedure', 'intervention', 'stock'
        )
)

select
    case when table_name in ('administration', 'observation') then 'kept_out_' || table_name else 'kept_out_other' end as measure,
    extract_id,
    case when table_name not in ('administration', 'observation') then 'table ' || table_name end as subject,
    kept_out / nullif(cast(received as double), 0) as observed,
    kept_out as part,
    received as whole,
    cast(null as varchar) as skipped
from by_table
union all
select
    'unreadable_cells',
    extract_id,
    'table ' || table_name,
    with_cell / nullif(cast(received as double), 0),
    with_cell,
    received,
    null
from by_table
union all
select
    'unreadable_doses',
    extract_id,
    null,
    with_dose_cell / nullif(cast(received as double), 0),
    with_dose_cell,
    received,
    null
from by_table
where table_name = 'administration'
union all
select
    'usable_administration',
    extract_id,
    null,
    sum(usable),
    sum(usable),
    sum(received),
    null
from dose_row
group by extract_id
