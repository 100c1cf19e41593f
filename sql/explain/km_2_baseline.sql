/* The last assessment before the start, by domain. */
select
    s.session_id,
    b.domain,
    b.low as minutes_before_low,
    b.high as minutes_before_high,
    (select string_agg(pointed_at(u.ref), ', ' order by u.ref) from (select unnest(b.refs) as ref) as u) as "rows"
from baseline as b
inner join session as s on s.session_no = b.session_no
order by s.session_no, b.domain
