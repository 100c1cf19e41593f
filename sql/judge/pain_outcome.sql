/* What became of the pain in each session's windows after it: the state of the measurement, the change, and the responder by exact decimals. */
with baseline as (
    select
        session_no,
        case when lost_refs is null then last_score end as nrs,
        is_covered
    from pain_score_window
    where window_code = 'baseline'
),

placed as (
    select
        s.session_no,
        s.started_at,
        s.session_id,
        w.window_code,
        b.nrs as baseline,
        w.lowest,
        w.last_score,
        w.total,
        w.possible_count as score_count,
        case
            when s.below_age then 'out_of_scope'
            when s.context = 'postsurgical' then 'postsurgical'
            when s.context is null then 'context_unknown'
            when w.is_closed then 'closed'
            when not w.is_covered or (b.nrs is null and not b.is_covered) then 'not_covered'
            when not w.is_certain then 'time_unknown'
            when b.nrs is null then 'no_baseline'
            when w.lost_refs is not null then 'score_kept_out'
            when w.certain_count = 0 then 'no_score'
            else 'measured'
        end as status
    from pain_score_window as w
    inner join session as s on s.session_no = w.session_no
    inner join baseline as b on b.session_no = w.session_no
    where w.window_code <> 'baseline'
)

select
    session_no,
    window_code,
    status,
    status in ('measured', 'no_score', 'no_baseline', 'time_unknown', 'score_kept_out') as is_due,
    baseline,
    case when status = 'measured' then lowest end as lowest,
    case when status = 'measured' then last_score end as last_score,
    case when status = 'measured' then total end as score_total,
    case when status = 'measured' then score_count end as score_count,
    case when status = 'measured' then lowest - baseline end as change_lowest,
    case when status = 'measured' then last_score - baseline end as change_last,
    -- a mean is a quotient and only ever printed
    case
        when status = 'measured' then cast(cast(total as double) / score_count - cast(baseline as double) as decimal(18, 6))
    end as change_mean,
    case when status = 'measured' and baseline > 0 then 10 * (baseline - lowest) >= 3 * baseline end as responder_30,
    case when status = 'measured' and baseline > 0 then 10 * (baseline - lowest) >= 5 * baseline end as responder_50
from placed
order by started_at, session_id, window_code
