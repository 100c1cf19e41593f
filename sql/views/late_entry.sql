/* Sessions with a dose that was entered more than two hours after it was given (an infusion: after its charted stop). The time at which it was given decides; the delay is shown. */
with late as (
    select patient_id, started_at
    from given
    where
        recorded_at is not null
        and epoch_us(recorded_at) - epoch_us(greatest(started_at_latest, stopped_at_latest)) > 7200000000
)

select distinct s.session_no
from late as e
inner join session_span as s on s.patient_id = e.patient_id and e.started_at >= s.started_at and coalesce(e.started_at <= s.reached_at, true)
