/* One visit or stay. Compiled from the model Encounter by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        encounter_id as encounter_id_raw,
        patient_id as patient_id_raw,
        site_id as site_id_raw,
        department as department_raw,
        started_at as started_at_raw,
        ended_at as ended_at_raw,
        identifier_cell(encounter_id) as encounter_id,
        identifier_cell(patient_id) as patient_id,
        identifier_cell(site_id) as site_id,
        text_cell(department) as department,
        text_cell(started_at) as started_at,
        text_cell(ended_at) as ended_at
    from source
),

reading as (
    select
        *,
        read_time(started_at) as started_at_read,
        read_time(ended_at) as ended_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(started_at) then zone_year(started_at_read) end as started_at_year,
        case when is_local(ended_at) then zone_year(ended_at_read) end as ended_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(started_at, started_at_read, started_at_year) as started_at_first,
        first_instant(ended_at, ended_at_read, ended_at_year) as ended_at_first,
        later_instant(ended_at, ended_at_read, ended_at_year) as ended_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            encounter_id is null or strlen(encounter_id) > 1000 or case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end
            or patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (site_id is not null and (strlen(site_id) > 1000 or case when site_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(site_id)) end))
            or (department is not null and (strlen(department) > 1000 or case when department between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(department)) end))
            or (started_at is not null and (started_at_read is null or started_at not between '1900' and '2301' or started_at_first is null or started_at_first > getvariable('extracted_at')))
            or (ended_at is not null and (ended_at_read is null or ended_at not between '1900' and '2301' or ended_at_first is null or ended_at_first > getvariable('extracted_at'))),
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
                    case when encounter_id is null then 'empty' when strlen(encounter_id) > 1000 then 'too_long' when case when encounter_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(encounter_id)) end then 'spreadsheet_error' end,
                    case when patient_id is null then 'empty' when strlen(patient_id) > 1000 then 'too_long' when case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end then 'spreadsheet_error' end,
                    case when site_id is null then null when strlen(site_id) > 1000 then 'too_long' when case when site_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(site_id)) end then 'spreadsheet_error' end,
                    case when department is null then null when strlen(department) > 1000 then 'too_long' when case when department between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(department)) end then 'spreadsheet_error' end,
                    case when started_at is null then null when started_at_read is null then 'not_a_time' when started_at not between '1900' and '2301' then 'year_out_of_range' when started_at_first is null then 'nonexistent_local_time' when started_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when ended_at is null then null when ended_at_read is null then 'not_a_time' when ended_at not between '1900' and '2301' then 'year_out_of_range' when ended_at_first is null then 'nonexistent_local_time' when ended_at_first > getvariable('extracted_at') then 'after_extraction' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then encounter_id when faults[1] is null then encounter_id end as encounter_id,
        case when not broken then patient_id when faults[2] is null then patient_id end as patient_id,
        case when not broken then site_id when faults[3] is null then site_id end as site_id,
        case when not broken then department when faults[4] is null then department end as department,
        case when not broken then started_at_first when faults[5] is null then started_at_first end as started_at,
        case when not broken then ended_at_first when faults[6] is null then ended_at_first end as ended_at,
        case when not broken then ended_at_later when faults[6] is null then ended_at_later end as ended_at_latest,
        case when broken then faulty_columns(faults, ['encounter_id', 'patient_id', 'site_id', 'department', 'started_at', 'ended_at']) end as invalid,
        broken and (faults[1] is not null or faults[2] is not null) as kept_out,
        faults,
        case when broken then [encounter_id_raw, patient_id_raw, site_id_raw, department_raw, started_at_raw, ended_at_raw] end as raw
    from listed
)

select
    *,
    hash(encounter_id, patient_id, site_id, department, started_at, ended_at, ended_at_latest, invalid) as content
from typed
