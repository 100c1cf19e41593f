/* Deliveries of one patient with no pause longer than the session gap; encounters, orders and wards do not split a session. Equal stretches count once, so that no tie is broken by chance. */
with delivery as (
    select patient_id, started_at, coalesce(ended_at_high, ended_at) as ended_at
    from segment
    where coalesce(mg_per_h_high, 1) > 0 or mg_per_kg_h > 0
    union
    select patient_id, started_at, ended_at
    from push
    union
    select patient_id, started_at, ended_at
    from pca
    where not covered
    union
    select t.patient_id, t.started_at, t.started_at
    from charted_dose as t
    where
        t.event = 'infused_total'
        and coalesce(t.mg_high, 1) > 0
        and not exists (select 1 from segment as s where s.patient_id = t.patient_id and s.line_key = t.line_key)
),

gapped as (
    select
        patient_id,
        started_at,
        ended_at,
        max(ended_at) over (
            partition by patient_id order by started_at, ended_at rows between unbounded preceding and 1 preceding
        ) as delivered_until
    from delivery
),

numbered as (
    select
        g.patient_id,
        g.started_at,
        g.ended_at,
        sum(
            case
                when
                    g.delivered_until is null
                    or epoch_us(g.started_at) - epoch_us(g.delivered_until) > as_us(s.session_gap_min)
                    then 1
                else 0
            end
        ) over (partition by g.patient_id order by g.started_at, g.ended_at rows between unbounded preceding and current row) as stretch_no
    from gapped as g
    cross join setting as s
)

select
    cast(row_number() over (order by patient_id, min(started_at)) as integer) as session_no,
    md5(patient_id || chr(31) || cast(epoch_us(min(started_at)) as varchar)) as session_id,
    patient_id,
    min(started_at) as started_at,
    max(ended_at) as reached_at
from numbered
group by patient_id, stretch_no
