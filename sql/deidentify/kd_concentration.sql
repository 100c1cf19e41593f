/* Concentrations by site under its pseudonym; the source rows are left out. */
select
    w.alias as site_id,
    c.mg_per_ml,
    c.sessions,
    c.site_sessions,
    list_transform(c.odd, lambda o: struct_pack(session_no := o['session_no'], file := cast(null as varchar), line := cast(null as bigint))) as odd
from kd_concentration as c
left join alias as w on w.kind = 'site' and w.original = c.site_id
order by w.alias nulls last, c.sessions desc, c.mg_per_ml
