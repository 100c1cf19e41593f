/* Weights that differ from the one used; the source rows are left out. */
select
    session_no,
    used_source,
    used_kg_low,
    used_kg_high,
    rival_source,
    rival_kg_low,
    rival_kg_high,
    cast(null as varchar) as used_file,
    cast(null as bigint) as used_line,
    cast(null as varchar) as rival_file,
    cast(null as bigint) as rival_line
from kd_weight_rival
