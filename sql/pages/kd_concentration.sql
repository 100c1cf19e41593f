/* The concentrations charted at each site, in mg/mL, with the sessions that used them; those that fewer than 5 % of at least 30 sessions used are listed session by session. */
with used as (
    select
        s.session_no,
        s.site_id,
        g.mg_per_ml_low as mg_per_ml,
        min(g.ref) as ref
    from session_item as i
    inner join session as s on s.session_no = i.session_no
    inner join given as g on g.ref = i.ref
    where g.mg_per_ml_low = g.mg_per_ml_high
    group by s.session_no, s.site_id, g.mg_per_ml_low
),

known as (
    select
        site_id,
        count(distinct session_no) as site_sessions
    from used
    group by site_id
)

select
    u.site_id,
    cast(u.mg_per_ml as double) as mg_per_ml,
    count(*) as sessions,
    k.site_sessions,
    case
        when k.site_sessions >= 30 and count(*) * 20 < k.site_sessions
            then list(struct_pack(session_no := u.session_no, file := f.file, line := u.ref % 4294967296) order by u.session_no)
    end as odd
from used as u
inner join known as k on k.site_id is not distinct from u.site_id
inner join input_file as f on f.file_id = u.ref // 4294967296
group by u.site_id, u.mg_per_ml, k.site_sessions
order by u.site_id nulls last, sessions desc, u.mg_per_ml
