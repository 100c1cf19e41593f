-- The protocol's published figures, each with the audit's own figure of the same population and window: one session a patient, the first with that indication.
with matched as (
    select
        b.benchmark_id,
        case
            when b.from_h = 0 and b.to_h = 24 then 'immediate'
            when b.from_h = 48 and b.to_h = 336 then 'weeks'
            when b.from_h = 720 and b.to_h = 2160 then 'months'
        end as window_code,
        coalesce(b.responder_percent, 30) as responder_percent,
        b.indication
    from benchmark as b
    where b.display in ('line', 'band')
),

own as (
    select
        m.benchmark_id,
        m.window_code,
        m.responder_percent,
        sum(case when o.is_due and coalesce(o.baseline > 0, true) then 1 else 0 end) as eligible,
        sum(case when o.status = 'measured' and o.baseline > 0 then 1 else 0 end) as followed,
        sum(case when m.responder_percent = 30 and o.responder_30 then 1 when m.responder_percent = 50 and o.responder_50 then 1 else 0 end)
        as responders
    from matched as m
    left join report_outcome as o
        on m.window_code = o.window_code
        and ((coalesce(m.indication, '') = '' and o.is_first) or (m.indication = o.indication and o.is_first_of_indication))
    where m.responder_percent in (30, 50)
    group by m.benchmark_id, m.window_code, m.responder_percent
)

select
    b.*,
    w.window_code,
    w.responder_percent as own_percent,
    w.eligible,
    w.followed,
    w.responders
from benchmark as b
left join own as w on b.benchmark_id = w.benchmark_id and w.window_code is not null
order by b.benchmark_id
