/* The latest answers of the checklist before the start. */
select
    s.session_id,
    f.item,
    f.answer,
    f.answered_before,
    (select string_agg(pointed_at(u.ref), ', ' order by u.ref) from (select unnest(f.refs) as ref) as u) as "rows"
from screened as f
inner join session as s on s.session_no = f.session_no
order by s.session_no, f.item
