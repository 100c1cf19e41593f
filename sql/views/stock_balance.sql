/* Ketamine dispensed, administered, wasted and returned. Sessions that may share a stock row are reconciled together, for a vial does not say which of
two sessions it served. Bounds in mg; NULL where a part is unknown. */
with shared as (
    select
        m.ref,
        m.session_no,
        lag(m.session_no) over (partition by m.ref order by m.session_no) as before_no
    from stock_move as m
),

linked as (
    select distinct session_no
    from shared
    where before_no is not null
),

placed as (
    select
        s.session_no,
        s.patient_id,
        sum(case when k.session_no is null then 1 else 0 end) over (
            partition by s.patient_id order by s.session_no rows between unbounded preceding and current row
        ) as balance_no
    from session as s
    left join linked as k on k.session_no = s.session_no
),

moved as (
    select
        p.patient_id,
        p.balance_no,
        m.ref,
        m.action,
        m.mg
    from placed as p
    inner join stock_move as m on m.session_no = p.session_no
    group by p.patient_id, p.balance_no, m.ref, m.action, m.mg
),

stocked as (
    select
        patient_id,
        balance_no,
        coalesce(sum(mg) filter (where action = 'dispense'), 0) as dispensed_mg,
        coalesce(sum(mg) filter (where action = 'waste'), 0) as wasted_mg,
        coalesce(sum(mg) filter (where action = 'return'), 0) as returned_mg,
        max(action = 'dispense' and mg is null) as dispensed_unknown,
        max(action <> 'dispense' and mg is null) as removed_unknown,
        list(ref order by ref) as refs
    from moved
    group by patient_id, balance_no
),

dose as (
    select
        session_no,
        sum(mg_x3600_low) as mg_x3600_low,
        case when count(*) = count(mg_x3600_high) then sum(mg_x3600_high) end as mg_x3600_high,
        max(unit_unknown) as unit_unknown,
        max(rate_missing) as rate_missing,
        max(concentration_missing and component <> 'pump_total') as concentration_missing,
        max(per_kg_only) as pump_weight_missing,
        max(end_uncertain) as end_uncertain,
        flatten(list(refs order by started_at, line_key)) as refs
    from dose_item
    group by session_no
),

given_of as (
    select
        p.patient_id,
        p.balance_no,
        count(*) as sessions,
        coalesce(sum(d.mg_x3600_low), 0) as mg_x3600_low,
        case
            when count(d.session_no) = count(d.mg_x3600_high) and count(l.session_no) = 0 and count(o.session_no) = 0 and min(e.is_covered)
                then coalesce(sum(d.mg_x3600_high), 0)
        end as mg_x3600_high,
        count(l.session_no) > 0 as row_kept_out,
        count(o.session_no) > 0 as other_route_given,
        not min(e.is_covered) as doses_not_covered,
        coalesce(max(d.unit_unknown), false) as unit_unknown,
        coalesce(max(d.rate_missing), false) as rate_missing,
        coalesce(max(d.concentration_missing), false) as concentration_missing,
        coalesce(max(d.pump_weight_missing), false) as pump_weight_missing,
        coalesce(max(d.end_uncertain), false) as end_uncertain,
        min(f.is_covered) as is_covered,
        max(f.is_endless) as is_endless,
        flatten(list(coalesce(d.refs, cast([] as bigint [])) order by p.session_no)) as refs,
        flatten(list(list_concat(coalesce(l.refs, cast([] as bigint [])), coalesce(o.refs, cast([] as bigint []))) order by p.session_no)) as doubtful_refs
    from placed as p
    inner join stock_feed as f on f.session_no = p.session_no
    inner join dose_feed as e on e.session_no = p.session_no and e.window_h = 0
    left join dose as d on d.session_no = p.session_no
    left join lost_row as l on l.session_no = p.session_no
    left join other_route as o on o.session_no = p.session_no
    group by p.patient_id, p.balance_no
)

select
    p.session_no,
    k.patient_id is not null as has_stock,
    g.sessions,
    k.dispensed_mg,
    k.wasted_mg,
    k.returned_mg,
    k.dispensed_unknown,
    k.removed_unknown,
    g.row_kept_out,
    g.other_route_given,
    g.doses_not_covered,
    g.unit_unknown,
    g.rate_missing,
    g.concentration_missing,
    g.pump_weight_missing,
    g.end_uncertain,
    g.is_covered,
    g.is_endless,
    g.mg_x3600_low as administered_x3600_low,
    g.mg_x3600_high as administered_x3600_high,
    case
        when not k.removed_unknown
            then (k.dispensed_mg - k.wasted_mg - k.returned_mg) * cast(3600 as decimal(4, 0)) - g.mg_x3600_high
    end as missing_x3600_low,
    case
        when not k.dispensed_unknown
            then (k.dispensed_mg - k.wasted_mg - k.returned_mg) * cast(3600 as decimal(4, 0)) - g.mg_x3600_low
    end as missing_x3600_high,
    list_concat(g.refs, list_concat(g.doubtful_refs, coalesce(k.refs, cast([] as bigint [])))) as refs
from placed as p
inner join given_of as g on g.patient_id = p.patient_id and g.balance_no = p.balance_no
left join stocked as k on k.patient_id = p.patient_id and k.balance_no = p.balance_no
