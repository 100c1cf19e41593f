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
        false as inferred,
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
        case when is_bolus then mg_x3600_high end as mg_x3600_high,
        refs,
        certain and is_bolus is not null as certain,
        true as inferred,
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
        max(ended_at) over (
            partition by session_no order by started_at, ended_at, tie rows between unbounded preceding and 1 preceding
        ) as given_until
    from single
),

numbered as (
    select
        g.*,
        sum(
            case
                when g.given_until is null or epoch_us(g.started_at) - epoch_us(g.given_until) > as_us(t.merge_window_min) then 1
                else 0
            end
        ) over (partition by g.session_no order by g.started_at, g.ended_at, g.tie rows between unbounded preceding and current row) as bolus_no
    from gapped as g
    cross join setting as t
)

select
    session_no,
    cast(bolus_no as integer) as bolus_no,
    min(started_at) as started_at,
    min(started_at_latest) as started_at_latest,
    max(ended_at) as ended_at,
    count(*) as parts,
    flatten(list(refs order by started_at, ended_at, tie)) as refs,
    sum(coalesce(mg_x3600_low, 0)) as mg_x3600_low,
    case when count(mg_x3600_high) = count(*) then sum(mg_x3600_high) end as mg_x3600_high,
    max(certain) as certain,
    max(inferred) as inferred,
    max(unit_unknown) as unit_unknown,
    max(concentration_missing) as concentration_missing,
    max(concentration_conflict) as concentration_conflict,
    max(pump_weight_assumed) as pump_weight_assumed,
    max(source_conflict) as source_conflict
from numbered
group by session_no, bolus_no
