/* Every way in which a drug is named, and the product that its codes mean: one, none (null), or several (is_contradictory).

A name that no code explains, but in which the name of a product stands, may be that product (resembles). */
with named as (
    select medicationcodeableconcept as concept from fhir_medicationadministration
    union
    select medicationcodeableconcept from fhir_medicationrequest
    union
    select medicationcodeableconcept from fhir_medicationstatement
    union
    select code from medication_resource
    union
    select part.itemcodeableconcept
    from (select unnest(ingredient) as part from medication_resource) as i
),

coded as (
    select
        concept,
        unnest(list_append(
            coalesce(concept.coding, []),
            struct_pack(system := 'text', code := coalesce(concept.text, ''), display := cast(null as varchar))
        )) as coding
    from named
    where concept is not null
),

known as (
    select
        c.concept,
        min(coalesce(p.product, c.own_product)) as product,
        count(distinct coalesce(p.product, c.own_product)) > 1 as is_contradictory,
        lower(coalesce(
            max(c.concept.text),
            max(c.coding.display),
            max(case when c.coding.system <> 'text' then concat_ws('|', c.coding.system, c.coding.code) end),
            'no name'
        )) as name,
        lower(string_agg(concat_ws(' ', case when c.coding.system <> 'text' then c.coding.code end, c.coding.display, c.concept.text), ' ')) as words
    from (
        select
            *,
            case when coding.system = 'urn:infusion-audit:product' then lower(coding.code) end as own_product
        from coded
    ) as c
    left join product_code as p on lower(p.system) = lower(c.coding.system) and lower(p.code) = lower(trim(c.coding.code))
    group by c.concept
)

select
    k.concept,
    case when not k.is_contradictory then k.product end as product,
    k.is_contradictory,
    k.name,
    case when k.product is null then max_by(p.product, length(p.product)) end as resembles
from known as k
left join product_code as p on contains(k.words, p.product) or (p.system = 'text' and contains(k.words, lower(p.code)))
group by k.concept, k.product, k.is_contradictory, k.name
