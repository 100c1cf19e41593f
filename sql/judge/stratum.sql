/* In which stratum of each stratifier every session lies: one row per session, "unknown" where the data cannot tell. */
with dosed as (
    select
        t.session_no,
        cast(t.mg_x3600_low as decimal(38, 12)) as mg_x3600_low,
        cast(t.mg_x3600_high as decimal(38, 12)) as mg_x3600_high,
        cast(s.weight_kg_low as decimal(38, 12)) * cast(3600 as decimal(4, 0)) as kg_x3600_low,
        cast(s.weight_kg_high as decimal(38, 12)) * cast(3600 as decimal(4, 0)) as kg_x3600_high
    from session as s
    inner join session_total as t on t.session_no = s.session_no
),

banded as (
    select
        session_no,
        case
            when 2 * mg_x3600_low <= kg_x3600_high then 'to_0.5'
            when mg_x3600_low <= kg_x3600_high then '0.5_to_1'
            when mg_x3600_low <= 2 * kg_x3600_high then '1_to_2'
            when mg_x3600_low > 2 * kg_x3600_high then 'over_2'
        end as lowest_band,
        case
            when 2 * mg_x3600_high <= kg_x3600_low then 'to_0.5'
            when mg_x3600_high <= kg_x3600_low then '0.5_to_1'
            when mg_x3600_high <= 2 * kg_x3600_low then '1_to_2'
            when mg_x3600_high > 2 * kg_x3600_low then 'over_2'
        end as highest_band,
        case
            when mg_x3600_low = mg_x3600_high and kg_x3600_high - kg_x3600_low <= 0.00000001
                then cast(mg_x3600_high as double) / nullif(cast(kg_x3600_low as double), 0)
        end as total_mg_per_kg
    from dosed
),

route_unknown as (
    select distinct s.session_no
    from session as s
    cross join setting as t
    inner join administration as a on a.patient_id = s.patient_id
    where
        a.product = t.product
        and a.route is null
        and coalesce(a.status, 'completed') in ('completed', 'in_progress', 'stopped')
        and epoch_us(a.started_at) >= epoch_us(s.started_at) - as_us(t.session_gap_min)
        and epoch_us(a.started_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + as_us(t.session_gap_min)
)

select
    s.session_no,
    s.session_id,
    i.indication,
    i.indication_source,
    case when s.age_years is null then 'unknown' when s.age_years >= t.elderly_age then 'elderly' else 'younger' end as elderly,
    case when b.lowest_band = b.highest_band then b.lowest_band else 'unknown' end as dose_band,
    c.co_analgesia,
    c.classes as co_analgesic_classes,
    o.opioid_change,
    o.mme_before,
    o.mme_after,
    case when e.number_in_series = 1 then 'first' when e.number_in_series <= 5 then '2_to_5' else 'from_6' end as series_number,
    case when e.since_index_us > 90 * 86400000000 then 'over_90_d' else 'to_90_d' end as series_length,
    case
        when len(r.routes) > 1 then 'several'
        when len(r.routes) = 1 then r.routes[1]
        when u.session_no is not null then 'unknown'
        else 'none'
    end as other_route,
    b.total_mg_per_kg
from session as s
cross join setting as t
inner join indication as i on i.session_no = s.session_no
inner join banded as b on b.session_no = s.session_no
inner join co_analgesia as c on c.session_no = s.session_no
inner join opioid_change as o on o.session_no = s.session_no
inner join series as e on e.session_no = s.session_no
left join other_route as r on r.session_no = s.session_no
left join route_unknown as u on u.session_no = s.session_no
order by s.started_at, s.session_id
