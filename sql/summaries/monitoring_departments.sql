-- The verdicts of every monitoring rule by department, with the time watched and overdue where the rule is about gaps during the infusion.
with spent as (
    select rule_id, department, sum(watched_us) / 3600000000.0 as watched_h, sum(overdue_us) / 3600000000.0 as overdue_h, sum(late_gaps) as late_gaps
    from km_cell
    group by rule_id, department
)

select
    v.rule_id,
    s.department,
    sum(case when v.verdict = 'compliant' then 1 else 0 end) as compliant,
    sum(case when v.verdict = 'violation' then 1 else 0 end) as violation,
    sum(case when v.verdict = 'not_evaluable' then 1 else 0 end) as not_evaluable,
    max(t.watched_h) as watched_h,
    max(t.overdue_h) as overdue_h,
    max(t.late_gaps) as late_gaps
from verdict as v
inner join session as s on s.session_id = v.session_id
left join spent as t on t.rule_id = v.rule_id and t.department is not distinct from s.department
where v.rule_id like 'KM-%' and v.verdict <> 'not_applicable'
group by v.rule_id, s.department
order by v.rule_id, s.department nulls last
