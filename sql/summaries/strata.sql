-- Every stratum with its sessions and patients, and the two-week outcome of one session per patient: the first in the stratum.
with placed as (
    select
        o.session_no,
        o.patient_no,
        o.is_counted,
        t.indication,
        t.elderly,
        t.dose_band,
        t.co_analgesia,
        t.opioid_change,
        t.series_number,
        t.series_length,
        t.other_route
    from report_outcome as o
    inner join stratum as t on o.session_no = t.session_no
    where o.window_code = 'weeks'
),

grouped as (
    select
        p.indication,
        p.elderly,
        p.dose_band,
        p.co_analgesia,
        p.opioid_change,
        p.series_number,
        p.series_length,
        p.other_route,
        p.patient_no,
        count(*) as sessions,
        min(case when p.is_counted then p.session_no end) as first_no
    from placed as p
    group by grouping sets (
        (p.patient_no, p.indication), (p.patient_no, p.elderly), (p.patient_no, p.dose_band), (p.patient_no, p.co_analgesia),
        (p.patient_no, p.opioid_change), (p.patient_no, p.series_number), (p.patient_no, p.series_length), (p.patient_no, p.other_route)
    )
),

of_patient as (
    select
        case
            when g.indication is not null then 'indication'
            when g.elderly is not null then 'elderly'
            when g.dose_band is not null then 'dose_band'
            when g.co_analgesia is not null then 'co_analgesia'
            when g.opioid_change is not null then 'opioid_change'
            when g.series_number is not null then 'series_number'
            when g.series_length is not null then 'series_length'
            else 'other_route'
        end as stratifier,
        coalesce(
            g.indication, g.elderly, g.dose_band, g.co_analgesia, g.opioid_change, g.series_number, g.series_length, g.other_route
        ) as stratum,
        g.sessions,
        g.first_no
    from grouped as g
)

select
    f.stratifier,
    f.stratum,
    cast(sum(f.sessions) as integer) as sessions,
    count(*) as patients,
    cast(sum(case when o.is_due and coalesce(o.baseline > 0, true) then 1 else 0 end) as integer) as eligible,
    cast(sum(case when o.status = 'measured' and o.baseline > 0 then 1 else 0 end) as integer) as followed,
    cast(sum(case when o.responder_30 then 1 else 0 end) as integer) as responders
from of_patient as f
left join pain_outcome as o on f.first_no = o.session_no and o.window_code = 'weeks'
group by f.stratifier, f.stratum
order by f.stratifier, f.stratum
