/* Series of sessions: each starts at most series.gap_d days after the one before. All loaded sessions count, also those outside the report's period. */
with gapped as (
    select
        session_no,
        patient_id,
        started_at,
        lag(started_at) over (partition by patient_id order by started_at, session_no) as before_at
    from session_span
),

numbered as (
    select
        g.session_no,
        g.patient_id,
        g.started_at,
        sum(
            case
                when g.before_at is null then 1
                when epoch_us(g.started_at) - epoch_us(g.before_at) > cast(t.series_gap_d as decimal(38, 6)) * 86400000000 then 1
                else 0
            end
        ) over (partition by g.patient_id order by g.started_at, g.session_no rows between unbounded preceding and current row) as series_no
    from gapped as g
    cross join setting as t
),

placed as (
    select
        session_no,
        cast(series_no as integer) as series_no,
        first_value(session_no) over in_series as series_index_no,
        cast(row_number() over in_series as integer) as number_in_series,
        epoch_us(started_at) - epoch_us(first_value(started_at) over in_series) as since_index_us
    from numbered
    window in_series as (partition by patient_id, series_no order by started_at, session_no)
)

select
    session_no,
    series_no,
    series_index_no,
    number_in_series,
    since_index_us,
    since_index_us / 86400000000.0 as series_length_d
from placed
