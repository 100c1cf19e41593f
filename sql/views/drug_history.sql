/* The medication rows that bear on the index session of a series: how long each ran before it, and what it says by itself, as certain and as possible.
Times are microseconds. What is not charted leaves the row possible: a drug without a supply, a start or an end may or may not have run. */
with index_session as (
    select
        s.session_no,
        s.patient_id,
        epoch_us(s.started_at) as index_us,
        epoch_us(s.started_at) - cast(t.selection_lookback_d * cast(86400000000 as decimal(20, 0)) as bigint) as oldest_us,
        cast(t.selection_min_days * cast(86400000000 as decimal(20, 0)) as bigint) as min_us
    from session as s
    inner join series as e on e.session_no = s.session_no
    cross join setting as t
    where e.number_in_series = 1 and coalesce(s.context, 'chronic') <> 'postsurgical'
),

charted as (
    select
        i.session_no,
        i.index_us,
        i.oldest_us,
        i.min_us,
        cast(m.file_id as bigint) * 4294967296 + m.line as ref,
        m.drug,
        m.drug_class,
        m.started_at,
        m.ended_at,
        m.days_supply,
        m.outcome,
        m.origin,
        coalesce(m.origin, 'record') = 'form' as from_form,
        coalesce(list_contains(m.invalid, 'origin'), false) as origin_unreadable,
        coalesce(list_contains(m.invalid, 'outcome'), false) as outcome_unreadable,
        m.drug_class <> 'other' as conventional,
        case when coalesce(m.ended_at >= m.started_at, true) then epoch_us(m.started_at) end as from_us,
        case when coalesce(m.ended_at >= m.started_at, true) then epoch_us(m.ended_at) end as to_us,
        cast(
            floor(cast(case when m.days_supply > 36500 then 36500 else m.days_supply end as decimal(28, 9)) * cast(86400000000 as decimal(20, 0)))
            as bigint
        ) as supply_us
    from index_session as i
    inner join medication as m on m.patient_id = i.patient_id
)

select
    session_no,
    ref,
    drug,
    drug_class,
    started_at,
    ended_at,
    days_supply,
    outcome,
    origin,
    conventional,
    min_us,
    from_us,
    from_form and coalesce(from_us <= index_us, true) as is_form_entry,
    case
        when from_us + supply_us is not null and coalesce(to_us, from_us + supply_us) >= oldest_us
            then least(from_us + supply_us, to_us, index_us)
    end as ran_until_us,
    case when from_us is not null and coalesce(to_us >= oldest_us, true) then least(from_us + supply_us, to_us, index_us) end as may_run_until_us,
    case when from_us is null and coalesce(to_us >= oldest_us, true) then coalesce(supply_us, min_us) else 0 end as undated_us,
    coalesce(outcome in ('failed', 'not_tolerated') and coalesce(to_us, from_us + supply_us) <= index_us, false) as has_failed,
    (coalesce(outcome in ('failed', 'not_tolerated'), false) or outcome_unreadable) and coalesce(from_us <= index_us, true) as may_have_failed,
    from_form
    and not outcome_unreadable
    and coalesce(outcome, 'unknown') <> 'contraindicated'
    and coalesce(from_us <= index_us - min_us, true) as is_on_form,
    (from_form or origin_unreadable)
    and (outcome_unreadable or coalesce(outcome, 'unknown') <> 'contraindicated')
    and coalesce(from_us <= index_us - min_us, true) as may_be_on_form
from charted
