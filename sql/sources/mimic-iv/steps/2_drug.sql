/* Every drug as each record names it, and the product that its code means.

A name that no code explains, but in which names of products stand, may be any of those products (resembles). */
with named as (
    select distinct
        'inputevents' as source,
        r.itemid as code,
        lower(coalesce(i.label, r.label, 'item ' || r.itemid)) as drug_name
    from input_row as r
    left join (
        select
            itemid,
            min(label) as label
        from d_items
        group by itemid
    ) as i on i.itemid = r.itemid
    union all
    select distinct
        'emar',
        coalesce(lower(trim(medication)), ''),
        coalesce(lower(trim(medication)), 'no name')
    from emar
)

select
    n.source,
    n.code,
    min(n.drug_name) as drug_name,
    min(p.product) as product,
    case when min(p.product) is null then string_agg(distinct w.product, ' or ' order by w.product) end as resembles
from named as n
left join product_code as p on p.source = n.source and lower(p.code) = lower(n.code)
left join product_code as w on contains(n.drug_name, w.product)
group by n.source, n.code
