/* One measurement or assessment. Compiled from the model Observation by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        encounter_id as encounter_id_raw,
        kind as kind_raw,
        value as value_raw,
        unit as unit_raw,
        method as method_raw,
        laterality as laterality_raw,
        upper_limit as upper_limit_raw,
        effective_at as effective_at_raw,
        recorded_at as recorded_at_raw,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(encounter_id) as encounter_id,
        lower(text_cell(kind)) as kind,
        text_cell(value) as value,
        text_cell(unit) as unit,
        lower(text_cell(method)) as method,
        lower(text_cell(laterality)) as laterality,
        text_cell(upper_limit) as upper_limit,
        text_cell(effective_at) as effective_at,
        text_cell(recorded_at) as recorded_at
    from source
),

reading as (
    select
        *,
        exact_decimal(value) as value_read,
        exact_decimal(upper_limit) as upper_limit_read,
        read_time(effective_at) as effective_at_read,
        read_time(recorded_at) as recorded_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(effective_at) then zone_year(effective_at_read) end as effective_at_year,
        case when is_local(recorded_at) then zone_year(recorded_at_read) end as recorded_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(effective_at, effective_at_read, effective_at_year) as effective_at_first,
        first_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_first,
        later_instant(effective_at, effective_at_read, effective_at_year) as effective_at_later,
        later_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (encounter_id is not null and (strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end))
            or kind is null or not list_contains(['weight', 'height', 'rass', 'poss', 'ramsay', 'moaas', 'aldrete_consciousness', 'respiratory_rate', 'spo2', 'etco2', 'systolic_bp', 'diastolic_bp', 'heart_rate', 'psychomimetic', 'cadss', 'bprs', 'kset', 'pain_nrs', 'hcg', 'alt', 'ast', 'bilirubin', 'child_pugh', 'iop', 'icp'], kind)
            or value is null or strlen(value) > 1000 or case when value between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(value)) end or (value_read is null and list_contains(['weight', 'height', 'rass', 'ramsay', 'moaas', 'aldrete_consciousness', 'respiratory_rate', 'spo2', 'etco2', 'systolic_bp', 'diastolic_bp', 'heart_rate', 'cadss', 'bprs', 'kset', 'pain_nrs', 'alt', 'ast', 'bilirubin', 'iop', 'icp'], kind)) or (list_contains(['psychomimetic', 'hcg'], kind) and not list_contains(['psychomimetic none', 'psychomimetic present', 'hcg negative', 'hcg positive'], kind || ' ' || lower(value)))
            or (unit is not null and (strlen(unit) > 1000 or case when unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(unit)) end))
            or (method is not null and (not list_contains(['measured', 'stated'], method)))
            or (laterality is not null and (not list_contains(['left', 'right', 'both'], laterality)))
            or (upper_limit is not null and (upper_limit_read is null and not regexp_full_match(upper_limit, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or upper_limit_read is null or upper_limit_read < 0))
            or effective_at is null or effective_at_read is null or effective_at not between '1900' and '2301' or effective_at_first is null or effective_at_first > getvariable('extracted_at')
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
                    case when kind is null then 'empty' when not list_contains(['weight', 'height', 'rass', 'poss', 'ramsay', 'moaas', 'aldrete_consciousness', 'respiratory_rate', 'spo2', 'etco2', 'systolic_bp', 'diastolic_bp', 'heart_rate', 'psychomimetic', 'cadss', 'bprs', 'kset', 'pain_nrs', 'hcg', 'alt', 'ast', 'bilirubin', 'child_pugh', 'iop', 'icp'], kind) then 'kind_not_used' end,
                    case when value is null then 'empty' when strlen(value) > 1000 then 'too_long' when case when value between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(value)) end then 'spreadsheet_error' when (value_read is null and list_contains(['weight', 'height', 'rass', 'ramsay', 'moaas', 'aldrete_consciousness', 'respiratory_rate', 'spo2', 'etco2', 'systolic_bp', 'diastolic_bp', 'heart_rate', 'cadss', 'bprs', 'kset', 'pain_nrs', 'alt', 'ast', 'bilirubin', 'iop', 'icp'], kind)) then 'not_a_number' when (list_contains(['psychomimetic', 'hcg'], kind) and not list_contains(['psychomimetic none', 'psychomimetic present', 'hcg negative', 'hcg positive'], kind || ' ' || lower(value))) then 'not_allowed' end,
                    case when unit is null then null when strlen(unit) > 1000 then 'too_long' when case when unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(unit)) end then 'spreadsheet_error' end,
                    case when method is null then null when not list_contains(['measured', 'stated'], method) then 'not_allowed' end,
                    case when laterality is null then null when not list_contains(['left', 'right', 'both'], laterality) then 'not_allowed' end,
                    case when upper_limit is null then null when upper_limit_read is null and not regexp_full_match(upper_limit, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when upper_limit_read is null then 'too_many_digits' when upper_limit_read < 0 then 'negative' end,
                    case when effective_at is null then 'empty' when effective_at_read is null then 'not_a_time' when effective_at not between '1900' and '2301' then 'year_out_of_range' when effective_at_first is null then 'nonexistent_local_time' when effective_at_first > getvariable('extracted_at') then 'after_extraction' end,
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
        case when not broken then kind when faults[3] is null then kind end as kind,
        case when not broken then value when faults[4] is null then value end as value,
        case when not broken then value_read when faults[4] is null then value_read end as value_number,
        case when not broken then unit when faults[5] is null then unit end as unit,
        case when not broken then method when faults[6] is null then method end as method,
        case when not broken then laterality when faults[7] is null then laterality end as laterality,
        case when not broken then upper_limit_read when faults[8] is null then upper_limit_read end as upper_limit,
        case when not broken then effective_at_first when faults[9] is null then effective_at_first end as effective_at,
        case when recorded_at_later is null and recorded_at_first < effective_at_later then null when not broken then effective_at_later when faults[9] is null then effective_at_later end as effective_at_latest,
        case when not broken then recorded_at_first when faults[10] is null then recorded_at_first end as recorded_at,
        case when broken then faulty_columns(faults, ['patient_id', 'encounter_id', 'kind', 'value', 'unit', 'method', 'laterality', 'upper_limit', 'effective_at', 'recorded_at']) end as invalid,
        broken and (faults[1] is not null or faults[3] is not null or value is null or faults[9] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, encounter_id_raw, kind_raw, value_raw, unit_raw, method_raw, laterality_raw, upper_limit_raw, effective_at_raw, recorded_at_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, kind, value, effective_at) as content
from typed
