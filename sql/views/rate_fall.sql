/* When the summed rate of a session fell: lowered, paused or stopped. Only for sessions with an abnormal value. A fall is certain when the rows that end and start there show it; otherwise it lies somewhere between two instants. */
with piece as (
    select
        i.session_no,
        i.started_at,
        i.ended_at,
        i.ended_at_high,
        i.refs,
        i.stop_missing,
        i.certain and not i.end_uncertain and i.ended_at = i.ended_at_high as end_is_certain,
        i.per_kg_only,
        i.mg_per_h_low as low,
        i.mg_per_h_high as high,
        i.mg_per_kg_h
    from infusion as i
    where
        i.session_no in (select session_no from abnormal_value)
        and coalesce(i.ended_at_high > i.started_at, true)
),

change as (
    select session_no, ended_at as moment, true as ends, certain_end, refs, per_kg_only, low, high, mg_per_kg_h
    from (select *, end_is_certain as certain_end from piece) as ending
    where certain_end
    union all
    select session_no, started_at, false, null, refs, per_kg_only, low, high, mg_per_kg_h
    from piece
),

compared as (
    select
        session_no,
        moment,
        count(case when not ends then 1 end) = 0 as nothing_starts,
        min(per_kg_only) as as_charted,
        max(per_kg_only) as any_as_charted,
        sum(case when ends then coalesce(low, 0) end) as before_low,
        case when count(case when ends then 1 end) = count(case when ends then high end) then sum(case when ends then high end) end as before_high,
        coalesce(sum(case when not ends then coalesce(low, 0) end), 0) as after_low,
        case
            when count(case when not ends then 1 end) = count(case when not ends then high end)
                then coalesce(sum(case when not ends then high end), 0)
        end as after_high,
        sum(case when ends then mg_per_kg_h end) as before_per_kg,
        coalesce(sum(case when not ends then mg_per_kg_h end), 0) as after_per_kg,
        flatten(list(refs order by refs) filter (where ends)) as refs
    from change
    group by session_no, moment
    having count(case when ends then 1 end) > 0
),

fall as (
    select
        session_no,
        moment,
        moment as moment_latest,
        case
            when nothing_starts then true
            when as_charted then before_per_kg > after_per_kg
            when any_as_charted then null
            when before_low > after_high then true
            when before_high <= after_low then false
        end as is_fall,
        true as has_run,
        refs
    from compared
    union all
    /* a missing stop is no row, and the row that was last seen to run did not end it */
    select session_no, ended_at, coalesce(ended_at_high, timestamp '9999-12-31'), null, ended_at > started_at and not stop_missing, refs
    from piece
    where not end_is_certain
),

/* A row charted at that instant: its ref, so that an end by the row's own stop can be told from somebody's act. */
acted as (
    select
        f.session_no,
        f.moment,
        min(g.ref) as ref
    from (select session_no, moment, unnest(refs) as ref from fall where has_run) as f
    inner join given as g on g.ref = f.ref and g.started_at = f.moment and g.event <> 'rate_verify'
    group by f.session_no, f.moment
)

select
    f.session_no,
    f.moment,
    f.moment_latest,
    coalesce(f.is_fall and not coalesce(l.rate_lost, false), false) as is_certain,
    a.ref is null and f.moment >= s.ended_at as is_natural_end,
    coalesce(a.ref, f.refs[1]) as ref
from fall as f
inner join session as s on s.session_no = f.session_no
left join acted as a on a.session_no = f.session_no and a.moment = f.moment and f.has_run
left join lost_row as l on l.session_no = f.session_no
where f.is_fall is distinct from false
