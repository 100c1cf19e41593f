/* Whether the highest maintenance rate of each session is above the range of its context: the answer of the rule on each range. */
select
    e.session_no,
    r.rule_id,
    case
        when e.context <> c.context then false
        when not e.has_segment and not e.rate_lost then false
        when e.context is null or not e.has_certain_segment then null
        else true
    end as applies,
    over_limit(
        e.highest_low,
        case when not e.rate_lost then e.highest_high end,
        r.limit_high * e.kg_low,
        r.limit_high * e.kg_high,
        r.comparator
    ) as violates,
    cast(e.highest_low as double) / nullif(cast(e.kg_high as double), 0) as observed_low,
    cast(case when not e.rate_lost then e.highest_high end as double) / nullif(cast(e.kg_low as double), 0) as observed_high,
    e.highest_low <= r.limit_high * e.kg_high * r.marginal_factor as marginal,
    false as below_range,
    case
        when e.context <> c.context then 'context_' || e.context
        when not e.has_segment and not e.rate_lost then 'no_maintenance_segment'
        else e.reason_unknown
    end as reason,
    e.flags,
    list_concat(list_concat(e.highest_refs, e.lost_refs), list_concat(e.weight_refs, e.context_refs)) as evidence
from rate_extreme as e
cross join (values ('KD-02', 'chronic'), ('KD-04', 'postsurgical')) as c (rule_id, context)
inner join rule as r on r.rule_id = c.rule_id
