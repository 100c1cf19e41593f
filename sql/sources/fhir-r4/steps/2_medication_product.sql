/* Medication resources: the product that their code and their ingredients mean, and the strength of the ingredient that means it.

Copies of one id that mean different products contradict each other; of strengths that differ, all are told, and no rule reads them. */
with part as (
    select
        id,
        code,
        ingredient,
        unnest(ingredient) as part
    from medication_resource
),

said as (
    select
        id,
        code,
        ingredient,
        code as concept
    from medication_resource
    union all by name
    select
        id,
        code,
        ingredient,
        part.itemcodeableconcept as concept,
        part.strength
    from part
    union all by name
    select
        id,
        code,
        ingredient,
        named_drug(part.itemreference.display) as concept,
        part.strength
    from part
    union all by name
    select
        p.id,
        p.code,
        p.ingredient,
        other.code as concept,
        p.part.strength
    from part as p
    inner join medication_resource as other on other.id = reference_to('Medication', p.part.itemreference.reference)
),

read as (
    select
        s.id,
        s.code,
        s.ingredient,
        s.concept = s.code as is_own,
        d.name,
        d.product,
        d.is_contradictory,
        d.candidates,
        case
            when d.product is not null and s.strength.denominator.value is not null
                then divided(exact_value(s.strength.numerator), exact_value(s.strength.denominator))
        end as concentration,
        case
            when d.product is not null
                then
                    agreed_unit(nc.meaning, nw.meaning, coalesce(s.strength.numerator.unit, s.strength.numerator.code))
                    || '/' || agreed_unit(dc.meaning, dw.meaning, coalesce(s.strength.denominator.unit, s.strength.denominator.code))
        end as concentration_unit
    from said as s
    inner join drug as d on d.concept = s.concept
    left join unit_code as nc on nc.unit = lower(replace(s.strength.numerator.code, ' ', ''))
    left join unit_code as nw on nw.unit = lower(replace(s.strength.numerator.unit, ' ', ''))
    left join unit_code as dc on dc.unit = lower(replace(s.strength.denominator.code, ' ', ''))
    left join unit_code as dw on dw.unit = lower(replace(s.strength.denominator.unit, ' ', ''))
),

/* One row for each copy of an id. */
meant as (
    select
        m.id,
        coalesce(list(distinct r.product) filter (where r.product is not null), []) as products,
        flatten(list(r.candidates) filter (where r.candidates is not null)) as candidates,
        bool_or(r.is_contradictory) as is_contradictory,
        coalesce(max(case when r.is_own then r.name end), case when max(r.name) is not null then 'medication without a code' end) as name
    from medication_resource as m
    left join read as r on r.id = m.id and r.code is not distinct from m.code and r.ingredient is not distinct from m.ingredient
    group by m.id, m.code, m.ingredient
),

strength as (
    select
        id,
        string_agg(distinct concentration, ' or ' order by concentration) as concentration,
        string_agg(distinct concentration_unit, ' or ' order by concentration_unit) as concentration_unit
    from read
    group by id
),

whole as (
    select
        id,
        list_distinct(flatten(list(products))) as products,
        coalesce(flatten(list(candidates) filter (where candidates is not null)), []) as candidates,
        bool_or(is_contradictory) or count(distinct products) > 1 as has_several,
        max(name) as name
    from meant
    group by id
)

select
    w.id,
    coalesce(w.has_several, false) or is_contradicted(w.products, w.candidates) as is_contradictory,
    case when not is_contradictory then w.products[1] end as product,
    case when is_contradictory or len(w.products) = 0 then list_concat(w.products, w.candidates) end as candidates,
    w.name,
    s.concentration,
    s.concentration_unit
from whole as w
left join strength as s on s.id = w.id
