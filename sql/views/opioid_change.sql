/* The daily opioid amount (morphine milligram equivalents, as the site charts them) at the session's start and 30 days later. Unknown where
a row that runs then carries no amount, where a row may or may not still run, or where the supplied medications do not cover the instant. */
with taken as (
    select
        m.patient_id,
        m.mme_per_day,
        epoch_us(m.started_at) as from_us,
        epoch_us(coalesce(m.ended_at, m.started_at + to_microseconds(cast(m.days_supply * 86400000000 as bigint)))) as to_us
    from medication as m
    where
        coalesce(m.drug_class, 'opioid') = 'opioid'
        and coalesce(m.outcome, 'unknown') <> 'contraindicated'
        and (m.started_at is not null or coalesce(m.origin, 'record') <> 'form')
),

instant as (
    select
        session_no,
        patient_id,
        site,
        department,
        'before' as moment,
        epoch_us(started_at) as at_us
    from session
    union all
    select
        session_no,
        patient_id,
        site,
        department,
        'after' as moment,
        epoch_us(started_at) + 2592000000000 as at_us
    from session
),

running as (
    select
        i.session_no,
        i.moment,
        sum(t.mme_per_day) as mme,
        count(*) = count(t.mme_per_day) and count(*) = count(t.from_us) and count(*) = count(t.to_us) as is_known
    from instant as i
    inner join taken as t
        on t.patient_id = i.patient_id
        and coalesce(t.from_us <= i.at_us, true)
        and coalesce(t.to_us > i.at_us, true)
    group by i.session_no, i.moment
),

covered as (
    select distinct
        i.session_no,
        i.moment
    from instant as i
    inner join covered_time as c
        on c.table_name = 'medication'
        and c.requirement = 'medication'
        and c.site = i.site
        and (c.department is null or c.department = i.department)
        and epoch_us(c.covered_from) <= i.at_us
        and epoch_us(c.covered_to) >= i.at_us
),

at_moment as (
    select
        i.session_no,
        max(case when i.moment = 'before' then coalesce(r.mme, 0) end) filter (where coalesce(r.is_known, true) and c.session_no is not null)
        as mme_before,
        max(case when i.moment = 'after' then coalesce(r.mme, 0) end) filter (where coalesce(r.is_known, true) and c.session_no is not null)
        as mme_after
    from instant as i
    left join running as r on r.session_no = i.session_no and r.moment = i.moment
    left join covered as c on c.session_no = i.session_no and c.moment = i.moment
    group by i.session_no
)

select
    session_no,
    mme_before,
    mme_after,
    case
        when mme_before is null or mme_after is null then 'unknown'
        when mme_before = 0 and mme_after = 0 then 'none'
        when mme_after < mme_before then 'less'
        when mme_after > mme_before then 'more'
        else 'same'
    end as opioid_change
from at_moment
