/* Abnormal values close together are one event; what was done about it, and when. Times in microseconds after the first value. */
with numbered as (
    select
        v.*,
        case
            when
                epoch_us(v.moment) - lag(epoch_us(v.moment)) over (partition by v.session_no, v.domain order by v.moment, v.ref)
                <= as_us(t.one_event_min)
                then 0
            else 1
        end as breaks
    from abnormal_value as v
    cross join setting as t
    where v.is_certain
),

event as (
    select
        session_no,
        domain,
        event_no,
        min(moment) as started_at,
        max(moment) as last_at,
        case when not bool_and(is_transient) then false when count(is_transient) = count(*) then true end as is_transient,
        list_distinct(flatten(list([ref, repeat_ref]))) as refs,
        list(distinct requirement) as requirements,
        max(is_artefact) as is_artefact
    from (
        select
            *,
            sum(breaks) over (partition by session_no, domain order by moment, ref rows between unbounded preceding and current row) as event_no
        from numbered
    ) as placed
    group by session_no, domain, event_no
),

limited as (
    select
        e.*,
        r.rule_id,
        as_us(r.limit_high) - case when r.comparator = 'lt' then 1 else 0 end as limit_us
    from event as e
    left join rule as r on r.rule_id = case e.domain when 'sedation' then 'KM-04' else 'KM-05' end
),

answered as (
    select
        e.session_no,
        e.domain,
        e.event_no,
        min(case when a.is_certain and a.moment >= e.started_at then epoch_us(a.moment) - epoch_us(e.started_at) end) as certainly_us,
        min(greatest(epoch_us(a.moment) - epoch_us(e.started_at), 0)) as possibly_us,
        min_by(a.ref, (greatest(epoch_us(a.moment) - epoch_us(e.started_at), 0), a.ref)) as ref
    from limited as e
    inner join action as a on a.session_no = e.session_no and a.moment_latest >= e.started_at
    where not a.is_natural_end or epoch_us(a.moment) - epoch_us(e.started_at) <= e.limit_us
    group by e.session_no, e.domain, e.event_no
)

select
    e.session_no,
    e.domain,
    e.event_no,
    e.started_at,
    e.last_at,
    e.refs,
    e.is_artefact,
    e.is_transient,
    a.ref as action_ref,
    a.certainly_us,
    a.possibly_us,
    coalesce(a.certainly_us <= e.limit_us, false) as acted_in_time,
    coalesce(a.possibly_us <= e.limit_us, false) as possibly_acted_in_time,
    e.limit_us,
    e.requirements
from limited as e
left join answered as a on a.session_no = e.session_no and a.domain = e.domain and a.event_no = e.event_no
