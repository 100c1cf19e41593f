/* What each drug is: a product, and a class of analgesics, by its concepts, its only ingredient, and its source value.

Where these do not agree, and where the words of its name hold another product, nobody knows which it is: all that it may be are listed ("esketamine or
ketamine"). A word that is only a part of a longer one ("ketamine" in "esketamine") names nothing by itself. The strength of the product is the concentration of a push charted in mL; what an infusion is diluted to, it does not say. */
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

class as (
    select
        n.number,
        case when count(distinct c.drug_class) = 1 then min(c.drug_class) end as drug_class
    from named as n
    inner join drug_class_code as c on lower(c.vocabulary) = n.vocabulary and lower(c.code) = n.code
    group by n.number
),

title as (
    select
        n.number,
        min(lower(c.concept_name)) as concept_name
    from numbered as n
    inner join omop_concept as c on c.concept_id = n.drug_concept_id and c.concept_id <> '0'
    where
        c.concept_id not in (
            select k.concept_id
            from known_code as k
            inner join product_code as p on lower(p.vocabulary) = k.vocabulary and lower(p.code) = k.code
        )
    group by n.number
),

word as (
    select
        product,
        lower(product) as word
    from product_code
    union
    select
        product,
        lower(code)
    from product_code
    where vocabulary = 'source'
),

longer_word as (
    select
        w.word,
        l.word as longer
    from word as w
    inner join word as l on contains(l.word, w.word) and l.word <> w.word and l.product <> w.product
),

meant as (
    select
        n.number,
        p.product,
        true as is_coded
    from named as n
    inner join product_code as p on lower(p.vocabulary) = n.vocabulary and lower(p.code) = n.code
    union
    select
        n.number,
        p.product,
        false
    from numbered as n
    inner join omop_drug_strength as s on s.drug_concept_id = n.drug_concept_id
    inner join known_code as k on k.concept_id = s.ingredient_concept_id
    inner join product_code as p on lower(p.vocabulary) = k.vocabulary and lower(p.code) = k.code
    union
    select
        n.number,
        w.product,
        false
    from (
        select
            number,
            lower(drug_source_value) as name
        from numbered
        union
        select
            number,
            concept_name
        from title
    ) as n
    inner join word as w on contains(n.name, w.word)
    where not exists (select 1 from longer_word as l where l.word = w.word and not contains(replace(n.name, l.longer, ' '), w.word))
),

candidate as (
    select
        number,
        string_agg(distinct product, ' or ' order by product) as products,
        count(distinct product) as product_count,
        bool_or(is_coded) as is_coded
    from meant
    group by number
)

select
    n.drug_concept_id,
    n.drug_source_concept_id,
    n.drug_source_value,
    case when m.is_coded and m.product_count = 1 then m.products end as product,
    coalesce(m.is_coded and m.product_count > 1, false) as is_contradictory,
    m.products as resembles,
    c.drug_class,
    coalesce(lower(trim(n.drug_source_value)), t.concept_name, 'concept ' || n.drug_concept_id) as name,
    coalesce(try_cast(n.drug_concept_id as bigint), 0) = 0 or try_cast(n.drug_concept_id as bigint) >= 2000000000 as is_local,
    case
        when s.strengths = 1 and s.ingredients = 1 and s.denominator_unit = '8587' and try_cast(s.denominator_value as double) > 0
            then cast(try_cast(s.numerator_value as double) / try_cast(s.denominator_value as double) as varchar)
    end as concentration,
    case s.numerator_unit when '8576' then 'mg/mL' when '9655' then 'mcg/mL' end as concentration_unit
from numbered as n
left join candidate as m on m.number = n.number
left join class as c on c.number = n.number
left join title as t on t.number = n.number
left join strength as s on s.drug_concept_id = n.drug_concept_id
