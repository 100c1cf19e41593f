/* Boluses: pushes and inferred boluses, those within the merge window merged into one. */
with single as (
    select
        i.session_no,
        p.started_at,
        p.started_at_latest,
        p.ended_at,
        p.mg_low * cast(3600 as decimal(6, 0)) as mg_x3600_low,
        p.mg_high * cast(3600 as decimal(6, 0)) as mg_x3600_high,
        [p.ref] as refs,
        p.certain,
        p.time_certain,
        false as inferred,
        false as perhaps_inferred,
        p.unit_unknown or p.unit_missing as unit_unknown,
        p.concentration_missing,
        p.concentration_conflict,
        p.pump_weight_assumed,
        p.source_conflict,
        cast(p.ref as varchar) as tie
    from session_item as i
    inner join push as p on p.ref = i.item_no
    where i.component = 'bolus'
    union all
    select
        session_no,
        started_at,
        started_at_latest,
        ended_at,
        case when is_bolus then mg_x3600_low else 0 end as mg_x3600_low,
        mg_x3600_high,
        refs,
        certain and is_bolus is not null as certain,
        started_at = started_at_latest as time_certain,
        true as inferred,
        is_bolus is null as perhaps_inferred,
        unit_unknown or unit_missing as unit_unknown,
        concentration_missing,
        concentration_conflict,
        pump_weight_assumed,
        false as source_conflict,
        line_key as tie
    from infusion
    where coalesce(is_bolus, true)
),

gapped as (
    select
        *,
        max(ended_at) over earlier as given_until,
        max(case when certain and time_certain then ended_at end) over earlier as certainly_until
    from single
    window earlier as (partition by session_no order by started_at, ended_at, tie rows between unbounded preceding and 1 preceding)
),

/* What was perhaps not given, or at another time, may have joined two boluses, but proves no joint one. */
numbered as (
    select
        g.*,
        sum(case when coalesce(epoch_us(g.started_at) - epoch_us(g.given_until) <= as_us(t.merge_window_min), false) then 0 else 1 end)
            over so_far as bolus_no,
        sum(
            case
                when not (g.certain and g.time_certain) then 0
                when epoch_us(g.started_at) - epoch_us(g.certainly_until) <= as_us(t.merge_window_min) then 0
                else 1
            end
        ) over so_far as certain_no,
        case when not g.time_certain then row_number() over so_far end as alone_no
    from gapped as g
    cross join setting as t
    window so_far as (partition by g.session_no order by g.started_at, g.ended_at, g.tie rows between unbounded preceding and current row)
),

proven as (
    select
        session_no,
        bolus_no,
        certain_no,
        alone_no,
        sum(coalesce(mg_x3600_low, 0)) as mg_x3600_low
    from numbered
    where certain
    group by session_no, bolus_no, certain_no, alone_no
),

largest_proven as (
    select
        session_no,
        bolus_no,
        max(mg_x3600_low) as mg_x3600_low,
        least(
            min_by(mg_x3600_low, certain_no) filter (where alone_no is null),
            min(mg_x3600_low) filter (where alone_no is not null)
        ) as mg_x3600_first
    from proven
    group by session_no, bolus_no
)

select
    n.session_no,
    cast(n.bolus_no as integer) as bolus_no,
    min(n.started_at) as started_at,
    min(n.started_at_latest) as started_at_latest,
    max(n.ended_at) as ended_at,
    count(*) as parts,
    flatten(list(n.refs order by n.started_at, n.ended_at, n.tie)) as refs,
    coalesce(any_value(p.mg_x3600_low), 0) as mg_x3600_low,
    coalesce(any_value(p.mg_x3600_first), 0) as mg_x3600_first,
    case when count(n.mg_x3600_high) = count(*) then sum(n.mg_x3600_high) end as mg_x3600_high,
    max(n.certain) as certain,
    max(n.inferred) as inferred,
    max(n.perhaps_inferred) as perhaps_inferred,
    max(n.unit_unknown) as unit_unknown,
    max(n.concentration_missing) as concentration_missing,
    max(n.concentration_conflict) as concentration_conflict,
    max(n.pump_weight_assumed) as pump_weight_assumed,
    max(n.source_conflict) as source_conflict
from numbered as n
left join largest_proven as p on p.session_no = n.session_no and p.bolus_no = n.bolus_no
group by n.session_no, n.bolus_no
