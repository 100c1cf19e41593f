/* The largest bolus of each session as bounds in mg x 3600; bolus.apply_to = "first_only" looks at the first one only. */
with counted as (
    select b.*
    from bolus as b
    cross join setting as t
    where t.bolus_apply_to = 'every' or b.bolus_no = 1
),

extreme as (
    select
        session_no,
        count(*) as boluses,
        max(certain) as certain,
        max(mg_x3600_low) as mg_x3600_low,
        case when count(*) = count(mg_x3600_high) then max(mg_x3600_high) end as mg_x3600_high,
        max_by(refs, (coalesce(mg_x3600_high, 1000000000000), -bolus_no)) as refs,
        case
            when max(unit_unknown) then 'unit_unknown'
            when max(concentration_missing) then 'concentration_missing'
            when count(*) > count(mg_x3600_high) then 'dose_unknown'
            when not max(certain) then 'delivery_unknown'
        end as reason_unknown,
        list_filter(
            [
                case when max(parts) > 1 then 'merged' end,
                case when max(inferred) then 'inferred_bolus' end,
                case when max(unit_unknown) then 'unit_unknown' end,
                case when max(concentration_missing) then 'concentration_missing' end,
                case when max(concentration_conflict) then 'concentration_conflict' end,
                case when max(pump_weight_assumed) then 'pump_weight_assumed' end,
                case when max(source_conflict) then 'source_conflict' end
            ],
            lambda flag: flag is not null
        ) as flags
    from counted
    group by session_no
)

select
    s.session_no,
    e.session_no is not null as has_bolus,
    coalesce(e.certain, false) as has_certain_bolus,
    coalesce(l.bolus_lost, false) as bolus_lost,
    e.boluses,
    coalesce(e.mg_x3600_low, 0) as mg_x3600_low,
    case when not coalesce(l.bolus_lost, false) then e.mg_x3600_high end as mg_x3600_high,
    cast(s.weight_kg_low as decimal(18, 12)) as kg_low,
    cast(s.weight_kg_high as decimal(18, 12)) as kg_high,
    list_concat(
        coalesce(e.refs, cast([] as bigint [])), case when l.bolus_lost then l.refs else cast([] as bigint []) end
    ) as refs,
    s.weight_refs,
    case
        when s.weight_kg_low is null and e.session_no is not null then s.weight_reason
        when e.reason_unknown is not null then e.reason_unknown
        when l.bolus_lost then 'row_kept_out'
        else 'bounds_straddle_limit'
    end as reason_unknown,
    list_concat(
        s.flags,
        list_concat(coalesce(e.flags, cast([] as varchar [])), case when l.bolus_lost then ['row_kept_out'] else cast([] as varchar []) end)
    ) as flags
from session as s
left join extreme as e on e.session_no = s.session_no
left join lost_row as l on l.session_no = s.session_no
