-- The findings behind a comparison, the most severe first; a hundred of each state.
with ranked as (
    select
        c.*,
        row_number() over (
            partition by c.which, c.state
            order by
                case c.severity when 'critical' then 0 when 'major' then 1 when 'minor' then 2 else 3 end,
                c.rule_id,
                c.started,
                c.session_id
        ) as place
    from report_change as c
    where c.state not in ('new_session', 'elsewhere')
)

select
    r.which,
    r.state,
    r.rule_id,
    r.severity,
    r.session_id,
    r.started,
    r.observed,
    r.observed_before,
    r.verdict
from ranked as r
where r.place <= 100
order by r.which, r.state, r.place
