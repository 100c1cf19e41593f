/* Every way in which a drug is named, and the product that its codes mean: one, none (null), or several (is_contradictory).

Where no code is known, or codes or words contradict each other, it may be any product that a code means or whose name stands in the words (candidates). */
with named as (
    select medicationcodeableconcept as concept from fhir_medicationadministration
    union
    select named_drug(medicationreference.display) from fhir_medicationadministration
    union
    select medicationcodeableconcept from fhir_medicationrequest
    union
    select medicationcodeableconcept from fhir_medicationstatement
    union
    select code from medication_resource
    union
    select coalesce(part.itemcodeableconcept, named_drug(part.itemreference.display))
    from (select unnest(ingredient) as part from medication_resource) as i
),

coded as (
    select
        concept,
        coding,
        lower(case when coding.system = 'text' then coding.code else concat_ws(' ', coding.code, coding.display) end) as words
    from (select concept, unnest(codings_of(concept)) as coding from named where concept is not null) as c
),

known as (
    select
        c.concept,
        coalesce(list(distinct coalesce(p.product, c.own_product)) filter (where coalesce(p.product, c.own_product) is not null), []) as products,
        lower(coalesce(
            max(c.concept.text),
            max(c.coding.display),
            max(case when c.coding.system is distinct from 'text' then nullif(concat_ws('|', c.coding.system, c.coding.code), '') end)
        )) as name
    from (
        select
            *,
            case when coding.system = 'urn:infusion-audit:product' then lower(coding.code) end as own_product
        from coded
    ) as c
    left join product_code as p on lower(p.system) = lower(c.coding.system) and lower(p.code) = lower(trim(c.coding.code))
    group by c.concept
),

product_name as (
    select
        product,
        product as name
    from product_code
    union
    select
        product,
        lower(code)
    from product_code
    where system = 'text'
),

/* ketamine does not stand in esketamine, but it does in "esketamine or ketamine" */
standing as (
    select
        c.concept,
        c.words,
        list(distinct n.product) as products
    from coded as c
    inner join product_name as n on contains(c.words, n.name)
    where not exists (
        select 1
        from product_name as longer
        where longer.name <> n.name and contains(longer.name, n.name) and not contains(replace(c.words, longer.name, ' '), n.name)
    )
    group by c.concept, c.words
),

judged as (
    select
        k.concept,
        k.name,
        k.products,
        coalesce(flatten(list(s.products) filter (where s.products is not null)), []) as in_words,
        len(k.products) > 1
        or coalesce(bool_or(len(k.products) = 1 and len(list_filter(s.products, lambda one: contains(k.products[1], one))) = 0), false) as is_contradictory
    from known as k
    left join standing as s on s.concept = k.concept
    group by k.concept, k.name, k.products
)

select
    concept,
    name,
    case when not is_contradictory then products[1] end as product,
    is_contradictory,
    case when is_contradictory or len(products) = 0 then list_concat(products, in_words) end as candidates
from judged
