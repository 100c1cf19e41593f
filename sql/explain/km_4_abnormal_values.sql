/* Values that call for action (certain false: that cannot be told), and the normal repeat that answered one. */
select
    s.session_id,
    v.domain,
    v.kind,
    v.moment,
    v.is_certain as certain,
    v.is_transient as normal_repeat,
    v.is_artefact as possible_artefact,
    pointed_at(v.ref) as "row",
    pointed_at(v.repeat_ref) as repeat_row
from abnormal_value as v
inner join session as s on s.session_no = v.session_no
order by s.session_no, v.moment, v.ref
