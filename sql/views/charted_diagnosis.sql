/*
Diagnoses that a contraindication's code set knows, or that none can read, seen from each session of their patient: whose encounter they belong to, and what dates them.
A date after the start may be the chart's only: that of an encounter which the session belongs to, or of writing the code down. Then it does not say that the disease came later.
*/
with known as (
    select distinct charted_code
    from code_match
    where starts_with(code_set, 'KC-')
),

placed as (
    select
        s.session_no,
        s.started_at,
        k.charted_code is not null as is_known,
        coalesce(s.ended_at_high, s.ended_at) as ended_at,
        c.code,
        c.code_system,
        c.onset_at,
        coalesce(c.onset_at_latest, c.onset_at) as onset_at_latest,
        c.resolved_at,
        coalesce(c.resolved_at_latest, c.resolved_at) as resolved_at_latest,
        c.recorded_at,
        c.present_on_admission,
        c.invalid,
        cast(c.file_id as bigint) * 4294967296 + c.line as ref,
        c.code_system <> 'icd10cm'
        or not regexp_full_match(replace(replace(upper(c.code), '.', ''), ' ', ''), '[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}') as is_unread,
        coalesce(c.category = 'problem_list', c.encounter_id is null) as is_listed,
        coalesce(c.category = 'problem_list', false) as is_problem,
        case
            when c.encounter_id = s.encounter_id then true
            when c.encounter_id is null and c.onset_at < least(e.started_at, s.started_at) then false
            when c.encounter_id is not null and s.encounter_id is not null then false
            when v.ended_at <= s.started_at then false
        end as is_own,
        e.started_at as own_admitted_at,
        v.started_at as admitted_at,
        v.ended_at as discharged_at
    from session as s
    inner join condition as c on c.patient_id = s.patient_id
    left join known as k on k.charted_code = c.code
    left join encounter as e on e.encounter_id = s.encounter_id and e.patient_id = s.patient_id
    left join encounter as v on v.encounter_id = c.encounter_id and v.patient_id = c.patient_id
)

select
    session_no,
    started_at,
    ended_at,
    code,
    code_system,
    onset_at,
    resolved_at,
    resolved_at_latest,
    present_on_admission,
    invalid,
    ref,
    is_unread,
    is_listed,
    is_own,
    case
        when list_contains(coalesce(invalid, []), 'onset_at') then null
        when is_listed then coalesce(onset_at, recorded_at)
        else coalesce(onset_at, admitted_at, least(recorded_at, discharged_at))
    end as dated_at,
    case
        when list_contains(coalesce(invalid, []), 'onset_at') then null
        when is_listed then coalesce(onset_at_latest, recorded_at)
        else coalesce(onset_at_latest, admitted_at, least(recorded_at, discharged_at))
    end as dated_at_latest,
    not is_problem
    and case
        when onset_at is not null then coalesce((admitted_at is null or coalesce(is_own, true)) and onset_at <= coalesce(admitted_at, own_admitted_at), false)
        when admitted_at is not null then coalesce(is_own, false) or admitted_at <= ended_at
        else true
    end as is_date_of_chart
from placed
where is_known or is_unread
