/* What each drug is: a product, and a class of analgesics, by its concepts, its only ingredient, and its source value.

Where these do not agree, nobody knows. The strength of the product is the concentration of a push charted in mL; what an infusion is diluted to, it does not say. */
with numbered as (
    select
        *,
        row_number() over (order by drug_concept_id, drug_source_concept_id, drug_source_value) as number
    from (
        select distinct
            drug_concept_id,
            drug_source_concept_id,
            drug_source_value
        from omop_drug_exposure
    ) as d
),

strength as (
    select
        drug_concept_id,
        min(ingredient_concept_id) as ingredient_concept_id,
        min(numerator_value) as numerator_value,
        min(numerator_unit_concept_id) as numerator_unit,
        coalesce(min(denominator_value), '1') as denominator_value,
        min(denominator_unit_concept_id) as denominator_unit,
        count(distinct ingredient_concept_id) as ingredients,
        count(distinct concat_ws('|', numerator_value, numerator_unit_concept_id, denominator_value, denominator_unit_concept_id)) as strengths
    from omop_drug_strength
    group by drug_concept_id
),

named as (
    select
        number,
        'source' as vocabulary,
        lower(trim(drug_source_value)) as code
    from numbered
    union
    select
        n.number,
        k.vocabulary,
        k.code
    from numbered as n
    left join strength as s on s.drug_concept_id = n.drug_concept_id and s.ingredients = 1
    inner join known_code as k on k.concept_id in (n.drug_concept_id, n.drug_source_concept_id, s.ingredient_concept_id)
),

product as (
    select
        n.number,
        min(p.product) as product,
        count(distinct p.product) as products
    from named as n
    inner join product_code as p on lower(p.vocabulary) = n.vocabulary and lower(p.code) = n.code
    group by n.number
),

class as (
    select
        n.number,
        case when count(distinct c.drug_class) = 1 then min(c.drug_class) end as drug_class
    from named as n
    inner join drug_class_code as c on lower(c.vocabulary) = n.vocabulary and lower(c.code) = n.code
    group by n.number
),

ingredient as (
    select
        n.number,
        min(p.product) as product
    from numbered as n
    inner join omop_drug_strength as s on s.drug_concept_id = n.drug_concept_id
    inner join known_code as k on k.concept_id = s.ingredient_concept_id
    inner join product_code as p on lower(p.vocabulary) = k.vocabulary and lower(p.code) = k.code
    group by n.number
),

title as (
    select
        n.number,
        min(lower(c.concept_name)) as concept_name
    from numbered as n
    inner join omop_concept as c on c.concept_id = n.drug_concept_id and c.concept_id <> '0'
    group by n.number
),

alike as (
    select
        n.number,
        max(p.product) as product
    from numbered as n
    left join title as t on t.number = n.number
    cross join (
        select product, product as word from product_code
        union
        select product, lower(code) from product_code where vocabulary = 'source'
    ) as p
    where contains(lower(n.drug_source_value), p.word) or contains(t.concept_name, p.word)
    group by n.number
)

select
    n.drug_concept_id,
    n.drug_source_concept_id,
    n.drug_source_value,
    case when p.products = 1 then p.product end as product,
    coalesce(p.products > 1, false) as is_contradictory,
    coalesce(i.product, a.product) as resembles,
    c.drug_class,
    coalesce(lower(trim(n.drug_source_value)), t.concept_name, 'concept ' || n.drug_concept_id) as name,
    coalesce(try_cast(n.drug_concept_id as bigint), 0) = 0 or try_cast(n.drug_concept_id as bigint) >= 2000000000 as is_local,
    case
        when s.strengths = 1 and s.ingredients = 1 and s.denominator_unit = '8587' and try_cast(s.denominator_value as double) > 0
            then cast(try_cast(s.numerator_value as double) / try_cast(s.denominator_value as double) as varchar)
    end as concentration,
    case s.numerator_unit when '8576' then 'mg/mL' when '9655' then 'mcg/mL' end as concentration_unit
from numbered as n
left join product as p on p.number = n.number
left join class as c on c.number = n.number
left join ingredient as i on i.number = n.number
left join title as t on t.number = n.number
left join alike as a on a.number = n.number
left join strength as s on s.drug_concept_id = n.drug_concept_id
