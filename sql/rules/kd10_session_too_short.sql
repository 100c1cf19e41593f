/*
title = "Session shorter than the protocol's minimum"
family = "dosing"
quantity = "duration from the first delivery to the last"
finding = "The session lasted {observed} min from the first delivery to the last; the protocol asks for {limit}."
why = "Some guidance ties the benefit of a chronic-pain infusion to its length as well as to its dose."
population = "Every session, pauses included."
exclusions = "None in scope."
success = "The time from the first delivery to the last is above the limit."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "With the lower limit of the rate, a long session is always above the maximum total per kg."
needs = ["administration"]
*/
with item as (
    -- The doses of a PCA total were delivered at unknown times inside its period.
    select
        i.session_no,
        i.component,
        case when i.component = 'pca' then i.started_at else i.ended_at end as certain_to,
        greatest(i.started_at, g.started_at_latest, case when i.component = 'pca' then i.ended_at end) as certain_from,
        i.certain and i.component <> 'total' and (i.component <> 'pca' or p.given_mg_low > 0) as certain
    from session_item as i
    left join given as g on g.ref = i.ref
    left join pca as p on i.component = 'pca' and p.ref = i.item_no
),

delivered as (
    select
        session_no,
        greatest(
            epoch_us(max(certain_to) filter (where certain)) - epoch_us(min(certain_from) filter (where certain)), 0
        ) as us_low,
        max(component = 'total') as has_lone_total
    from item
    group by session_no
),

lasted as (
    select
        s.session_no,
        d.us_low,
        case
            when l.session_no is null and not d.has_lone_total then epoch_us(s.ended_at_high) - epoch_us(s.started_at)
        end as us_high,
        d.has_lone_total,
        l.refs as lost_refs
    from session as s
    inner join delivered as d on d.session_no = s.session_no
    left join lost_row as l on l.session_no = s.session_no
)

select
    s.session_no,
    true as applies,
    under_limit(
        d.us_low,
        d.us_high,
        r.limit_low * cast(60000000 as decimal(20, 0)),
        r.limit_low * cast(60000000 as decimal(20, 0)),
        r.comparator
    ) as violates,
    d.us_low / 60000000.0 as observed_low,
    d.us_high / 60000000.0 as observed_high,
    false as marginal,
    true as below_range,
    case
        when d.lost_refs is not null then 'row_kept_out'
        when d.has_lone_total then 'only_pump_total'
        when s.ended_at_high is null then 'stop_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    list_filter(
        [
            case when s.age_years is null then 'age_unknown' end,
            case when d.lost_refs is not null then 'row_kept_out' end,
            case when s.ended_at_high is null then 'stop_missing' end
        ],
        lambda flag: flag is not null
    ) as flags,
    list_distinct(list_concat(s.edge_refs, coalesce(d.lost_refs, cast([] as bigint [])))) as evidence
from session as s
inner join lasted as d on d.session_no = s.session_no
inner join rule as r on r.rule_id = 'KD-10'
