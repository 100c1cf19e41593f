/* The longest late gaps, with the assessments on both sides (none: the start or the end of the session). */
with late as (
    select
        g.*,
        a.rule_id,
        row_number() over (order by g.gap_us desc, g.session_no, g.requirement, g.gap_from) as place
    from late_gap as g
    inner join km_answered as a on a.session_no = g.session_no and a.requirement = g.requirement
    where g.is_covered
)

select
    l.session_no,
    l.requirement,
    l.rule_id,
    s.started_local + (l.gap_from - s.started_at) as gap_from_local,
    s.started_local + (l.gap_to - s.started_at) as gap_to_local,
    minutes(s.started_at, l.gap_from) as begins_min,
    l.gap_us / 60000000.0 as gap_min,
    l.allowed_us / 60000000.0 as allowed_min,
    ff.file as from_file,
    l.from_ref % 4294967296 as from_line,
    tf.file as to_file,
    l.to_ref % 4294967296 as to_line
from late as l
inner join session as s on s.session_no = l.session_no
left join input_file as ff on ff.file_id = l.from_ref // 4294967296
left join input_file as tf on tf.file_id = l.to_ref // 4294967296
where l.place <= 200
order by l.place
