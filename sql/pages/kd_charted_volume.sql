/* For each rate outside its limit the one concentration behind it, and whether the rate was charted in mL: a rate in mL/h that stands as mg/h, or the reverse, is off by it. */
with pointed as (
    select a.session_no, a.rule_id, unnest(a.evidence) as ref
    from answer as a
    inner join session as s on s.session_no = a.session_no
    where
        a.rule_id in ('KD-02', 'KD-03', 'KD-04', 'KD-05')
        and verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) = 'violation'
)

select
    p.session_no,
    p.rule_id,
    cast(min(g.mg_per_ml_low) as double) as mg_per_ml,
    bool_and(u.dimension = 'volume_rate') as in_ml
from pointed as p
inner join given as g on g.ref = p.ref
inner join unit as u on u.unit = normal_unit(g.rate_unit) and u.dimension in ('rate', 'volume_rate')
where g.rate > 0 and g.mg_per_ml_low > 0
group by p.session_no, p.rule_id
having min(g.mg_per_ml_low) = max(g.mg_per_ml_high) and min(u.dimension) = max(u.dimension)
order by p.session_no, p.rule_id
