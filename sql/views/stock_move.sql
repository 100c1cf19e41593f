/* Every stock row with the sessions that it may belong to: from 24 h before the start to 24 h after the end. Amounts in mg, NULL where the unit is no mass. */
select
    s.session_no,
    cast(k.file_id as bigint) * 4294967296 + k.line as ref,
    k.container_id,
    k.action,
    k.occurred_at,
    k.user_id,
    k.witness_id,
    coalesce(list_contains(k.invalid, 'user_id') or list_contains(k.invalid, 'witness_id'), false) as person_unreadable,
    k.amount,
    k.unit,
    case when k.amount = 0 then 0 else capped(k.amount * cast(u.factor as decimal(38, 6))) end as mg
from session as s
inner join stock as k
    on
        k.patient_id = s.patient_id
        and epoch_us(k.occurred_at) >= epoch_us(s.started_at) - 86400000000
        and epoch_us(k.occurred_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + 86400000000
left join unit as u on u.unit = normal_unit(k.unit) and u.dimension = 'dose'
