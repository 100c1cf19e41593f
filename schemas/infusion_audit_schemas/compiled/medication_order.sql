/* One order of the audited drug. Compiled from the model MedicationOrder by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        order_id as order_id_raw,
        patient_id as patient_id_raw,
        encounter_id as encounter_id_raw,
        prescriber_id as prescriber_id_raw,
        context as context_raw,
        indication as indication_raw,
        dosing_weight as dosing_weight_raw,
        dosing_weight_unit as dosing_weight_unit_raw,
        concentration as concentration_raw,
        concentration_unit as concentration_unit_raw,
        ordered_at as ordered_at_raw,
        identifier_cell(order_id) as order_id,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(encounter_id) as encounter_id,
        identifier_cell(prescriber_id) as prescriber_id,
        lower(text_cell(context)) as context,
        lower(text_cell(indication)) as indication,
        text_cell(dosing_weight) as dosing_weight,
        text_cell(dosing_weight_unit) as dosing_weight_unit,
        text_cell(concentration) as concentration,
        text_cell(concentration_unit) as concentration_unit,
        text_cell(ordered_at) as ordered_at
    from source
),

reading as (
    select
        *,
        exact_decimal(dosing_weight) as dosing_weight_read,
        exact_decimal(concentration) as concentration_read,
        read_time(ordered_at) as ordered_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(ordered_at) then zone_year(ordered_at_read) end as ordered_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(ordered_at, ordered_at_read, ordered_at_year) as ordered_at_first
    from placed
),

judged as (
    select
        *,
        coalesce(
            order_id is null or strlen(order_id) > 1000 or case when order_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(order_id)) end
            or patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (encounter_id is not null and (strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end))
            or (prescriber_id is not null and (strlen(prescriber_id) > 1000 or case when prescriber_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(prescriber_id)) end))
            or (context is not null and (not list_contains(['chronic', 'postsurgical'], context)))
            or (indication is not null and (not list_contains(['crps', 'phantom_limb_pain', 'postherpetic_neuralgia', 'neuropathic_pain', 'nonspecific_neuropathic_pain', 'fibromyalgia', 'central_pain', 'ischemic_pain', 'cancer_pain', 'postsurgical_pain', 'other'], indication)))
            or (dosing_weight is not null and (dosing_weight_read is null and not regexp_full_match(dosing_weight, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or dosing_weight_read is null or dosing_weight_read < 0))
            or (dosing_weight_unit is not null and (strlen(dosing_weight_unit) > 1000 or case when dosing_weight_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(dosing_weight_unit)) end))
            or (concentration is not null and (concentration_read is null and not regexp_full_match(concentration, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or concentration_read is null or concentration_read < 0))
            or (concentration_unit is not null and (strlen(concentration_unit) > 1000 or case when concentration_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(concentration_unit)) end))
            or (ordered_at is not null and (ordered_at_read is null or ordered_at not between '1900' and '2301' or ordered_at_first is null or ordered_at_first > getvariable('extracted_at'))),
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
                    case when order_id is null then 'empty' when strlen(order_id) > 1000 then 'too_long' when case when order_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(order_id)) end then 'spreadsheet_error' end,
                    case when patient_id is null then 'empty' when strlen(patient_id) > 1000 then 'too_long' when case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end then 'spreadsheet_error' end,
                    case when encounter_id is null then null when strlen(encounter_id) > 1000 then 'too_long' when case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end then 'spreadsheet_error' end,
                    case when prescriber_id is null then null when strlen(prescriber_id) > 1000 then 'too_long' when case when prescriber_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(prescriber_id)) end then 'spreadsheet_error' end,
                    case when context is null then null when not list_contains(['chronic', 'postsurgical'], context) then 'not_allowed' end,
                    case when indication is null then null when not list_contains(['crps', 'phantom_limb_pain', 'postherpetic_neuralgia', 'neuropathic_pain', 'nonspecific_neuropathic_pain', 'fibromyalgia', 'central_pain', 'ischemic_pain', 'cancer_pain', 'postsurgical_pain', 'other'], indication) then 'not_allowed' end,
                    case when dosing_weight is null then null when dosing_weight_read is null and not regexp_full_match(dosing_weight, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when dosing_weight_read is null then 'too_many_digits' when dosing_weight_read < 0 then 'negative' end,
                    case when dosing_weight_unit is null then null when strlen(dosing_weight_unit) > 1000 then 'too_long' when case when dosing_weight_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(dosing_weight_unit)) end then 'spreadsheet_error' end,
                    case when concentration is null then null when concentration_read is null and not regexp_full_match(concentration, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when concentration_read is null then 'too_many_digits' when concentration_read < 0 then 'negative' end,
                    case when concentration_unit is null then null when strlen(concentration_unit) > 1000 then 'too_long' when case when concentration_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(concentration_unit)) end then 'spreadsheet_error' end,
                    case when ordered_at is null then null when ordered_at_read is null then 'not_a_time' when ordered_at not between '1900' and '2301' then 'year_out_of_range' when ordered_at_first is null then 'nonexistent_local_time' when ordered_at_first > getvariable('extracted_at') then 'after_extraction' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then order_id when faults[1] is null then order_id end as order_id,
        case when not broken then patient_id when faults[2] is null then patient_id end as patient_id,
        case when not broken then encounter_id when faults[3] is null then encounter_id end as encounter_id,
        case when not broken then prescriber_id when faults[4] is null then prescriber_id end as prescriber_id,
        case when not broken then context when faults[5] is null then context end as context,
        case when not broken then indication when faults[6] is null then indication end as indication,
        case when not broken then dosing_weight_read when faults[7] is null then dosing_weight_read end as dosing_weight,
        case when not broken then dosing_weight_unit when faults[8] is null then dosing_weight_unit end as dosing_weight_unit,
        case when not broken then concentration_read when faults[9] is null then concentration_read end as concentration,
        case when not broken then concentration_unit when faults[10] is null then concentration_unit end as concentration_unit,
        case when not broken then ordered_at_first when faults[11] is null then ordered_at_first end as ordered_at,
        case when broken then faulty_columns(faults, ['order_id', 'patient_id', 'encounter_id', 'prescriber_id', 'context', 'indication', 'dosing_weight', 'dosing_weight_unit', 'concentration', 'concentration_unit', 'ordered_at']) end as invalid,
        broken and (faults[1] is not null or faults[2] is not null) as kept_out,
        faults,
        case when broken then [order_id_raw, patient_id_raw, encounter_id_raw, prescriber_id_raw, context_raw, indication_raw, dosing_weight_raw, dosing_weight_unit_raw, concentration_raw, concentration_unit_raw, ordered_at_raw] end as raw
    from listed
)

select
    *,
    hash(order_id, patient_id, encounter_id, prescriber_id, context, indication, dosing_weight, dosing_weight_unit, concentration, concentration_unit, ordered_at, invalid) as content
from typed
