/* One coded diagnosis. Compiled from the model Condition by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        encounter_id as encounter_id_raw,
        code as code_raw,
        code_system as code_system_raw,
        category as category_raw,
        onset_at as onset_at_raw,
        resolved_at as resolved_at_raw,
        present_on_admission as present_on_admission_raw,
        recorded_at as recorded_at_raw,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(encounter_id) as encounter_id,
        text_cell(code) as code,
        lower(text_cell(code_system)) as code_system,
        lower(text_cell(category)) as category,
        text_cell(onset_at) as onset_at,
        text_cell(resolved_at) as resolved_at,
        lower(text_cell(present_on_admission)) as present_on_admission,
        text_cell(recorded_at) as recorded_at
    from source
),

reading as (
    select
        *,
        read_time(onset_at) as onset_at_read,
        read_time(resolved_at) as resolved_at_read,
        read_time(recorded_at) as recorded_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(onset_at) then zone_year(onset_at_read) end as onset_at_year,
        case when is_local(resolved_at) then zone_year(resolved_at_read) end as resolved_at_year,
        case when is_local(recorded_at) then zone_year(recorded_at_read) end as recorded_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(onset_at, onset_at_read, onset_at_year) as onset_at_first,
        first_instant(resolved_at, resolved_at_read, resolved_at_year) as resolved_at_first,
        first_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_first,
        later_instant(onset_at, onset_at_read, onset_at_year) as onset_at_later,
        later_instant(resolved_at, resolved_at_read, resolved_at_year) as resolved_at_later,
        later_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (encounter_id is not null and (strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end))
            or code is null or strlen(code) > 1000 or case when code between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(code)) end
            or code_system is null or not list_contains(['icd10cm', 'snomed', 'other'], code_system)
            or (category is not null and (not list_contains(['encounter', 'problem_list'], category)))
            or (onset_at is not null and (onset_at_read is null or onset_at not between '1900' and '2301' or onset_at_first is null or onset_at_first > getvariable('extracted_at')))
            or (resolved_at is not null and (resolved_at_read is null or resolved_at not between '1900' and '2301' or resolved_at_first is null or resolved_at_first > getvariable('extracted_at')))
            or (present_on_admission is not null and (not list_contains(['y', 'n', 'u', 'w'], present_on_admission)))
            or (recorded_at is not null and (recorded_at_read is null or recorded_at not between '1900' and '2301' or recorded_at_first is null or recorded_at_first > getvariable('extracted_at'))),
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
                    case when code is null then 'empty' when strlen(code) > 1000 then 'too_long' when case when code between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(code)) end then 'spreadsheet_error' end,
                    case when code_system is null then 'empty' when not list_contains(['icd10cm', 'snomed', 'other'], code_system) then 'not_allowed' end,
                    case when category is null then null when not list_contains(['encounter', 'problem_list'], category) then 'not_allowed' end,
                    case when onset_at is null then null when onset_at_read is null then 'not_a_time' when onset_at not between '1900' and '2301' then 'year_out_of_range' when onset_at_first is null then 'nonexistent_local_time' when onset_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when resolved_at is null then null when resolved_at_read is null then 'not_a_time' when resolved_at not between '1900' and '2301' then 'year_out_of_range' when resolved_at_first is null then 'nonexistent_local_time' when resolved_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when present_on_admission is null then null when not list_contains(['y', 'n', 'u', 'w'], present_on_admission) then 'not_allowed' end,
                    case when recorded_at is null then null when recorded_at_read is null then 'not_a_time' when recorded_at not between '1900' and '2301' then 'year_out_of_range' when recorded_at_first is null then 'nonexistent_local_time' when recorded_at_first > getvariable('extracted_at') then 'after_extraction' end
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
        case when not broken then code when faults[3] is null then code end as code,
        case when not broken then code_system when faults[4] is null then code_system end as code_system,
        case when not broken then category when faults[5] is null then category end as category,
        case when not broken then onset_at_first when faults[6] is null then onset_at_first end as onset_at,
        case when recorded_at_later is null and recorded_at_first < onset_at_later then null when not broken then onset_at_later when faults[6] is null then onset_at_later end as onset_at_latest,
        case when not broken then resolved_at_first when faults[7] is null then resolved_at_first end as resolved_at,
        case when recorded_at_later is null and recorded_at_first < resolved_at_later then null when not broken then resolved_at_later when faults[7] is null then resolved_at_later end as resolved_at_latest,
        case when not broken then present_on_admission when faults[8] is null then present_on_admission end as present_on_admission,
        case when not broken then recorded_at_first when faults[9] is null then recorded_at_first end as recorded_at,
        case when broken then faulty_columns(faults, ['patient_id', 'encounter_id', 'code', 'code_system', 'category', 'onset_at', 'resolved_at', 'present_on_admission', 'recorded_at']) end as invalid,
        broken and (faults[1] is not null or code is null or faults[4] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, encounter_id_raw, code_raw, code_system_raw, category_raw, onset_at_raw, resolved_at_raw, present_on_admission_raw, recorded_at_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, code, code_system) as content
from typed
