/*
title = "Contraindications not all screened"
family = "contraindication"
quantity = "contraindications screened before the start"
finding = "{observed} of the contraindications were screened before the start; the site policy asks for {limit}."
why = "A checklist before every infusion finds what no record holds."
population = "Every session; all six questions are asked of every patient, also of a man about pregnancy."
exclusions = "None: the checklist is asked of every session."
success = "Every question of the checklist has a yes or a no before the start, within the longer of the form's windows."
responsible = "Clinician who screens before the infusion"
limitations = "A question answered with unknown is not screened. An answer older than the form's window counts within the longer one and is flagged."
needs = ["screening"]
*/
with counted as (
    select
        f.session_no,
        count(case when f.answer <> 'unknown' then 1 end) as answered,
        max(case when f.answer <> 'unknown' then f.is_old end) as is_old,
        flatten(list(f.refs order by f.item)) as refs
    from screened as f
    where f.item <> 'pregnancy_exempt'
    group by f.session_no
),

covered as (
    select distinct s.session_no
    from session as s
    cross join setting as t
    inner join covered_time as c
        on
            c.table_name = 'screening'
            and c.site = s.site
            and (c.department is null or c.department = s.department)
            and epoch_us(c.covered_from) <= epoch_us(s.started_at) - as_us(t.form_old_window_d * 1440)
            and c.covered_to > s.started_at
)

select
    s.session_no,
    true as applies,
    case
        when coalesce(n.answered, 0) >= r.limit_low then false
        when v.session_no is not null and l.session_no is null then true
    end as violates,
    coalesce(n.answered, 0) as observed_low,
    case when coalesce(n.answered, 0) >= r.limit_low or (v.session_no is not null and l.session_no is null) then coalesce(n.answered, 0) end as observed_high,
    case when v.session_no is null then 'checklist_not_covered' else 'finding_kept_out' end as reason,
    list_filter(
        [
            case when n.is_old then 'form_old' end,
            case when l.session_no is not null then 'finding_kept_out' end
        ],
        lambda flag: flag is not null
    ) as flags,
    list_concat(coalesce(n.refs, cast([] as bigint [])), coalesce(l.refs, cast([] as bigint []))) as evidence
from session as s
inner join rule as r on r.rule_id = 'KC-10'
left join counted as n on n.session_no = s.session_no
left join covered as v on v.session_no = s.session_no
left join lost_finding as l on l.session_no = s.session_no and l.rule_id = r.rule_id
