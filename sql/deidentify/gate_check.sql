/* Which checks were made and how they ended; what they observed may name a department, a file or a unit as it was typed. */
select
    check_name,
    severity,
    status,
    cast(null as varchar) as observed,
    cast(null as varchar) as expected,
    cast(null as varchar) as detail
from gate_check
