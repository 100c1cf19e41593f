/* Sessions whose pump and record, of which the pump's infusion counts, are more than 10 % apart. Only shown, so plain numbers will do; where an end or a unit of the record is missing nothing is said. */
with dropped as (
    select
        a.patient_id,
        a.event,
        a.started_at,
        least(
            a.stopped_at,
            lead(a.started_at) over (
                partition by a.patient_id, coalesce(a.line_id, a.order_id, a.encounter_id)
                order by a.started_at, a.event in ('pause', 'stop') desc, a.administration_id
            )
        ) as ended_at,
        case
            when a.event in ('pause', 'stop') or a.rate = 0 then 0
            when u.dimension = 'rate' then cast(a.rate * u.factor as double)
            when u.dimension = 'rate_per_kg' then cast(a.rate * u.factor as double) * coalesce(a.pump_weight * w.factor, o.weight_kg_low)
            when u.dimension = 'volume_rate' then cast(a.rate * u.factor as double) * coalesce(a.concentration * c.factor, o.mg_per_ml)
        end as mg_per_h
    from administration as a
    inner join setting as t on a.product = t.product
    left join unit as u on u.unit = normal_unit(a.rate_unit) and u.dimension in ('rate', 'rate_per_kg', 'volume_rate')
    left join unit as w on w.unit = normal_unit(a.pump_weight_unit) and w.dimension = 'weight'
    left join unit as c on c.unit = normal_unit(a.concentration_unit) and c.dimension = 'concentration'
    left join ordered as o on o.order_id = a.order_id and o.patient_id = a.patient_id
    where
        a.event in ('infusion', 'rate_change', 'pause', 'stop')
        and coalesce(a.source, 'mar') = 'mar'
        and coalesce(a.route, 'iv') = 'iv'
        and coalesce(a.status, 'completed') in ('completed', 'in_progress', 'stopped')
        and not exists (select 1 from given as g where g.ref = cast(a.file_id as bigint) * 4294967296 + a.line)
),

of_record as (
    select
        s.session_no,
        sum(d.mg_per_h * elapsed_s(d.started_at, d.ended_at)) as mg_x3600
    from dropped as d
    inner join session_span as s
        on s.patient_id = d.patient_id and coalesce(d.ended_at > s.started_at, true) and coalesce(d.started_at <= s.reached_at, true)
    where d.event not in ('pause', 'stop')
    group by s.session_no
    having count(*) = count(d.mg_per_h * elapsed_s(d.started_at, d.ended_at))
),

of_pump as (
    select
        i.session_no,
        sum(cast(i.mg_x3600_low as double)) as mg_x3600_low,
        case when count(i.mg_x3600_high) = count(*) then sum(cast(i.mg_x3600_high as double)) end as mg_x3600_high
    from infusion as i
    inner join given as g on g.ref = i.refs[1]
    where g.origin = 'pump'
    group by i.session_no
)

select r.session_no
from of_record as r
inner join of_pump as p on p.session_no = r.session_no
where r.mg_x3600 > p.mg_x3600_high * 1.1 or r.mg_x3600 < p.mg_x3600_low * 0.9
