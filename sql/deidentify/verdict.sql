/* Verdicts under pseudonyms: every number stays; the sentence is the rule's or the reason's own, and the source rows are left out. */
select
    u.run_id,
    i.alias as session_id,
    p.alias as patient_id,
    v.session_started_at + to_days(p.shift_d) as session_started_at,
    w.alias as site_id,
    v.rule_id,
    v.verdict,
    v.grade,
    v.severity,
    v.observed,
    v.observed_low,
    v.observed_high,
    v.unit,
    v.limit_low,
    v.limit_high,
    v.comparator,
    v.reason,
    case v.verdict
        when 'violation' then 'Does not meet the protocol statement on the ' || r.quantity || '.'
        when 'compliant' then 'Meets the protocol statement on the ' || r.quantity || '.'
        else coalesce(x.sentence, v.reason)
    end as detail,
    v.flags,
    list_filter(v.evidence, lambda e: false) as evidence
from verdict as v
cross join alias_run as u
inner join alias as i on i.kind = 'session' and i.original = v.session_id
inner join alias as p on p.kind = 'patient' and p.original = v.patient_id
left join alias as w on w.kind = 'site' and w.original = v.site_id
left join rule as r on r.rule_id = v.rule_id
left join reason_sentence as x on x.reason = v.reason
-- another order than that of the records, and always the same one
order by i.alias, v.rule_id
