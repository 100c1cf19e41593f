/*
title = "Drift of the dose distribution"

[[measure]]
name = "median_dose_drift"
unit = "times"
of = "in earlier months"
what = "Median bolus and median rate of the latest complete month against earlier months, per unit and context."
means = "Doses of the latest complete month differ strongly from before; check for a changed unit or field in the export before reading it as changed practice."
warning = { at_least = 0.5, at_most = 2 }
critical = { at_least = 0.1, at_most = 10 }
absent = "too few doses of one unit and context: 30 in the latest complete month and 100 in earlier months are needed"

[[measure]]
name = "high_dose_drift"
unit = "times"
of = "in earlier months"
what = "90th percentile of boluses and rates of the latest complete month against earlier months, per unit and context."
means = "The highest doses of the latest complete month differ strongly from before; check for unit slips in the export, then look at the findings of that month."
warning = { at_least = 0.5, at_most = 2 }
absent = "too few doses of one unit and context: 30 in the latest complete month and 100 in earlier months are needed"
*/
with charted as (
    select
        'boluses' as kind,
        local_month,
        context,
        dose as amount,
        dose_unit as unit
    from gate_row
    where event = 'bolus' and dose > 0 and not is_future
    union all
    select
        'rates',
        local_month,
        context,
        rate,
        rate_unit
    from gate_row
    where event in ('infusion', 'rate_change') and rate > 0 and not is_future
),

-- Spellings of one quantity are one group: amounts are turned into mg, mg/h or mL/h, per kg or not.
grouped as (
    select
        c.kind || ' in ' || case u.dimension
            when 'dose' then 'mg'
            when 'dose_per_kg' then 'mg/kg'
            when 'rate' then 'mg/h'
            when 'rate_per_kg' then 'mg/kg/h'
            when 'volume' then 'mL'
            else 'mL/h'
        end || ', ' || c.context as subject,
        c.local_month = l.latest_month as is_latest,
        cast(c.amount as double) * cast(u.factor as double) as amount
    from charted as c
    inner join gate_latest as l on c.local_month <= l.latest_month and c.local_month >= l.latest_month - interval 12 month
    inner join gate_unit as u
        on
            u.unit = c.unit
            and (
                (c.kind = 'boluses' and u.dimension in ('dose', 'dose_per_kg', 'volume'))
                or (c.kind = 'rates' and u.dimension in ('rate', 'rate_per_kg', 'volume_rate'))
            )
),

ranked as (
    select
        subject,
        is_latest,
        amount,
        row_number() over (partition by subject, is_latest order by amount) as place,
        count(*) over (partition by subject, is_latest) as row_count
    from grouped
),

summed as (
    select
        subject,
        max(case when is_latest then row_count end) as latest_count,
        max(case when not is_latest then row_count end) as earlier_count,
        max(case when is_latest and place = ceil(row_count * 0.5) then amount end) as latest_median,
        max(case when not is_latest and place = ceil(row_count * 0.5) then amount end) as earlier_median,
        max(case when is_latest and place = ceil(row_count * 0.9) then amount end) as latest_high,
        max(case when not is_latest and place = ceil(row_count * 0.9) then amount end) as earlier_high
    from ranked
    group by subject
)

select
    'median_dose_drift' as measure,
    cast(null as integer) as extract_id,
    subject,
    latest_median / nullif(earlier_median, 0) as observed,
    latest_median as part,
    earlier_median as whole,
    cast(null as varchar) as skipped
from summed
where latest_count >= 30 and earlier_count >= 100
union all
select
    'high_dose_drift',
    null,
    subject,
    latest_high / nullif(earlier_high, 0),
    latest_high,
    earlier_high,
    null
from summed
where latest_count >= 30 and earlier_count >= 100
