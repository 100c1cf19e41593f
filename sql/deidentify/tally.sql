/* Counts by site and prescriber under their pseudonyms; those by day are left out. */
select
    t.part,
    a.alias as place,
    t.rule_id,
    t.compliant,
    t.violation,
    t.not_evaluable,
    t.not_applicable
from tally as t
inner join alias as a on a.kind = t.part and a.original = t.place
where t.part <> 'day'
order by t.part, a.alias, t.rule_id
