/* One charted event of giving the drug: a push, a rate, a pause, a count, a total. Compiled from the model Administration by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        administration_id as administration_id_raw,
        patient_id as patient_id_raw,
        encounter_id as encounter_id_raw,
        order_id as order_id_raw,
        line_id as line_id_raw,
        source as source_raw,
        event as event_raw,
        product as product_raw,
        route as route_raw,
        started_at as started_at_raw,
        stopped_at as stopped_at_raw,
        dose as dose_raw,
        dose_unit as dose_unit_raw,
        rate as rate_raw,
        rate_unit as rate_unit_raw,
        volume_ml as volume_ml_raw,
        concentration as concentration_raw,
        concentration_unit as concentration_unit_raw,
        pump_weight as pump_weight_raw,
        pump_weight_unit as pump_weight_unit_raw,
        delivered_count as delivered_count_raw,
        total_dose as total_dose_raw,
        total_dose_unit as total_dose_unit_raw,
        status as status_raw,
        recorded_at as recorded_at_raw,
        performer_id as performer_id_raw,
        identifier_cell(administration_id) as administration_id,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(encounter_id) as encounter_id,
        identifier_cell(order_id) as order_id,
        identifier_cell(line_id) as line_id,
        lower(text_cell(source)) as source,
        lower(text_cell(event)) as event,
        lower(text_cell(product)) as product,
        lower(text_cell(route)) as route,
        text_cell(started_at) as started_at,
        text_cell(stopped_at) as stopped_at,
        text_cell(dose) as dose,
        text_cell(dose_unit) as dose_unit,
        text_cell(rate) as rate,
        text_cell(rate_unit) as rate_unit,
        text_cell(volume_ml) as volume_ml,
        text_cell(concentration) as concentration,
        text_cell(concentration_unit) as concentration_unit,
        text_cell(pump_weight) as pump_weight,
        text_cell(pump_weight_unit) as pump_weight_unit,
        text_cell(delivered_count) as delivered_count,
        text_cell(total_dose) as total_dose,
        text_cell(total_dose_unit) as total_dose_unit,
        lower(text_cell(status)) as status,
        text_cell(recorded_at) as recorded_at,
        identifier_cell(performer_id) as performer_id
    from source
),

reading as (
    select
        *,
        read_time(started_at) as started_at_read,
        read_time(stopped_at) as stopped_at_read,
        exact_decimal(dose) as dose_read,
        exact_decimal(rate) as rate_read,
        exact_decimal(volume_ml) as volume_ml_read,
        exact_decimal(concentration) as concentration_read,
        exact_decimal(pump_weight) as pump_weight_read,
        exact_decimal(delivered_count) as delivered_count_read,
        exact_decimal(total_dose) as total_dose_read,
        read_time(recorded_at) as recorded_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(started_at) then zone_year(started_at_read) end as started_at_year,
        case when is_local(stopped_at) then zone_year(stopped_at_read) end as stopped_at_year,
        case when is_local(recorded_at) then zone_year(recorded_at_read) end as recorded_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(started_at, started_at_read, started_at_year) as started_at_first,
        first_instant(stopped_at, stopped_at_read, stopped_at_year) as stopped_at_first,
        first_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_first,
        later_instant(started_at, started_at_read, started_at_year) as started_at_later,
        later_instant(stopped_at, stopped_at_read, stopped_at_year) as stopped_at_later,
        later_instant(recorded_at, recorded_at_read, recorded_at_year) as recorded_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            administration_id is null or strlen(administration_id) > 1000 or case when administration_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(administration_id)) end
            or patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (encounter_id is not null and (strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end))
            or (order_id is not null and (strlen(order_id) > 1000 or case when order_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(order_id)) end))
            or (line_id is not null and (strlen(line_id) > 1000 or case when line_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(line_id)) end))
            or (source is not null and (not list_contains(['mar', 'pump'], source)))
            or event is null or not list_contains(['bolus', 'infusion', 'rate_change', 'rate_verify', 'pause', 'stop', 'pca_demand', 'pca_total', 'infused_total', 'prime'], event)
            or (product is not null and (strlen(product) > 1000 or case when product between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(product)) end))
            or (route is not null and (not list_contains(['iv', 'im', 'po', 'sc', 'in', 'epidural'], route)))
            or started_at is null or started_at_read is null or started_at not between '1900' and '2301' or started_at_first is null or started_at_first > getvariable('extracted_at')
            or (stopped_at is not null and (stopped_at_read is null or stopped_at not between '1900' and '2301' or stopped_at_first is null or stopped_at_first > getvariable('extracted_at')))
            or (dose is not null and (dose_read is null and not regexp_full_match(dose, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or dose_read is null or dose_read < 0))
            or (dose_unit is not null and (strlen(dose_unit) > 1000 or case when dose_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(dose_unit)) end))
            or (rate is not null and (rate_read is null and not regexp_full_match(rate, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or rate_read is null or rate_read < 0))
            or (rate_unit is not null and (strlen(rate_unit) > 1000 or case when rate_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(rate_unit)) end))
            or (volume_ml is not null and (volume_ml_read is null and not regexp_full_match(volume_ml, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or volume_ml_read is null or volume_ml_read < 0))
            or (concentration is not null and (concentration_read is null and not regexp_full_match(concentration, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or concentration_read is null or concentration_read < 0))
            or (concentration_unit is not null and (strlen(concentration_unit) > 1000 or case when concentration_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(concentration_unit)) end))
            or (pump_weight is not null and (pump_weight_read is null and not regexp_full_match(pump_weight, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or pump_weight_read is null or pump_weight_read < 0))
            or (pump_weight_unit is not null and (strlen(pump_weight_unit) > 1000 or case when pump_weight_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(pump_weight_unit)) end))
            or (delivered_count is not null and (delivered_count_read is null and not regexp_full_match(delivered_count, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or delivered_count_read is null or delivered_count_read < 0 or delivered_count_read <> floor(delivered_count_read)))
            or (total_dose is not null and (total_dose_read is null and not regexp_full_match(total_dose, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or total_dose_read is null or total_dose_read < 0))
            or (total_dose_unit is not null and (strlen(total_dose_unit) > 1000 or case when total_dose_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(total_dose_unit)) end))
            or (status is not null and (not list_contains(['completed', 'in_progress', 'stopped', 'not_given', 'held', 'refused', 'entered_in_error'], status)))
            or (recorded_at is not null and (recorded_at_read is null or recorded_at not between '1900' and '2301' or recorded_at_first is null or recorded_at_first > getvariable('extracted_at')))
            or (performer_id is not null and (strlen(performer_id) > 1000 or case when performer_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(performer_id)) end)),
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
                    case when administration_id is null then 'empty' when strlen(administration_id) > 1000 then 'too_long' when case when administration_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(administration_id)) end then 'spreadsheet_error' end,
                    case when patient_id is null then 'empty' when strlen(patient_id) > 1000 then 'too_long' when case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end then 'spreadsheet_error' end,
                    case when encounter_id is null then null when strlen(encounter_id) > 1000 then 'too_long' when case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end then 'spreadsheet_error' end,
                    case when order_id is null then null when strlen(order_id) > 1000 then 'too_long' when case when order_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(order_id)) end then 'spreadsheet_error' end,
                    case when line_id is null then null when strlen(line_id) > 1000 then 'too_long' when case when line_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(line_id)) end then 'spreadsheet_error' end,
                    case when source is null then null when not list_contains(['mar', 'pump'], source) then 'not_allowed' end,
                    case when event is null then 'empty' when not list_contains(['bolus', 'infusion', 'rate_change', 'rate_verify', 'pause', 'stop', 'pca_demand', 'pca_total', 'infused_total', 'prime'], event) then 'not_allowed' end,
                    case when product is null then null when strlen(product) > 1000 then 'too_long' when case when product between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(product)) end then 'spreadsheet_error' end,
                    case when route is null then null when not list_contains(['iv', 'im', 'po', 'sc', 'in', 'epidural'], route) then 'not_allowed' end,
                    case when started_at is null then 'empty' when started_at_read is null then 'not_a_time' when started_at not between '1900' and '2301' then 'year_out_of_range' when started_at_first is null then 'nonexistent_local_time' when started_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when stopped_at is null then null when stopped_at_read is null then 'not_a_time' when stopped_at not between '1900' and '2301' then 'year_out_of_range' when stopped_at_first is null then 'nonexistent_local_time' when stopped_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when dose is null then null when dose_read is null and not regexp_full_match(dose, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when dose_read is null then 'too_many_digits' when dose_read < 0 then 'negative' end,
                    case when dose_unit is null then null when strlen(dose_unit) > 1000 then 'too_long' when case when dose_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(dose_unit)) end then 'spreadsheet_error' end,
                    case when rate is null then null when rate_read is null and not regexp_full_match(rate, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when rate_read is null then 'too_many_digits' when rate_read < 0 then 'negative' end,
                    case when rate_unit is null then null when strlen(rate_unit) > 1000 then 'too_long' when case when rate_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(rate_unit)) end then 'spreadsheet_error' end,
                    case when volume_ml is null then null when volume_ml_read is null and not regexp_full_match(volume_ml, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when volume_ml_read is null then 'too_many_digits' when volume_ml_read < 0 then 'negative' end,
                    case when concentration is null then null when concentration_read is null and not regexp_full_match(concentration, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when concentration_read is null then 'too_many_digits' when concentration_read < 0 then 'negative' end,
                    case when concentration_unit is null then null when strlen(concentration_unit) > 1000 then 'too_long' when case when concentration_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(concentration_unit)) end then 'spreadsheet_error' end,
                    case when pump_weight is null then null when pump_weight_read is null and not regexp_full_match(pump_weight, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when pump_weight_read is null then 'too_many_digits' when pump_weight_read < 0 then 'negative' end,
                    case when pump_weight_unit is null then null when strlen(pump_weight_unit) > 1000 then 'too_long' when case when pump_weight_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(pump_weight_unit)) end then 'spreadsheet_error' end,
                    case when delivered_count is null then null when delivered_count_read is null and not regexp_full_match(delivered_count, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when delivered_count_read is null then 'too_many_digits' when delivered_count_read < 0 then 'negative' when delivered_count_read <> floor(delivered_count_read) then 'not_a_whole_number' end,
                    case when total_dose is null then null when total_dose_read is null and not regexp_full_match(total_dose, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when total_dose_read is null then 'too_many_digits' when total_dose_read < 0 then 'negative' end,
                    case when total_dose_unit is null then null when strlen(total_dose_unit) > 1000 then 'too_long' when case when total_dose_unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(total_dose_unit)) end then 'spreadsheet_error' end,
                    case when status is null then null when not list_contains(['completed', 'in_progress', 'stopped', 'not_given', 'held', 'refused', 'entered_in_error'], status) then 'not_allowed' end,
                    case when recorded_at is null then null when recorded_at_read is null then 'not_a_time' when recorded_at not between '1900' and '2301' then 'year_out_of_range' when recorded_at_first is null then 'nonexistent_local_time' when recorded_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when performer_id is null then null when strlen(performer_id) > 1000 then 'too_long' when case when performer_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(performer_id)) end then 'spreadsheet_error' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then administration_id when faults[1] is null then administration_id end as administration_id,
        case when not broken then patient_id when faults[2] is null then patient_id end as patient_id,
        case when not broken then encounter_id when faults[3] is null then encounter_id end as encounter_id,
        case when not broken then order_id when faults[4] is null then order_id end as order_id,
        case when not broken then line_id when faults[5] is null then line_id end as line_id,
        case when not broken then source when faults[6] is null then source end as source,
        case when not broken then event when faults[7] is null then event end as event,
        case when product is null then 'ketamine' when not broken then product when faults[8] is null then product end as product,
        case when route is null then 'iv' when not broken then route when faults[9] is null then route end as route,
        case when not broken then started_at_first when faults[10] is null then started_at_first end as started_at,
        case when recorded_at_later is null and recorded_at_first < started_at_later then null when not broken then started_at_later when faults[10] is null then started_at_later end as started_at_latest,
        case when not broken then stopped_at_first when faults[11] is null then stopped_at_first end as stopped_at,
        case when recorded_at_later is null and recorded_at_first < stopped_at_later then null when not broken then stopped_at_later when faults[11] is null then stopped_at_later end as stopped_at_latest,
        case when not broken then dose_read when faults[12] is null then dose_read end as dose,
        case when not broken then dose_unit when faults[13] is null then dose_unit end as dose_unit,
        case when not broken then rate_read when faults[14] is null then rate_read end as rate,
        case when not broken then rate_unit when faults[15] is null then rate_unit end as rate_unit,
        case when not broken then volume_ml_read when faults[16] is null then volume_ml_read end as volume_ml,
        case when not broken then concentration_read when faults[17] is null then concentration_read end as concentration,
        case when not broken then concentration_unit when faults[18] is null then concentration_unit end as concentration_unit,
        case when not broken then pump_weight_read when faults[19] is null then pump_weight_read end as pump_weight,
        case when not broken then pump_weight_unit when faults[20] is null then pump_weight_unit end as pump_weight_unit,
        case when not broken then delivered_count_read when faults[21] is null then delivered_count_read end as delivered_count,
        case when not broken then total_dose_read when faults[22] is null then total_dose_read end as total_dose,
        case when not broken then total_dose_unit when faults[23] is null then total_dose_unit end as total_dose_unit,
        case when status is null then 'completed' when not broken then status when faults[24] is null then status end as status,
        case when not broken then recorded_at_first when faults[25] is null then recorded_at_first end as recorded_at,
        case when not broken then performer_id when faults[26] is null then performer_id end as performer_id,
        case when broken then faulty_columns(faults, ['administration_id', 'patient_id', 'encounter_id', 'order_id', 'line_id', 'source', 'event', 'product', 'route', 'started_at', 'stopped_at', 'dose', 'dose_unit', 'rate', 'rate_unit', 'volume_ml', 'concentration', 'concentration_unit', 'pump_weight', 'pump_weight_unit', 'delivered_count', 'total_dose', 'total_dose_unit', 'status', 'recorded_at', 'performer_id']) end as invalid,
        broken and (faults[1] is not null or faults[2] is not null or faults[7] is not null or faults[10] is not null) as kept_out,
        faults,
        case when broken then [administration_id_raw, patient_id_raw, encounter_id_raw, order_id_raw, line_id_raw, source_raw, event_raw, product_raw, route_raw, started_at_raw, stopped_at_raw, dose_raw, dose_unit_raw, rate_raw, rate_unit_raw, volume_ml_raw, concentration_raw, concentration_unit_raw, pump_weight_raw, pump_weight_unit_raw, delivered_count_raw, total_dose_raw, total_dose_unit_raw, status_raw, recorded_at_raw, performer_id_raw] end as raw
    from listed
)

select
    *,
    hash(administration_id, patient_id, encounter_id, order_id, line_id, source, event, product, route, started_at, started_at_latest, stopped_at, stopped_at_latest, dose, dose_unit, rate, rate_unit, volume_ml, concentration, concentration_unit, pump_weight, pump_weight_unit, delivered_count, total_dose, total_dose_unit, status, recorded_at, performer_id, invalid) as content
from typed
