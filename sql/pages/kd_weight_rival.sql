/* For each session the other charted weight that differs most from the one that decides, where the two are more than 10 % apart; and a pump weight more than 5 % apart. */
with chosen as (
    select
        session_no,
        min(weight_source) as weight_source,
        min(kg_low) as kg_low,
        max(kg_high) as kg_high,
        min(ref) as ref
    from weight_candidate
    where precedence = 1
    group by session_no
),

rival as (
    select
        s.session_no,
        case when c.tier = 5 then 'after_start' else c.weight_source end as rival_source,
        c.kg_low,
        c.kg_high,
        c.ref,
        row_number() over (
            partition by s.session_no
            order by cast(greatest(c.kg_high, h.kg_high) as double) / nullif(cast(least(c.kg_low, h.kg_low) as double), 0) desc nulls first, c.ref
        ) as place
    from weight_candidate as c
    inner join session as s on s.session_no = c.session_no
    inner join chosen as h on h.session_no = c.session_no
    where
        c.ref <> h.ref
        and greatest(c.kg_high, h.kg_high) * cast(10 as decimal(2, 0)) > least(c.kg_low, h.kg_low) * cast(11 as decimal(2, 0))
    union all
    select
        p.session_no,
        'pump',
        g.pump_kg_low,
        g.pump_kg_high,
        p.ref,
        1
    from pump_weight as p
    inner join session as s on s.session_no = p.session_no
    inner join given as g on g.ref = p.ref
)

select
    r.session_no,
    h.weight_source as used_source,
    cast(h.kg_low as double) as used_kg_low,
    cast(h.kg_high as double) as used_kg_high,
    r.rival_source,
    cast(r.kg_low as double) as rival_kg_low,
    cast(r.kg_high as double) as rival_kg_high,
    uf.file as used_file,
    h.ref % 4294967296 as used_line,
    rf.file as rival_file,
    r.ref % 4294967296 as rival_line
from rival as r
inner join chosen as h on h.session_no = r.session_no
inner join input_file as uf on uf.file_id = h.ref // 4294967296
inner join input_file as rf on rf.file_id = r.ref // 4294967296
where r.place = 1
order by r.session_no, r.rival_source
