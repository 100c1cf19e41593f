/* Rows and treatments per local month, without rows that lie in the future. A treatment starts after a pause longer than the session gap. */
with dated as (
    select
        patient_id,
        local_month,
        started_at,
        max(greatest(started_at, coalesce(stopped_at, started_at))) over (
            partition by patient_id order by started_at rows between unbounded preceding and 1 preceding
        ) as busy_until
    from gate_row
    where not is_future
)

select
    d.local_month,
    count(*) as row_count,
    sum(
        case
            when d.busy_until is null then 1
            when epoch_us(d.started_at) - epoch_us(d.busy_until) > s.session_gap_min * 60000000 then 1
            else 0
        end
    ) as treatment_count
from dated as d
cross join gate_setting as s
group by d.local_month
