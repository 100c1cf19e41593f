/* The session as it was put together. */
select
    session_id,
    started_at,
    ended_at,
    ended_at_high,
    started_local,
    site_id,
    department,
    context,
    indication,
    age_years,
    cast(weight_kg_low as double) as weight_kg_low,
    cast(weight_kg_high as double) as weight_kg_high,
    weight_source,
    array_to_string(flags, ', ') as flags
from session
