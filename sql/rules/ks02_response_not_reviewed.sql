/*
title = "Response not reviewed in a long series"
family = "selection"
quantity = "days since the first session of the series"
finding = "This session came {observed} days after the first of its series, and no review of the response was documented in the time that the protocol sets before it."
why = "Benefit beyond three months is poorly established, so a long series needs somebody to ask whether it still helps."
population = "Sessions more than the limit of days after the first session of their series."
exclusions = "Sessions within the limit of days after the first of their series."
success = "A review of the response was documented within the time that the protocol sets before the session."
responsible = "Prescriber"
limitations = "A review counts when it was documented as an intervention; a sentence in a letter is not read."
needs = ["administration", "intervention"]
*/
with reviewed as (
    -- A local time that occurred twice may lie in these days at one reading only.
    select
        s.session_no,
        count(*) filter (
            where coalesce(i.performed_at_latest, i.performed_at) <= s.started_at
            and epoch_us(i.performed_at) >= epoch_us(s.started_at) - t.series_review_d * cast(86400000000 as decimal(20, 0))
        ) > 0 as is_certain,
        list(cast(i.file_id as bigint) * 4294967296 + i.line order by i.performed_at, i.line) as refs
    from session as s
    cross join setting as t
    inner join intervention as i on i.patient_id = s.patient_id
    where
        i.kind = 'response_review'
        and i.performed_at <= s.started_at
        and epoch_us(coalesce(i.performed_at_latest, i.performed_at))
        >= epoch_us(s.started_at) - t.series_review_d * cast(86400000000 as decimal(20, 0))
    group by s.session_no
),

covered as (
    select distinct s.session_no
    from session as s
    cross join setting as t
    inner join covered_time as c on c.site = s.site and (c.department is null or c.department = s.department)
    where
        c.requirement = 'response_review'
        and epoch_us(c.covered_from) <= epoch_us(s.started_at) - t.series_review_d * cast(86400000000 as decimal(20, 0))
        and c.covered_to > s.started_at
),

-- A row that was kept out may have been a review, unless it can be read that it was something else or of other days.
lost as (
    select
        s.session_no,
        list(distinct cast(q.file_id as bigint) * 4294967296 + q.line) as refs
    from quarantine as q
    cross join setting as t
    inner join session as s on s.patient_id = q.patient_id
    left join requirement as k on k.kind = q.event and k.domain = 'action'
    where
        q.table_name = 'intervention'
        and q.scope = 'row'
        and k.kind is null
        and (q.on_date is null or (q.on_date <= s.local_date + 1 and q.on_date >= s.local_date - 1 - cast(ceil(t.series_review_d) as integer)))
    group by s.session_no
),

long_series as (
    select
        e.session_no,
        e.series_length_d,
        x.start_refs as index_refs,
        over_limit(
            e.since_index_us,
            e.since_index_us,
            r.limit_high * cast(86400000000 as decimal(20, 0)),
            r.limit_high * cast(86400000000 as decimal(20, 0)),
            r.comparator
        ) as is_long
    from series as e
    inner join session as x on x.session_no = e.series_index_no
    inner join rule as r on r.rule_id = 'KS-02'
)

select
    s.session_no,
    e.is_long as applies,
    case
        when v.is_certain then false
        when v.session_no is null and c.session_no is not null and l.session_no is null then true
    end as violates,
    e.series_length_d as observed_low,
    e.series_length_d as observed_high,
    case
        when e.is_long and v.session_no is not null then 'review_time_unclear'
        when e.is_long and c.session_no is null then 'interventions_not_covered'
        when e.is_long then 'history_row_kept_out'
        else 'series_not_long'
    end as reason,
    case
        when e.is_long and l.session_no is not null and not coalesce(v.is_certain, false) then ['history_row_kept_out']
        else cast([] as varchar [])
    end as flags,
    list_concat(
        list_distinct(list_concat(e.index_refs, s.start_refs)),
        case when e.is_long then list_concat(v.refs, case when not coalesce(v.is_certain, false) then l.refs end) end
    ) as evidence
from session as s
inner join long_series as e on e.session_no = s.session_no
left join reviewed as v on v.session_no = s.session_no
left join covered as c on c.session_no = s.session_no
left join lost as l on l.session_no = s.session_no
