/* What may have answered an abnormal value, in order of time. */
select
    s.session_id,
    a.kind,
    a.moment,
    nullif(a.moment_latest, a.moment) as moment_latest,
    a.is_certain as certain,
    a.is_natural_end as natural_end,
    pointed_at(a.ref) as "row"
from action as a
inner join session as s on s.session_no = a.session_no
order by s.session_no, a.moment, a.ref
