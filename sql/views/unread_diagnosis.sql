/*
Sessions whose patient has a diagnosis that no code set can read: in another code system, or a code that is none.
Then the absence of a code says nothing; and what a broken code meant cannot be known.
*/
select
    session_no,
    count(*) filter (where code_system = 'icd10cm') > 0 as has_broken,
    list(ref order by ref) as refs
from charted_diagnosis
where
    is_unread
    and not coalesce(dated_at > started_at and not is_date_of_chart, false)
    and not coalesce(resolved_at_latest <= started_at, false)
group by session_no
