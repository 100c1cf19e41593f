/* Ideal body weight (Devine: 50 kg for men, 45.5 kg for women, and 2.3 kg for each inch over 60) as bounds, only where weight.basis asks for it. The latest height at or before the
   start decides, else the earliest after it; one that cannot be used is unknown, never replaced. Below 60 inches the formula says nothing. */
with asked as (
    select
        s.session_no,
        s.patient_id,
        s.started_at
    from session_span as s
    inner join setting as t on t.weight_basis = 'ideal'
),

height as (
    select
        a.session_no,
        cast(h.file_id as bigint) * 4294967296 + h.line as ref,
        h.value_number * u.factor as cm,
        rank() over (
            partition by a.session_no
            order by h.effective_at > a.started_at, abs(epoch_us(h.effective_at) - epoch_us(a.started_at))
        ) as precedence
    from observation as h
    inner join asked as a on a.patient_id = h.patient_id
    left join unit as u on u.unit = normal_unit(h.unit) and u.dimension = 'height'
    where h.kind = 'height'
),

chosen as (
    select
        session_no,
        list(ref order by ref) as refs,
        count(*) = count(case when cm between 152.4 and 250 then 1 end) as usable,
        min(cm) as cm_low,
        max(cm) as cm_high
    from height
    where precedence = 1
    group by session_no
),

/* 2.3 kg per inch of 2.54 cm, 60 inches taken off: (230 cm - 35052) / 254, in whole steps of 0.000000000001 kg rounded outward. */
above as (
    select
        session_no,
        refs,
        usable,
        case when usable then cast(floor(cm_low * 1000000000000 * 230) - 35052000000000000 as hugeint) // 254 end as steps_low,
        case when usable then (cast(ceil(cm_high * 1000000000000 * 230) - 35052000000000000 as hugeint) + 253) // 254 end as steps_high
    from chosen
)

select
    a.session_no,
    c.refs,
    case p.sex when 'male' then 50 when 'female' then 45.5 end
    + cast(c.steps_low as decimal(18, 0)) * cast(0.000000000001 as decimal(13, 12)) as kg_low,
    case p.sex when 'male' then 50 when 'female' then 45.5 end
    + cast(c.steps_high as decimal(18, 0)) * cast(0.000000000001 as decimal(13, 12)) as kg_high,
    case
        when c.session_no is null then 'height_missing'
        when not c.usable then 'height_unusable'
        when coalesce(p.sex, 'unknown') not in ('male', 'female') then 'sex_unknown'
    end as reason
from asked as a
left join above as c on c.session_no = a.session_no
left join patient as p on p.patient_id = a.patient_id
