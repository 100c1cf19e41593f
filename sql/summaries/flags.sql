-- The remarks that travelled with sessions and verdicts, and how many sessions carry each.
with flagged as (
    select
        s.session_id,
        unnest(s.flags) as flag
    from session as s
    union
    select
        v.session_id,
        unnest(v.flags) as flag
    from verdict as v
)

select
    f.flag,
    count(*) as sessions
from flagged as f
where f.flag is not null and f.flag not like 'bolus_%_of_%'
group by f.flag
order by sessions desc, f.flag
