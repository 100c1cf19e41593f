-- Statements on which an action was done: the month of the finding and the first full month after the action.
select
    a.rule_id,
    r.statement,
    a.action_date,
    a.actions,
    a.before_month,
    a.before_compliant,
    a.before_violation,
    a.before_version,
    a.after_month,
    a.after_compliant,
    a.after_violation,
    a.after_version
from reaudit as a
inner join rule as r on r.rule_id = a.rule_id
order by a.rule_id, a.before_month, a.after_month
