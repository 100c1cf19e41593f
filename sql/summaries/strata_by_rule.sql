-- What became of every rule in every stratum. Verdicts are counted once per combination of strata, then summed for each stratifier.
with combination as (
    select
        t.indication,
        t.elderly,
        t.dose_band,
        t.co_analgesia,
        t.opioid_change,
        t.series_number,
        t.series_length,
        t.other_route,
        row_number() over () as combination_no,
        list(t.session_id) as session_ids
    from stratum as t
    group by t.indication, t.elderly, t.dose_band, t.co_analgesia, t.opioid_change, t.series_number, t.series_length, t.other_route
),

member as (
    select
        c.combination_no,
        unnest(c.session_ids) as session_id
    from combination as c
),

counted as (
    select
        m.combination_no,
        v.rule_id,
        v.verdict,
        count(*) as verdicts
    from verdict as v
    inner join member as m on v.session_id = m.session_id
    group by m.combination_no, v.rule_id, v.verdict
),

combined as (
    select
        n.rule_id,
        c.indication,
        c.elderly,
        c.dose_band,
        c.co_analgesia,
        c.opioid_change,
        c.series_number,
        c.series_length,
        c.other_route,
        case when n.verdict = 'compliant' then n.verdicts else 0 end as compliant,
        case when n.verdict = 'violation' then n.verdicts else 0 end as violation,
        case when n.verdict = 'not_evaluable' then n.verdicts else 0 end as not_evaluable,
        case when n.verdict = 'not_applicable' then n.verdicts else 0 end as not_applicable
    from counted as n
    inner join combination as c on n.combination_no = c.combination_no
),

summed as (
    select
        c.rule_id,
        c.indication,
        c.elderly,
        c.dose_band,
        c.co_analgesia,
        c.opioid_change,
        c.series_number,
        c.series_length,
        c.other_route,
        sum(c.compliant) as compliant,
        sum(c.violation) as violation,
        sum(c.not_evaluable) as not_evaluable,
        sum(c.not_applicable) as not_applicable
    from combined as c
    group by grouping sets (
        (c.rule_id, c.indication), (c.rule_id, c.elderly), (c.rule_id, c.dose_band), (c.rule_id, c.co_analgesia),
        (c.rule_id, c.opioid_change), (c.rule_id, c.series_number), (c.rule_id, c.series_length), (c.rule_id, c.other_route)
    )
)

select
    case
        when s.indication is not null then 'indication'
        when s.elderly is not null then 'elderly'
        when s.dose_band is not null then 'dose_band'
        when s.co_analgesia is not null then 'co_analgesia'
        when s.opioid_change is not null then 'opioid_change'
        when s.series_number is not null then 'series_number'
        when s.series_length is not null then 'series_length'
        else 'other_route'
    end as stratifier,
    coalesce(
        s.indication, s.elderly, s.dose_band, s.co_analgesia, s.opioid_change, s.series_number, s.series_length, s.other_route
    ) as stratum,
    s.rule_id,
    cast(s.compliant as integer) as compliant,
    cast(s.violation as integer) as violation,
    cast(s.not_evaluable as integer) as not_evaluable,
    cast(s.not_applicable as integer) as not_applicable
from summed as s
order by stratifier, s.rule_id, stratum
