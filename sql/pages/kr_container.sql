/* What the stock record says of each container of a session with a finding or an open question of reconciliation, in mg. By patient and container, never by user. */
with asked as (
    select distinct s.session_no
    from answer as a
    inner join session as s on s.session_no = a.session_no
    where
        a.rule_id in ('KR-01', 'KR-02')
        and verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) in ('violation', 'not_evaluable')
),

moved as (
    select
        s.session_no,
        k.container_id,
        k.action,
        case when k.amount = 0 then 0 else capped(k.amount * cast(u.factor as decimal(38, 6))) end as mg,
        k.witness_id is null or coalesce(k.witness_id = k.user_id, false) as is_alone,
        cast(k.file_id as bigint) * 4294967296 + k.line as ref
    from asked as q
    inner join session as s on s.session_no = q.session_no
    inner join stock as k
        on
            k.patient_id = s.patient_id
            and epoch_us(k.occurred_at) >= epoch_us(s.started_at) - 86400000000
            and epoch_us(k.occurred_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + 86400000000
    left join unit as u on u.unit = normal_unit(k.unit) and u.dimension = 'dose'
)

select
    m.session_no,
    m.container_id,
    cast(coalesce(sum(m.mg) filter (where m.action = 'dispense'), 0) as double) as dispensed_mg,
    cast(coalesce(sum(m.mg) filter (where m.action = 'waste'), 0) as double) as wasted_mg,
    cast(coalesce(sum(m.mg) filter (where m.action = 'return'), 0) as double) as returned_mg,
    count(*) filter (where m.mg is null) as unreadable,
    count(*) filter (where m.action = 'waste' and m.is_alone) as wasted_alone,
    list(struct_pack(file := f.file, line := m.ref % 4294967296) order by m.ref) as source
from moved as m
inner join input_file as f on f.file_id = m.ref // 4294967296
group by m.session_no, m.container_id
order by m.session_no, m.container_id nulls last
