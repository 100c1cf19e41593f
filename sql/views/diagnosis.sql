/*
Diagnoses of a contraindication's code set seen from each session: active at its start (three-valued), since when, and how strong.
Present-on-admission decides only for the session's own encounter; the look-back always limits.
*/
with seen as (
    select
        c.session_no,
        c.started_at,
        m.code_set,
        m.strength as row_strength,
        m.ends_pregnancy,
        m.description,
        m.problem_list,
        c.code,
        c.onset_at,
        c.resolved_at,
        c.resolved_at_latest,
        c.present_on_admission,
        c.invalid,
        c.ref,
        c.is_listed,
        c.is_own,
        c.dated_at,
        c.dated_at_latest,
        c.is_date_of_chart,
        case when m.until_session_end then c.ended_at else c.started_at end as counts_to,
        epoch_us(c.started_at) - m.lookback_d * cast(86400000000 as bigint) as counts_from_us
    from charted_diagnosis as c
    inner join code_match as m on m.charted_code = c.code
    where c.code_system = 'icd10cm' and starts_with(m.code_set, 'KC-')
)

select
    session_no,
    started_at,
    code_set as rule_id,
    case when is_listed and problem_list = 'possible' then 'possible' else row_strength end as strength,
    ends_pregnancy,
    description,
    code,
    ref,
    is_listed,
    is_own,
    onset_at,
    dated_at,
    dated_at_latest,
    row_strength = 'definite' and not is_listed and is_own and present_on_admission = 'n' as is_after_admission,
    not is_listed and coalesce(is_own, true) and coalesce(present_on_admission, '') not in ('y', 'n') as is_admission_unknown,
    case
        when dated_at > counts_to and not is_date_of_chart then false
        when resolved_at_latest <= started_at and coalesce(resolved_at >= onset_at, true) then false
        when epoch_us(dated_at_latest) < counts_from_us then false
        when resolved_at <= started_at or list_contains(coalesce(invalid, []), 'resolved_at') then null
        when not is_listed and is_own and present_on_admission = 'n' then false
        when (dated_at_latest > counts_to and not is_date_of_chart) or epoch_us(dated_at) < counts_from_us then null
        when not is_listed and is_own and present_on_admission = 'y' then true
        when not is_listed and coalesce(is_own, true) and coalesce(present_on_admission, '') <> 'y' then null
        when dated_at <= counts_to then true
    end as is_active
from seen
