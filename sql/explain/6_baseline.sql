/* The last assessment before the start, by domain. */
select
    s.session_id,
    b.domain,
    b.low as minutes_before_low,
    b.high as minutes_before_high,
    array_to_string(list_transform(b.refs, lambda ref: pointed_at(ref)), ', ') as "rows"
from baseline as b
inner join session as s on s.session_no = b.session_no
order by b.domain
