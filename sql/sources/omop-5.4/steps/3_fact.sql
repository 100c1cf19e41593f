/* What sig says beyond the columns of drug_exposure, written as facts: "event=infusion; rate=35 mg/h; concentration=2 mg/mL".

A site whose sig says it otherwise replaces this step with its own select of the same columns. */
with written as (
    select
        file_id,
        line,
        sig,
        list_transform(
            list_filter(string_split(sig, ';'), lambda part: contains(part, '=')), lambda part: lower(trim(split_part(part, '=', 1)))
        ) as keys
    from omop_drug_exposure
    where contains(sig, '=')
),

cut as (
    select
        file_id,
        line,
        keys,
        len(keys) <> len(list_distinct(keys)) as says_twice,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *event *=([^;]*)', 2)), '') as event,
        trim(regexp_extract(sig, '(?i)(^|;) *rate *=([^;]*)', 2)) as rate,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *volume *=([^;]*)', 2)), '') as volume,
        trim(regexp_extract(sig, '(?i)(^|;) *concentration *=([^;]*)', 2)) as concentration,
        trim(regexp_extract(sig, '(?i)(^|;) *pump_weight *=([^;]*)', 2)) as pump_weight,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *delivered *=([^;]*)', 2)), '') as delivered_count,
        trim(regexp_extract(sig, '(?i)(^|;) *total *=([^;]*)', 2)) as total_dose,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *line *=([^;]*)', 2)), '') as line_id,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *order *=([^;]*)', 2)), '') as order_id,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *source *=([^;]*)', 2)), '') as source,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *recorded *=([^;]*)', 2)), '') as recorded_at,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *context *=([^;]*)', 2)), '') as context,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *indication *=([^;]*)', 2)), '') as indication,
        trim(regexp_extract(sig, '(?i)(^|;) *dosing_weight *=([^;]*)', 2)) as dosing_weight,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *outcome *=([^;]*)', 2)), '') as outcome,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *mme_per_day *=([^;]*)', 2)), '') as mme_per_day,
        nullif(trim(regexp_extract(sig, '(?i)(^|;) *class *=([^;]*)', 2)), '') as drug_class
    from written
)

select
    * exclude (rate, volume, concentration, pump_weight, total_dose, dosing_weight),
    nullif(split_part(rate, ' ', 1), '') as rate,
    nullif(trim(substr(rate, strlen(split_part(rate, ' ', 1)) + 1)), '') as rate_unit,
    case when lower(volume) like '% ml' then split_part(volume, ' ', 1) else volume end as volume_ml,
    nullif(split_part(concentration, ' ', 1), '') as concentration,
    nullif(trim(substr(concentration, strlen(split_part(concentration, ' ', 1)) + 1)), '') as concentration_unit,
    nullif(split_part(pump_weight, ' ', 1), '') as pump_weight,
    nullif(trim(substr(pump_weight, strlen(split_part(pump_weight, ' ', 1)) + 1)), '') as pump_weight_unit,
    nullif(split_part(total_dose, ' ', 1), '') as total_dose,
    nullif(trim(substr(total_dose, strlen(split_part(total_dose, ' ', 1)) + 1)), '') as total_dose_unit,
    nullif(split_part(dosing_weight, ' ', 1), '') as dosing_weight,
    nullif(trim(substr(dosing_weight, strlen(split_part(dosing_weight, ' ', 1)) + 1)), '') as dosing_weight_unit
from cut
