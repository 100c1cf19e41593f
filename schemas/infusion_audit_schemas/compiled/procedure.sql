/* One operation or procedure. Compiled from the model Procedure by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        kind as kind_raw,
        ended_at as ended_at_raw,
        identifier_cell(patient_id) as patient_id,
        lower(text_cell(kind)) as kind,
        text_cell(ended_at) as ended_at
    from source
),

reading as (
    select
        *,
        read_time(ended_at) as ended_at_read
    from cell
),

placed as (
    select
        *,
        case when is_local(ended_at) then zone_year(ended_at_read) end as ended_at_year
    from reading
),

timed as (
    select
        *,
        first_instant(ended_at, ended_at_read, ended_at_year) as ended_at_first,
        later_instant(ended_at, ended_at_read, ended_at_year) as ended_at_later
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or kind is null or not list_contains(['surgery', 'other'], kind)
            or ended_at is null or ended_at_read is null or ended_at not between '1900' and '2301' or ended_at_first is null or ended_at_first > getvariable('extracted_at'),
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
                    case when kind is null then 'empty' when not list_contains(['surgery', 'other'], kind) then 'not_allowed' end,
                    case when ended_at is null then 'empty' when ended_at_read is null then 'not_a_time' when ended_at not between '1900' and '2301' then 'year_out_of_range' when ended_at_first is null then 'nonexistent_local_time' when ended_at_first > getvariable('extracted_at') then 'after_extraction' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then patient_id when faults[1] is null then patient_id end as patient_id,
        case when not broken then kind when faults[2] is null then kind end as kind,
        case when not broken then ended_at_first when faults[3] is null then ended_at_first end as ended_at,
        case when not broken then ended_at_later when faults[3] is null then ended_at_later end as ended_at_latest,
        case when broken then faulty_columns(faults, ['patient_id', 'kind', 'ended_at']) end as invalid,
        broken and (faults[1] is not null or faults[2] is not null or faults[3] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, kind_raw, ended_at_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, kind, ended_at) as content
from typed
