/* The site that each extract comes from: what its manifest names; without a name the only site that other extracts name, for a workspace is the home of one. */
with only_site as (
    select case when count(distinct site) = 1 then min(site) end as site
    from extract
    where site_named
)

select
    x.extract_id,
    coalesce(case when x.site_named then x.site end, o.site, '') as site
from extract as x
cross join only_site as o
