/* The largest of the boluses that a rule looks at, as bounds in mg x 3600: every bolus of a session, or with bolus.apply_to = "first_only" the first. Where it is uncertain which was
   the first (one perhaps not given, an ambiguous time), all that it may be are bounds. */
with choice as (
    select bolus_apply_to as chosen
    from setting
    union
    select 'every'
    from setting
    where total_interpretation = 'per_bolus'
),

placed as (
    select
        *,
        count(*) over (partition by session_no) as boluses,
        min(case when certain then started_at_latest end) over (partition by session_no) as certain_by
    from bolus
),

counted as (
    select
        b.*,
        c.chosen
    from placed as b
    cross join choice as c
    where c.chosen = 'every' or coalesce(b.started_at <= b.certain_by, true)
),

extreme as (
    select
        session_no,
        chosen,
        max(certain) as certain,
        case when chosen = 'every' then max(mg_x3600_low) else min(mg_x3600_first) end as mg_x3600_low,
        case when count(*) = count(mg_x3600_high) then max(mg_x3600_high) end as mg_x3600_high,
        case
            when chosen = 'every' then max_by(refs, (coalesce(mg_x3600_high, 1000000000000), -bolus_no))
            else flatten(list(refs order by bolus_no))
        end as refs,
        max(boluses) as boluses,
        max_by(bolus_no, (coalesce(mg_x3600_high, 1000000000000), -bolus_no)) as bolus_no,
        case
            when max(unit_unknown) then 'unit_unknown'
            when max(concentration_missing) then 'concentration_missing'
            when count(*) > count(mg_x3600_high) then 'dose_unknown'
            when not max(certain) and max(perhaps_inferred) then 'perhaps_bolus'
            when not max(certain) then 'delivery_unknown'
            when chosen = 'first_only' and count(*) > 1 then 'first_bolus_unknown'
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
    group by session_no, chosen
)

select
    s.session_no,
    c.chosen,
    e.session_no is not null as has_bolus,
    coalesce(e.certain, false) as has_certain_bolus,
    coalesce(l.bolus_lost, false) as bolus_lost,
    e.boluses,
    case when l.bolus_lost and c.chosen = 'first_only' then 0 else coalesce(e.mg_x3600_low, 0) end as mg_x3600_low,
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
        list_concat(
            coalesce(e.flags, cast([] as varchar [])),
            list_filter(
                [
                    case when l.bolus_lost then 'row_kept_out' end,
                    case when e.boluses > 1 then 'bolus_' || cast(e.bolus_no as varchar) || '_of_' || cast(e.boluses as varchar) end
                ],
                lambda flag: flag is not null
            )
        )
    ) as flags
from session as s
cross join choice as c
left join extreme as e on e.session_no = s.session_no and e.chosen = c.chosen
left join lost_row as l on l.session_no = s.session_no
