/* One drug of the history, or given beside the infusion. Compiled from the model Medication by python -m infusion_audit_schemas.compile: change the model, not this file. */
with cell as (
    select
        file_id,
        line,
        patient_id as patient_id_raw,
        drug as drug_raw,
        drug_class as drug_class_raw,
        started_at as started_at_raw,
        ended_at as ended_at_raw,
        days_supply as days_supply_raw,
        outcome as outcome_raw,
        mme_per_day as mme_per_day_raw,
        origin as origin_raw,
        identifier_cell(patient_id) as patient_id,
        text_cell(drug) as drug,
        lower(text_cell(drug_class)) as drug_class,
        text_cell(started_at) as started_at,
        text_cell(ended_at) as ended_at,
        text_cell(days_supply) as days_supply,
        lower(text_cell(outcome)) as outcome,
        text_cell(mme_per_day) as mme_per_day,
        lower(text_cell(origin)) as origin
    from source
),

reading as (
    select
        *,
        read_time(started_at) as started_at_read,
        read_time(ended_at) as ended_at_read,
        exact_decimal(days_supply) as days_supply_read,
        exact_decimal(mme_per_day) as mme_per_day_read
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
        first_instant(ended_at, ended_at_read, ended_at_year) as ended_at_first
    from placed
),

judged as (
    select
        *,
        coalesce(
            patient_id is null or strlen(patient_id) > 1000 or case when patient_id between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(patient_id)) end
            or (drug is not null and (strlen(drug) > 1000 or case when drug between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(drug)) end))
            or drug_class is null or not list_contains(['acetaminophen', 'nsaid', 'opioid', 'gabapentinoid', 'snri', 'tricyclic', 'anticonvulsant', 'topical', 'other'], drug_class)
            or (started_at is not null and (started_at_read is null or started_at not between '1900' and '2301' or started_at_first is null or started_at_first > getvariable('extracted_at')))
            or (ended_at is not null and (ended_at_read is null or ended_at not between '1900' and '2301' or ended_at_first is null or ended_at_first > getvariable('extracted_at')))
            or (days_supply is not null and (days_supply_read is null and not regexp_full_match(days_supply, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or days_supply_read is null or days_supply_read < 0))
            or (outcome is not null and (not list_contains(['failed', 'not_tolerated', 'contraindicated', 'effective', 'unknown'], outcome)))
            or (mme_per_day is not null and (mme_per_day_read is null and not regexp_full_match(mme_per_day, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') or mme_per_day_read is null or mme_per_day_read < 0))
            or (origin is not null and (not list_contains(['record', 'form'], origin))),
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
                    case when drug is null then null when strlen(drug) > 1000 then 'too_long' when case when drug between '#' and '#~' then list_contains(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#SPILL!', '#CALC!', '#GETTING_DATA', '#NOT_COMPUTED!', '#LOST_DIGITS!'], upper(drug)) end then 'spreadsheet_error' end,
                    case when drug_class is null then 'empty' when not list_contains(['acetaminophen', 'nsaid', 'opioid', 'gabapentinoid', 'snri', 'tricyclic', 'anticonvulsant', 'topical', 'other'], drug_class) then 'not_allowed' end,
                    case when started_at is null then null when started_at_read is null then 'not_a_time' when started_at not between '1900' and '2301' then 'year_out_of_range' when started_at_first is null then 'nonexistent_local_time' when started_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when ended_at is null then null when ended_at_read is null then 'not_a_time' when ended_at not between '1900' and '2301' then 'year_out_of_range' when ended_at_first is null then 'nonexistent_local_time' when ended_at_first > getvariable('extracted_at') then 'after_extraction' end,
                    case when days_supply is null then null when days_supply_read is null and not regexp_full_match(days_supply, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when days_supply_read is null then 'too_many_digits' when days_supply_read < 0 then 'negative' end,
                    case when outcome is null then null when not list_contains(['failed', 'not_tolerated', 'contraindicated', 'effective', 'unknown'], outcome) then 'not_allowed' end,
                    case when mme_per_day is null then null when mme_per_day_read is null and not regexp_full_match(mme_per_day, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') then 'not_a_number' when mme_per_day_read is null then 'too_many_digits' when mme_per_day_read < 0 then 'negative' end,
                    case when origin is null then null when not list_contains(['record', 'form'], origin) then 'not_allowed' end
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        case when not broken then patient_id when faults[1] is null then patient_id end as patient_id,
        case when not broken then drug when faults[2] is null then drug end as drug,
        case when not broken then drug_class when faults[3] is null then drug_class end as drug_class,
        case when not broken then started_at_first when faults[4] is null then started_at_first end as started_at,
        case when not broken then ended_at_first when faults[5] is null then ended_at_first end as ended_at,
        case when not broken then days_supply_read when faults[6] is null then days_supply_read end as days_supply,
        case when not broken then outcome when faults[7] is null then outcome end as outcome,
        case when not broken then mme_per_day_read when faults[8] is null then mme_per_day_read end as mme_per_day,
        case when not broken then origin when faults[9] is null then origin end as origin,
        case when broken then faulty_columns(faults, ['patient_id', 'drug', 'drug_class', 'started_at', 'ended_at', 'days_supply', 'outcome', 'mme_per_day', 'origin']) end as invalid,
        broken and (faults[1] is not null or faults[3] is not null) as kept_out,
        faults,
        case when broken then [patient_id_raw, drug_raw, drug_class_raw, started_at_raw, ended_at_raw, days_supply_raw, outcome_raw, mme_per_day_raw, origin_raw] end as raw
    from listed
)

select
    *,
    hash(patient_id, drug_class) as content
from typed
