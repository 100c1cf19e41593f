-- Every stratum with its sessions and patients, and the two-week outcome of one session per patient: the first in the stratum.
with size as (
    select
        p.stratifier,
        p.stratum,
        count(*) as sessions,
        count(distinct p.patient_id) as patients
    from report_stratum as p
    group by p.stratifier, p.stratum
),

ranked as (
    select
        p.*,
        row_number() over (partition by p.stratifier, p.stratum, p.patient_id order by p.started_at, p.session_id) as place_no
    from report_stratum as p
    where p.is_counted
),

outcome as (
    select
        r.stratifier,
        r.stratum,
        sum(case when r.is_due then 1 else 0 end) as due,
        sum(case when r.status = 'measured' then 1 else 0 end) as measured,
        sum(case when r.is_due and r.baseline = 0 then 1 else 0 end) as baseline_zero,
        sum(case when r.status = 'measured' and r.baseline > 0 then 1 else 0 end) as followed,
        sum(case when r.responder_30 then 1 else 0 end) as responders
    from ranked as r
    where r.place_no = 1
    group by r.stratifier, r.stratum
)

select
    s.stratifier,
    s.stratum,
    s.sessions,
    s.patients,
    coalesce(o.due, 0) as due,
    coalesce(o.measured, 0) as measured,
    coalesce(o.due - o.baseline_zero, 0) as eligible,
    coalesce(o.followed, 0) as followed,
    coalesce(o.responders, 0) as responders
from size as s
left join outcome as o on s.stratifier = o.stratifier and s.stratum = o.stratum
order by s.stratifier, s.stratum
