/* The latest complete month (one row), how many months lie before it and how many of those hold rows.
A month is complete when the extract was taken after its end, or when the manifest's coverage says so; without either, the month of the newest row is not. */
with claim as (
    select max(timezone(e.timezone, timezone('UTC', c.covered_to))) as claimed_to
    from coverage as c
    inner join extract as e on e.extract_id = c.extract_id
    where c.table_name = 'administration' and c.covered_to < timestamp '9999-01-01 00:00:00'
),

taken as (
    select max(timezone(timezone, timezone('UTC', extracted_at))) as extracted_to
    from extract
),

newest as (
    select
        min(local_month) as first_month,
        max(local_month) as newest_month
    from gate_month
),

bound as (
    select
        n.first_month,
        c.claimed_to is not null as is_claimed,
        case
            when c.claimed_to is not null then date_trunc('month', least(c.claimed_to, coalesce(t.extracted_to, c.claimed_to)))
            when t.extracted_to is not null then date_trunc('month', t.extracted_to)
            else n.newest_month
        end as open_month
    from newest as n
    cross join claim as c
    cross join taken as t
),

latest as (
    select
        b.first_month,
        b.is_claimed,
        case
            when b.is_claimed then b.open_month - interval 1 month
            else (select max(m.local_month) from gate_month as m where m.local_month < b.open_month)
        end as latest_month
    from bound as b
)

select
    l.first_month,
    l.latest_month,
    greatest((year(l.latest_month) - year(l.first_month)) * 12 + month(l.latest_month) - month(l.first_month), 0)
        as earlier_months,
    (select count(*) from gate_month as m where m.local_month < l.latest_month) as earlier_months_with_rows,
    l.is_claimed
    or coalesce((select true from gate_month as m where m.local_month = l.latest_month - interval 1 month), false) as follows_on
from latest as l
