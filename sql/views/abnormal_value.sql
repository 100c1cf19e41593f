/* Values that call for action, and those of which that cannot be told, from each session's start to the end of its recovery; with a normal repeat of the same kind. */
with charted_unit as (
    select
        t.kind,
        t.comparator,
        t.limit_value,
        u.unit,
        case
            when t.kind in ('rass', 'poss', 'ramsay', 'moaas', 'aldrete_consciousness') then 'own'
            when t.kind = 'etco2' and u.unit is null then 'either'
            when u.unit is null then 'own'
            when t.kind = 'etco2' and normal_unit(u.unit) = 'kpa' then 'kpa'
            when list_contains(
                case t.kind
                    when 'etco2' then ['mmhg', 'mm[hg]', 'torr']
                    when 'spo2' then ['%', 'percent', 'pct']
                    else ['/min', '1/min', 'min-1', 'bpm', 'rpm', 'breaths/min', 'breath/min', 'brpm', '{breaths}/min']
                end, normal_unit(u.unit)
            ) then 'own'
        end as is_in
    from (
        select
            threshold.kind,
            threshold.comparator,
            cast(threshold."limit" as decimal(38, 6)) as limit_value
        from (select unnest(triggers) as threshold from setting) as listed
    ) as t
    inner join (select distinct kind, unit from assessment) as u on u.kind = t.kind
),

/* One kPa is 1000 / 133.322387415 mmHg. A partial pressure without a unit may be either, as long as it is possible in kPa. */
judged as (
    select
        a.patient_id,
        case when a.domain = 'unlisted' then 'respiratory' else a.domain end as domain,
        a.requirement,
        a.kind,
        a.effective_at,
        a.effective_at_latest,
        a.ref,
        a.kind = 'spo2' and a.score < 50 as may_be_artefact,
        case
            when a.score is null then false
            when u.is_in = 'own' then beyond(a.score, u.limit_value, u.comparator)
            when u.is_in = 'kpa' or (u.is_in = 'either' and a.score * 1000 <= 120 * 133.322387415)
                then case
                    when u.is_in = 'kpa' or beyond(a.score, u.limit_value, u.comparator)
                        = beyond(a.score * cast(1000 as decimal(9, 0)), u.limit_value * 133.322387415, u.comparator)
                        then beyond(a.score * cast(1000 as decimal(9, 0)), u.limit_value * 133.322387415, u.comparator)
                end
            when u.is_in = 'either' then beyond(a.score, u.limit_value, u.comparator)
        end as is_abnormal
    from assessment as a
    inner join charted_unit as u on u.kind = a.kind and u.unit is not distinct from a.unit
    union all
    select
        patient_id,
        case when domain = 'unlisted' then 'respiratory' else domain end,
        requirement,
        kind,
        effective_at,
        effective_at_latest,
        ref,
        false,
        null
    from unread_score
),

suspect as (
    select *
    from judged
    where is_abnormal is distinct from false
),

/* Everything of the same kind in the same patients: where a repeat, or a normal neighbour, is found. */
series as (
    select
        j.*,
        lag(j.is_abnormal) over kind_order as is_abnormal_before,
        lead(j.is_abnormal) over kind_order as is_abnormal_after
    from judged as j
    where exists (select 1 from suspect as x where x.patient_id = j.patient_id and x.kind = j.kind)
    window kind_order as (partition by j.patient_id, j.kind order by j.effective_at, j.ref)
),

repeated as (
    select
        x.ref,
        x.kind,
        max(case when not r.is_abnormal and r.effective_at = r.effective_at_latest and r.effective_at > x.effective_at then 1 else 0 end) = 1 as is_certain,
        min(r.ref) as repeat_ref
    from suspect as x
    cross join setting as t
    inner join series as r
        on
            r.patient_id = x.patient_id
            and r.kind = x.kind
            and r.is_abnormal is distinct from true
            and r.effective_at_latest > x.effective_at
            and epoch_us(r.effective_at) - epoch_us(x.effective_at) <= as_us(t.transient_min)
    where x.effective_at = x.effective_at_latest
    group by x.ref, x.kind
)

select
    s.session_no,
    x.domain,
    x.requirement,
    x.kind,
    x.effective_at as moment,
    x.ref,
    x.is_abnormal is not null
    and x.effective_at = x.effective_at_latest
    and epoch_us(x.effective_at) <= epoch_us(s.ended_at) + as_us(t.recovery_min) as is_certain,
    case when r.ref is null then false when r.is_certain then true end as is_transient,
    r.repeat_ref,
    x.may_be_artefact and coalesce(not x.is_abnormal_before and not x.is_abnormal_after, false) as is_artefact
from series as x
cross join setting as t
inner join session as s
    on
        s.patient_id = x.patient_id
        and x.effective_at_latest >= s.started_at
        and coalesce(epoch_us(x.effective_at) <= epoch_us(s.ended_at_high) + as_us(t.recovery_min), true)
left join repeated as r on r.ref = x.ref and r.kind = x.kind
where x.is_abnormal is distinct from false
