/* One answer of a checklist before the infusion. Compiled from the model Screening by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        encounter_id as encounter_id_raw,
        item as item_raw,
        answer as answer_raw,
        answered_at as answered_at_raw,
        role as role_raw,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(encounter_id) as encounter_id,
        lower(text_cell(item)) as item,
        lower(text_cell(answer)) as answer,
        text_cell(answered_at) as answered_at,
        text_cell(role) as role
    from source
),

reading as (
    select
        *,
        read_time(answered_at) as answered_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(answered_at) then zone_year(answered_at_read) end as answered_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(answered_at, answered_at_read, answered_at_year) as answered_at_first,
        later_instant(answered_at, answered_at_read, answered_at_year) as answered_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (encounter_id is not null and (strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end))
            or item is null or not list_contains(['uncontrolled_cardiovascular_disease', 'pregnancy', 'pregnancy_exempt', 'active_psychosis', 'severe_liver_dysfunction', 'high_intracranial_pressure', 'high_intraocular_pressure'], item)
            or answer is null or not list_contains(['yes', 'no', 'unknown'], answer)
            or answered_at is null or answered_at_read is null or answered_at not between '1900' and '2301' or answered_at_first is null or answered_at_first > getvariable('extracted_at')
            or (role is not null and (strlen(role) > 1000 or case when role between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(role)) end)),
            false
        ) as broken
    from timed
),

listed as (
    select
        *,
        case
            when broken
                then [
                    case when patient_id is null then 'empty' when strlen(patient_id) > 1000 then 'too_long' when case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end then 'spreadsheet_error' end,
                    case when encounter_id is null then null when strlen(encounter_id) > 1000 then 'too_long' when case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end then 'spreadsheet_error' end,
                    case when item is null then 'empty' when not list_contains(['uncontrolled_cardiovascular_disease', 'pregnancy', 'pregnancy_exempt', 'active_psychosis', 'severe_liver_dysfunction', 'high_intracranial_pressure', 'high_intraocular_pressure'], item) then 'not_allowed' end,
                    case when answer is null then 'empty' when not list_contains(['yes', 'no', 'unknown'], answer) then 'not_allowed' end,
                    case when answered_at is null then 'empty' when answered_at_read is null then 'not_a_time' when answered_at not between '1900' and '2301' then 'year_out_of_range' when answered_at_first is null then 'nonexistent_local_time' when answered_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when role is null then null when strlen(role) > 1000 then 'too_long' when case when role between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(role)) end then 'spreadsheet_error' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then patient_id when faults[1] is null then patient_id end as patient_id,
        case when not broken then encounter_id when faults[2] is null then encounter_id end as encounter_id,
        case when not broken then item when faults[3] is null then item end as item,
        case when not broken then answer when faults[4] is null then answer end as answer,
        case when not broken then answered_at_first when faults[5] is null then answered_at_first end as answered_at,
        case when not broken then answered_at_later when faults[5] is null then answered_at_later end as answered_at_latest,
        case when not broken then role when faults[6] is null then role end as role,
        case when broken then faulty_columns(faults, ['patient_id', 'encounter_id', 'item', 'answer', 'answered_at', 'role']) end as invalid,
        broken and (faults[1] is not null or faults[3] is not null or faults[4] is not null or faults[5] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, encounter_id_raw, item_raw, answer_raw, answered_at_raw, role_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, item, answer, answered_at) as content
from typed
