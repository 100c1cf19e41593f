/* Whether the lowest maintenance rate of each session is below the range of its context: the answer of the rule on each range. */
select
    e.session_no,
    r.rule_id,
    case
        when e.context <> c.context then false
        when not e.has_tested_segment and not e.rate_lost then false
        when e.context is null or not e.has_certain_tested_segment then null
        else true
    end as applies,
    under_limit(
        case when not e.rate_lost then e.lowest_low end,
        e.lowest_high,
        r.limit_low * e.kg_low,
        r.limit_low * e.kg_high,
        r.comparator
    ) as violates,
    cast(case when not e.rate_lost then e.lowest_low end as double) / nullif(cast(e.kg_high as double), 0) as observed_low,
    cast(e.lowest_high as double) / nullif(cast(e.kg_low as double), 0) as observed_high,
    false as marginal,
    true as below_range,
    case
        when e.context <> c.context then 'context_' || e.context
        when not e.has_tested_segment and not e.rate_lost then 'no_maintenance_segment'
        else e.reason_unknown
    end as reason,
    e.flags,
    list_concat(list_concat(e.lowest_refs, e.lost_refs), list_concat(e.weight_refs, e.context_refs)) as evidence
from rate_extreme as e
cross join (values ('KD-03', 'chronic'), ('KD-05', 'postsurgical')) as c (rule_id, context)
inner join rule as r on r.rule_id = c.rule_id
