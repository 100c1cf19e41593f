/*
Diagnoses of a contraindication's code set seen from each session: active at its start (three-valued), since when, and how strong.
Present-on-admission decides only for the session's own encounter; the look-back always limits.
*/
with seen as (
    select
        s.session_no,
        s.started_at,
        m.code_set,
        m.strength as row_strength,
        m.ends_pregnancy,
        m.description,
        c.code,
        c.onset_at,
        c.resolved_at,
        c.present_on_admission,
        c.invalid,
        cast(c.file_id as bigint) * 4294967296 + c.line as ref,
        case when m.until_session_end then coalesce(s.ended_at_high, s.ended_at) else s.started_at end as counts_to,
        epoch_us(s.started_at) - m.lookback_d * cast(86400000000 as bigint) as counts_from_us,
        coalesce(c.category = 'problem_list', c.encounter_id is null) as is_listed,
        case
            when c.encounter_id = s.encounter_id then true
            when c.encounter_id is null and c.onset_at < e.started_at then false
            when c.encounter_id is not null and s.encounter_id is not null then false
            when v.ended_at <= s.started_at then false
        end as is_own,
        case
            when list_contains(coalesce(c.invalid, []), 'onset_at') then null
            when coalesce(c.category = 'problem_list', c.encounter_id is null) then coalesce(c.onset_at, c.recorded_at)
            else coalesce(c.onset_at, v.started_at, c.recorded_at)
        end as dated_at,
        m.problem_list
    from session as s
    inner join condition as c on c.patient_id = s.patient_id and c.code_system = 'icd10cm'
    inner join code_match as m on m.charted_code = c.code
    left join encounter as e on e.encounter_id = s.encounter_id and e.patient_id = s.patient_id
    left join encounter as v on v.encounter_id = c.encounter_id and v.patient_id = c.patient_id
    where starts_with(m.code_set, 'KC-')
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
    row_strength = 'definite' and not is_listed and is_own and present_on_admission = 'n' as is_after_admission,
    not is_listed and coalesce(is_own, true) and coalesce(present_on_admission, '') not in ('y', 'n') as is_admission_unknown,
    case
        when dated_at > counts_to then false
        when resolved_at <= started_at and coalesce(resolved_at >= onset_at, true) then false
        when epoch_us(dated_at) < counts_from_us then false
        when resolved_at <= started_at or list_contains(coalesce(invalid, []), 'resolved_at') then null
        when not is_listed and is_own and present_on_admission = 'n' then false
        when not is_listed and coalesce(is_own, true) and present_on_admission = 'y' then true
        when not is_listed and coalesce(is_own, true) then null
        when dated_at is not null then true
    end as is_active
from seen
