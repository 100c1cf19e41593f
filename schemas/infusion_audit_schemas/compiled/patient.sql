/* One person. Compiled from the model Patient by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        birth_date as birth_date_raw,
        sex as sex_raw,
        identifier_cell(patient_id) as patient_id,
        text_cell(birth_date) as birth_date,
        lower(text_cell(sex)) as sex
    from source
),

reading as (
    select
        *,
        read_date(birth_date) as birth_date_read
    from cell
),

placed as (
    select
        *
    from reading
),

timed as (
    select
        *
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (birth_date is not null and (birth_date not between '1900' and '2301' or birth_date_read is null or birth_date_read > getvariable('extracted_on')))
            or (sex is not null and (not list_contains(['female', 'male', 'other', 'unknown'], sex))),
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
                    case when birth_date is null then null when birth_date not between '1900' and '2301' then 'year_out_of_range' when birth_date_read is null then 'not_a_date' when birth_date_read > getvariable('extracted_on') then 'after_extraction' end,
                    case when sex is null then null when not list_contains(['female', 'male', 'other', 'unknown'], sex) then 'not_allowed' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then patient_id when faults[1] is null then patient_id end as patient_id,
        case when not broken then birth_date_read when faults[2] is null then birth_date_read end as birth_date,
        case when not broken then sex when faults[3] is null then sex end as sex,
        case when broken then faulty_columns(faults, ['patient_id', 'birth_date', 'sex']) end as invalid,
        broken and (faults[1] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, birth_date_raw, sex_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, birth_date, sex, invalid) as content
from typed
