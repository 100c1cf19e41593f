/* Analgesic classes given beside each session, from 24 h before its start to 24 h after its end. A medication runs to its end, else for its
days of supply; one without either that began earlier may or may not still be taken. A row that tells why a drug was not used is no treatment. */
with taken as (
    select
        m.patient_id,
        m.drug_class,
        m.started_at,
        coalesce(m.ended_at, m.started_at + to_microseconds(cast(m.days_supply * 86400000000 as bigint))) as ended_at,
        cast(m.file_id as bigint) * 4294967296 + m.line as ref
    from medication as m
    where coalesce(m.outcome, 'unknown') <> 'contraindicated' and (m.started_at is not null or coalesce(m.origin, 'record') <> 'form')
),

around as (
    select
        s.session_no,
        s.patient_id,
        s.site,
        s.department,
        epoch_us(s.started_at) - 86400000000 as from_us,
        epoch_us(s.ended_at) + 86400000000 as certain_to,
        epoch_us(s.ended_at_high) + 86400000000 as possible_to
    from session as s
),

given_beside as (
    select
        a.session_no,
        t.drug_class,
        max(
            case
                when epoch_us(t.started_at) between a.from_us and a.certain_to then 1
                when epoch_us(t.started_at) < a.from_us and epoch_us(t.ended_at) >= a.from_us then 1
                else 0
            end
        ) = 1 as is_certain
    from around as a
    inner join taken as t
        on t.patient_id = a.patient_id
        and coalesce(epoch_us(t.started_at) <= a.possible_to, true)
        and coalesce(epoch_us(t.ended_at) >= a.from_us, true)
    group by a.session_no, t.drug_class
),

by_session as (
    select
        session_no,
        list(drug_class order by drug_class) filter (where is_certain) as classes,
        max(case when is_certain and drug_class = 'opioid' then 1 else 0 end) as opioid,
        max(case when drug_class = 'opioid' or drug_class is null then 1 else 0 end) as maybe_opioid,
        max(case when is_certain and drug_class <> 'opioid' then 1 else 0 end) as other,
        max(case when drug_class <> 'opioid' or drug_class is null then 1 else 0 end) as maybe_other
    from given_beside
    group by session_no
),

covered as (
    select distinct a.session_no
    from around as a
    inner join covered_time as c
        on c.table_name = 'medication'
        and c.requirement = 'medication'
        and c.site = a.site
        and (c.department is null or c.department = a.department)
        and epoch_us(c.covered_from) <= a.from_us
        and epoch_us(c.covered_to) >= a.possible_to
),

answered as (
    select
        a.session_no,
        coalesce(b.classes, cast([] as varchar [])) as classes,
        case when b.opioid = 1 then true when c.session_no is not null and coalesce(b.maybe_opioid, 0) = 0 then false end as opioid,
        case when b.other = 1 then true when c.session_no is not null and coalesce(b.maybe_other, 0) = 0 then false end as other
    from around as a
    left join by_session as b on b.session_no = a.session_no
    left join covered as c on c.session_no = a.session_no
)

select
    session_no,
    classes,
    case
        when opioid and other then 'opioid_and_other'
        when opioid and not other then 'opioid_only'
        when other and not opioid then 'other_only'
        when not opioid and not other then 'none'
        else 'unknown'
    end as co_analgesia
from answered
