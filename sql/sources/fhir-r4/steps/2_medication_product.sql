/* Medication resources: the product by their own code, else by their only known ingredient, and the strength of that. */
with part as (
    select
        id,
        unnest(ingredient) as part
    from medication_resource
),

ingredient as (
    select
        p.id,
        max(d.product) as product,
        count(distinct d.product) > 1 as is_contradictory,
        max(d.resembles) as resembles,
        max(case when d.product is not null and p.part.strength.denominator.unit is not null then p.part.strength end) as strength
    from part as p
    left join medication_resource as other on other.id = reference_id(p.part.itemreference.reference)
    inner join drug as d on d.concept = coalesce(p.part.itemcodeableconcept, other.code)
    group by p.id
)

select
    m.id,
    coalesce(d.product, i.product) as product,
    coalesce(d.is_contradictory, false) or coalesce(i.is_contradictory, false) as is_contradictory,
    coalesce(d.name, 'medication without a code') as name,
    coalesce(d.resembles, i.resembles) as resembles,
    i.strength
from medication_resource as m
left join drug as d on d.concept = m.code
left join ingredient as i on i.id = m.id
qualify row_number() over (partition by m.id order by d.product nulls last) = 1
