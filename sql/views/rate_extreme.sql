/* The highest and the lowest maintenance rate of each session as bounds in mg/h, with the weight that they are judged against (1 where a rate is judged as charted per kg). */
with tested as (
    select
        r.*,
        r.ended_at is null or epoch_us(r.ended_at) - epoch_us(r.started_at) >= as_us(t.min_segment_min) as counts
    from rate_step as r
    cross join setting as t
),

extreme_of_reading as (
    select
        session_no,
        with_perhaps_bolus,
        max(low_at_start) as highest_low,
        case when count(*) = count(high) then max(high) end as highest_high,
        greatest(min(case when counts and certain then high end), min(case when counts and certain then high_if_proven end)) as lowest_high,
        min(case when counts then low end) as lowest_low,
        max(counts) as has_tested_segment,
        max(certain) as has_certain_segment,
        max(counts and certain) as has_certain_tested_segment,
        max(as_charted) as as_charted,
        max_by(refs, (coalesce(high, 1000000000000), -step_no)) as highest_refs,
        min_by(refs, (low, step_no)) filter (where counts) as lowest_refs,
        case
            when max(unit_unknown) then 'unit_unknown'
            when max(concentration_missing) then 'concentration_missing'
            when max(rate_missing) then 'rate_missing'
            when max(any_per_kg_only) then 'pump_weight_missing'
            when not max(certain) then 'delivery_unknown'
        end as reason_unknown,
        list_filter(
            [
                case when max(unit_unknown) then 'unit_unknown' end,
                case when max(rate_missing) then 'rate_missing' end,
                case when max(concentration_missing) then 'concentration_missing' end,
                case when max(concentration_conflict) then 'concentration_conflict' end,
                case when max(pump_weight_assumed) then 'pump_weight_assumed' end,
                case when max(judged_as_charted) then 'rate_judged_as_charted' end,
                case when max(lines) > 1 then 'lines_added' end,
                case when max(line_unknown) then 'line_unknown' end,
                case when max(verify_differs) then 'verify_differs' end,
                case when max(simultaneous_rows) then 'simultaneous_rows' end,
                case when max(superseded) then 'superseded' end,
                case when max(stop_missing) then 'stop_missing' end
            ],
            lambda flag: flag is not null
        ) as flags
    from tested
    group by session_no, with_perhaps_bolus
),

/* The readings are bounds for each other; one in which nothing ran says nothing of a rate, but leaves open whether there was one. */
extreme as (
    select
        r.session_no,
        min(highest_low) as highest_low,
        case when count(*) = count(highest_high) then max(highest_high) end as highest_high,
        case when count(*) filter (where has_tested_segment) = count(lowest_high) then max(lowest_high) end as lowest_high,
        min(lowest_low) as lowest_low,
        max(has_tested_segment) as has_tested_segment,
        count(*) = any_value(p.readings) and min(has_certain_segment) as has_certain_segment,
        count(*) = any_value(p.readings) and min(has_certain_tested_segment) as has_certain_tested_segment,
        max(as_charted) as as_charted,
        max_by(highest_refs, with_perhaps_bolus) as highest_refs,
        max_by(lowest_refs, with_perhaps_bolus) as lowest_refs,
        coalesce(max_by(reason_unknown, with_perhaps_bolus), case when any_value(p.readings) > 1 then 'perhaps_bolus' end) as reason_unknown,
        max_by(flags, with_perhaps_bolus) as flags
    from extreme_of_reading as r
    inner join (
        select
            session_no,
            case when count(*) = count(is_bolus) then 1 else 2 end as readings
        from infusion
        group by session_no
    ) as p on p.session_no = r.session_no
    group by r.session_no
)

select
    s.session_no,
    s.context,
    e.session_no is not null as has_segment,
    coalesce(e.has_certain_segment, false) as has_certain_segment,
    coalesce(e.has_tested_segment, false) as has_tested_segment,
    coalesce(e.has_certain_tested_segment, false) as has_certain_tested_segment,
    coalesce(l.rate_lost, false) as rate_lost,
    e.highest_low,
    e.highest_high,
    e.lowest_low,
    e.lowest_high,
    case when e.as_charted and s.weight_kg_low is null then 1 else cast(s.weight_kg_low as decimal(18, 12)) end as kg_low,
    case when e.as_charted and s.weight_kg_low is null then 1 else cast(s.weight_kg_high as decimal(18, 12)) end as kg_high,
    s.weight_refs,
    s.context_refs,
    coalesce(e.highest_refs, cast([] as bigint [])) as highest_refs,
    coalesce(e.lowest_refs, cast([] as bigint [])) as lowest_refs,
    case when l.rate_lost then l.refs else cast([] as bigint []) end as lost_refs,
    case
        when s.context is null then 'context_unknown'
        when s.weight_kg_low is null and not coalesce(e.as_charted, false) and e.session_no is not null then s.weight_reason
        when e.reason_unknown is not null then e.reason_unknown
        when l.rate_lost then 'row_kept_out'
        else 'bounds_straddle_limit'
    end as reason_unknown,
    list_concat(
        s.flags, list_concat(coalesce(e.flags, cast([] as varchar [])), case when l.rate_lost then ['row_kept_out'] else cast([] as varchar []) end)
    ) as flags
from session as s
left join extreme as e on e.session_no = s.session_no
left join lost_row as l on l.session_no = s.session_no
