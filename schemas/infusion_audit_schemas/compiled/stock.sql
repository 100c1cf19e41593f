/* One movement of the drug in or out of a cabinet. Compiled from the model Stock by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        container_id as container_id_raw,
        action as action_raw,
        amount as amount_raw,
        unit as unit_raw,
        occurred_at as occurred_at_raw,
        user_id as user_id_raw,
        witness_id as witness_id_raw,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(container_id) as container_id,
        lower(text_cell(action)) as action,
        text_cell(amount) as amount,
        text_cell(unit) as unit,
        text_cell(occurred_at) as occurred_at,
        identifier_cell(user_id) as user_id,
        identifier_cell(witness_id) as witness_id
    from source
),

reading as (
    select
        *,
        exact_decimal(amount) as amount_read,
        read_time(occurred_at) as occurred_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(occurred_at) then zone_year(occurred_at_read) end as occurred_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(occurred_at, occurred_at_read, occurred_at_year) as occurred_at_first
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (container_id is not null and (strlen(container_id) > 1000 or case when container_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(container_id)) end))
            or action is null or not list_contains(['dispense', 'waste', 'return'], action)
            or amount is null or amount_read is null and not regexp_full_match(amount, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or amount_read is null or amount_read < 0
            or unit is null or strlen(unit) > 1000 or case when unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(unit)) end
            or occurred_at is null or occurred_at_read is null or occurred_at not between '1900' and '2301' or occurred_at_first is null or occurred_at_first > getvariable('extracted_at')
            or (user_id is not null and (strlen(user_id) > 1000 or case when user_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(user_id)) end))
            or (witness_id is not null and (strlen(witness_id) > 1000 or case when witness_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(witness_id)) end)),
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
                    case when container_id is null then null when strlen(container_id) > 1000 then 'too_long' when case when container_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(container_id)) end then 'spreadsheet_error' end,
                    case when action is null then 'empty' when not list_contains(['dispense', 'waste', 'return'], action) then 'not_allowed' end,
                    case when amount is null then 'empty' when amount_read is null and not regexp_full_match(amount, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when amount_read is null then 'too_many_digits' when amount_read < 0 then 'negative' end,
                    case when unit is null then 'empty' when strlen(unit) > 1000 then 'too_long' when case when unit between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(unit)) end then 'spreadsheet_error' end,
                    case when occurred_at is null then 'empty' when occurred_at_read is null then 'not_a_time' when occurred_at not between '1900' and '2301' then 'year_out_of_range' when occurred_at_first is null then 'nonexistent_local_time' when occurred_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when user_id is null then null when strlen(user_id) > 1000 then 'too_long' when case when user_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(user_id)) end then 'spreadsheet_error' end,
                    case when witness_id is null then null when strlen(witness_id) > 1000 then 'too_long' when case when witness_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(witness_id)) end then 'spreadsheet_error' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then patient_id when faults[1] is null then patient_id end as patient_id,
        case when not broken then container_id when faults[2] is null then container_id end as container_id,
        case when not broken then action when faults[3] is null then action end as action,
        case when not broken then amount_read when faults[4] is null then amount_read end as amount,
        case when not broken then unit when faults[5] is null then unit end as unit,
        case when not broken then occurred_at_first when faults[6] is null then occurred_at_first end as occurred_at,
        case when not broken then user_id when faults[7] is null then user_id end as user_id,
        case when not broken then witness_id when faults[8] is null then witness_id end as witness_id,
        case when broken then faulty_columns(faults, ['patient_id', 'container_id', 'action', 'amount', 'unit', 'occurred_at', 'user_id', 'witness_id']) end as invalid,
        broken and (faults[1] is not null or faults[3] is not null or amount is null or unit is null or faults[6] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, container_id_raw, action_raw, amount_raw, unit_raw, occurred_at_raw, user_id_raw, witness_id_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, action, amount, unit, occurred_at) as content
from typed
