/*
title = "Dispensed ketamine not accounted for"
family = "reconciliation"
quantity = "ketamine unaccounted for"
finding = "{observed} mg of the dispensed ketamine are not accounted for as given, wasted or returned (negative: more than was dispensed); the protocol tolerates {limit} mg, or 2 % of the amount dispensed if that is more."
why = "Every milligram of a controlled drug that was taken out must be given, wasted or returned."
population = "Sessions with a stock row of the patient from 24 h before the start to 24 h after the end. Sessions that may share a stock row are reconciled together, and each gets the common balance."
exclusions = "Sessions without a stock row of the patient in the time around them."
success = "Dispensed less given, wasted and returned lies within the tolerance, in either direction."
responsible = "Clinician who withdraws the drug; pharmacy"
limitations = "What was charted as primed into the line is no waste unless the stock record says so. A volume in the stock record has no concentration and cannot be reconciled."
needs = ["administration", "stock"]
*/
with last_move as (
    select
        session_no,
        min(occurred_at) filter (where action = 'dispense') as first_dispensed_at,
        min(occurred_at) filter (where action = 'waste') as first_wasted_at,
        max(occurred_at) filter (where action = 'waste') as last_wasted_at
    from stock_move
    group by session_no
),

last_start as (
    select
        session_no,
        max(started_at) as last_started_at
    from session_item
    where component <> 'total'
    group by session_no
),

tolerated as (
    select
        b.session_no,
        r.comparator,
        case
            when b.dispensed_mg * cast(72 as decimal(2, 0)) > r.limit_high * cast(3600 as decimal(22, 0))
                then b.dispensed_mg * cast(72 as decimal(2, 0))
            else r.limit_high * cast(3600 as decimal(22, 0))
        end as tolerance_x3600
    from stock_balance as b
    inner join rule as r on r.rule_id = 'KR-01'
)

select
    s.session_no,
    case
        when b.has_stock then true
        when f.is_covered and not f.is_endless and not f.row_lost then false
    end as applies,
    case
        when f.row_lost or b.is_endless or not b.is_covered then null
        when over_limit(b.missing_x3600_low, b.missing_x3600_low, t.tolerance_x3600, t.tolerance_x3600, t.comparator) then true
        when over_limit(-b.missing_x3600_high, -b.missing_x3600_high, t.tolerance_x3600, t.tolerance_x3600, t.comparator) then true
        when
            not over_limit(b.missing_x3600_high, b.missing_x3600_high, t.tolerance_x3600, t.tolerance_x3600, t.comparator)
            and not over_limit(-b.missing_x3600_low, -b.missing_x3600_low, t.tolerance_x3600, t.tolerance_x3600, t.comparator)
            then false
    end as violates,
    case when not f.row_lost then cast(b.missing_x3600_low as double) / 3600 end as observed_low,
    case when not f.row_lost then cast(b.missing_x3600_high as double) / 3600 end as observed_high,
    case
        when not b.has_stock and f.is_covered and not f.is_endless and not f.row_lost then 'no_stock'
        when f.row_lost then 'history_row_kept_out'
        when not b.is_covered then 'stock_not_covered'
        when b.is_endless then 'stop_unknown'
        when b.dispensed_unknown or b.removed_unknown then 'stock_amount_unknown'
        when b.row_kept_out then 'row_kept_out'
        when b.other_route_given then 'other_route_given'
        when b.doses_not_covered then 'doses_not_covered'
        when b.unit_unknown then 'unit_unknown'
        when b.rate_missing then 'rate_missing'
        when b.concentration_missing then 'concentration_missing'
        when b.pump_weight_missing then 'pump_weight_missing'
        when b.administered_x3600_high is null then 'dose_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    list_filter(
        [
            case when b.has_stock and b.sessions > 1 then 'stock_shared' end,
            case when b.dispensed_unknown or b.removed_unknown then 'stock_amount_unknown' end,
            case when b.has_stock and b.row_kept_out then 'row_kept_out' end,
            case when b.has_stock and b.other_route_given then 'other_route_given' end,
            case when b.has_stock and b.doses_not_covered then 'doses_not_covered' end,
            case when b.has_stock and b.unit_unknown then 'unit_unknown' end,
            case when b.has_stock and b.rate_missing then 'rate_missing' end,
            case when b.has_stock and b.concentration_missing then 'concentration_missing' end,
            case when b.has_stock and b.pump_weight_missing then 'pump_weight_missing' end,
            case when (b.has_stock and b.end_uncertain) or b.is_endless then 'stop_missing' end,
            case when f.row_lost then 'history_row_kept_out' end,
            case when m.first_wasted_at < coalesce(m.first_dispensed_at, timestamp '9999-12-31') then 'waste_before_dispense' end,
            case when i.last_started_at > m.last_wasted_at then 'administered_after_waste' end,
            case when epoch_us(m.last_wasted_at) > epoch_us(s.ended_at_high) + 3600000000 then 'waste_late' end
        ],
        lambda flag: flag is not null
    ) as flags,
    case when b.has_stock or f.row_lost then list_distinct(list_concat(b.refs, f.lost_refs)) else cast([] as bigint []) end as evidence
from session as s
inner join stock_balance as b on b.session_no = s.session_no
inner join tolerated as t on t.session_no = s.session_no
inner join stock_feed as f on f.session_no = s.session_no
left join last_move as m on m.session_no = s.session_no
left join last_start as i on i.session_no = s.session_no
