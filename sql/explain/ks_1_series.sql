/* The series that the session belongs to. */
select
    s.session_id,
    e.series_no,
    e.number_in_series,
    x.session_id as first_session_id,
    x.started_at as first_started_at,
    e.series_length_d as days_since_first
from series as e
inner join session as s on s.session_no = e.session_no
inner join session_span as x on x.session_no = e.series_index_no
