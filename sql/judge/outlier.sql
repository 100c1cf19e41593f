/*
What a pharmacist looks at, one row each, the most urgent first: doses outside a limit or far from what is usual here, with the slips that would explain them; concentrations and weights that
do not fit; stock that does not add up. A suspicion is a question: it corrects nothing and changes no verdict.
*/
with judged as (
    select v.*
    from outlier_order as l
    inner join verdict as v on v.session_id = l.session_id and v.rule_id = l.rule_id
),

sourced as (
    select
        *,
        list_transform(evidence, lambda e: struct_pack(file := e.file, line := cast(e.line as bigint))) as source
    from judged
)

select
    l.place,
    l.kind,
    l.session_id,
    s.patient_id,
    s.site_id,
    s.started_local,
    s.context,
    case when s.weight_kg_low = s.weight_kg_high then s.weight_kg_low end as weight_kg,
    l.rule_id,
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
    l.is_finding,
    l.usual,
    l.usual_sessions,
    l.robust_score,
    l.suspected,
    coalesce(l.reason, case when l.is_finding then v.detail end) as reason,
    list_filter(coalesce(l.source, v.source), lambda e: e['file'] is not null) as source
from outlier_order as l
inner join session as s on s.session_no = l.session_no
left join sourced as v on v.session_id = l.session_id and v.rule_id = l.rule_id
