-- Sessions that met a statement or did not, by site and by prescriber; those of an unknown unit belong to the overall rate only.
select
    t.part,
    t.place,
    t.rule_id,
    t.compliant,
    t.violation
from tally as t
where t.part <> 'day'
order by t.part, t.rule_id, t.place
