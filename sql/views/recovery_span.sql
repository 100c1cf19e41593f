/* How long each session's recovery is watched: from the end (first, last) to recovery_min later or an earlier discharge, and what is known of that discharge. */
with stay as (
    select
        i.session_no,
        case when count(e.ended_at) = count(*) then max(e.ended_at) end as discharged_at,
        case when count(e.ended_at) = count(*) then max(coalesce(e.ended_at_latest, e.ended_at)) end as discharged_at_latest,
        list(cast(e.file_id as bigint) * 4294967296 + e.line order by e.file_id, e.line) filter (where e.line is not null) as stay_refs
    from (select distinct session_no, patient_id, encounter_id from delivered_under) as i
    left join encounter as e on e.encounter_id = i.encounter_id and e.patient_id = i.patient_id
    group by i.session_no
),

bounded as (
    select
        s.session_no,
        s.patient_id,
        s.started_at,
        s.ended_at,
        s.ended_at_high,
        s.site,
        s.department,
        s.ended_at + to_microseconds(cast(as_us(t.recovery_min) as bigint)) as due_at,
        s.ended_at_high + to_microseconds(cast(as_us(t.recovery_min) as bigint)) as due_at_high,
        to_microseconds(cast(as_us(t.recovery_min) as bigint)) as recovery,
        y.discharged_at,
        y.discharged_at_latest,
        coalesce(y.stay_refs, cast([] as bigint [])) as stay_refs
    from session as s
    cross join setting as t
    inner join stay as y on y.session_no = s.session_no
    where coalesce(s.has_infusion, true)
),

/* A discharge before the end contradicts it, and one into another encounter may be a transfer: neither is known to be a discharge. */
known as (
    select
        b.* exclude (discharged_at, discharged_at_latest),
        case when b.discharged_at_latest >= b.ended_at and f.session_no is null then b.discharged_at end as discharged_at,
        case when b.discharged_at_latest >= b.ended_at and f.session_no is null then b.discharged_at_latest end as discharged_at_latest
    from bounded as b
    left join (
        select distinct o.session_no
        from bounded as o
        inner join encounter as e on e.patient_id = o.patient_id
        where
            o.discharged_at < coalesce(o.due_at_high, timestamp '9999-12-31')
            and e.started_at > o.started_at
            and e.started_at <= coalesce(o.due_at_high, o.due_at)
            and not exists (
                select 1 from delivered_under as i where i.session_no = o.session_no and i.encounter_id = e.encounter_id
            )
    ) as f on f.session_no = b.session_no
),

judged as (
    select
        *,
        coalesce(discharged_at_latest < due_at, false) as discharged_early,
        coalesce(discharged_at >= due_at_high, false) as stays
    from known
)

select
    session_no,
    patient_id,
    started_at,
    site,
    department,
    discharged_early,
    stays,
    ended_at as first_from,
    case when discharged_early then discharged_at_latest else due_at end as first_to,
    case when not discharged_early then least(ended_at_high, discharged_at_latest - recovery) end as last_from,
    case when not discharged_early then least(ended_at_high, discharged_at_latest - recovery) + recovery end as last_to,
    case when ended_at_high is not null then greatest(least(due_at_high, discharged_at_latest), ended_at) end as whole_to,
    ended_at_high is null as end_open,
    discharged_at is null as discharge_unknown,
    case when stays then cast([] as bigint []) else stay_refs end as stay_refs
from judged
