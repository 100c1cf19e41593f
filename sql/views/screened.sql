/* The latest answer to each question of the checklist before the start: within the form's window, else within the longer one and marked old.

A later "unknown" takes back a no, and never a yes. */
with answered as (
    select
        s.session_no,
        s.started_at,
        a.item,
        a.answer,
        a.answered_at,
        cast(a.file_id as bigint) * 4294967296 + a.line as ref,
        epoch_us(s.started_at) - epoch_us(a.answered_at) > t.form_window_h * 3600000000 as is_old,
        rank() over (partition by s.session_no, a.item order by a.answered_at desc) as recency,
        rank() over (partition by s.session_no, a.item, a.answer = 'unknown' order by a.answered_at desc) as recency_of_answer
    from session as s
    cross join setting as t
    inner join screening as a on a.patient_id = s.patient_id
    where
        coalesce(a.answered_at_latest, a.answered_at) <= s.started_at
        and epoch_us(s.started_at) - epoch_us(a.answered_at) <= t.form_old_window_d * 86400000000
)

select
    session_no,
    item,
    case when max(answer = 'yes') then 'yes' when max(answer = 'unknown') then 'unknown' else 'no' end as answer,
    max(is_old) as is_old,
    list(ref order by ref) as refs,
    max(apart(answered_at, started_at) || ' before the start') as answered_before
from answered
where recency = 1 or (answer = 'yes' and recency_of_answer = 1)
group by session_no, item
