-- Sessions of each day that met a statement or did not, of this run and of the earlier runs that stand for their months.
select
    t.rule_id,
    t.place as local_day,
    t.compliant,
    t.violation
from tally as t
inner join own_day as o on t.place = o.place
where t.part = 'day' and t.compliant + t.violation > 0
union all
select
    b.rule_id,
    b.place as local_day,
    b.compliant,
    b.violation
from tally_before as b
where b.compliant + b.violation > 0
order by 1, 2
