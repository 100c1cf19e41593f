/* Which extract it was: neither the site nor its system, and no time. */
select
    extract_id,
    cast(null as varchar) as site,
    cast(null as varchar) as timezone,
    cast(null as timestamp) as extracted_at,
    cast(null as varchar) as source_system,
    source_name
from extract
