-- The rows of the pharmacy page: the first 100 of each section. outliers.csv has all of them.
with sectioned as (
    select
        *,
        case
            when kind in ('suspected_slip', 'outside_limit', 'unusual_here') then 'dose'
            when kind like 'concentration%' then 'concentration'
            when kind in ('weight_conflict', 'pump_weight') then 'weight'
            else 'stock'
        end as section
    from outlier
),

ranked as (
    select
        *,
        row_number() over (partition by section order by place) as place_in_section
    from sectioned
)

select *
from ranked
where place_in_section <= 100
order by place
