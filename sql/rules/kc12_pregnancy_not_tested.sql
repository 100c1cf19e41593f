/*
title = "No pregnancy test before the start"
family = "contraindication"
quantity = "pregnancy test before the start"
finding = "No pregnancy test is documented within the days before the start that the site policy allows ({limit})."
why = "An early pregnancy is known to nobody until it is tested for."
population = "Sex female or not known and an age at which pregnancy is possible, unless a diagnosis or the checklist rules it out."
exclusions = "Male patients, ages outside those that the site policy asks about, and a pregnancy that a diagnosis or the checklist rules out for good."
success = "A pregnancy test with a readable result within the days before the start that the site policy allows."
responsible = "Prescriber; clinician who screens before the infusion"
limitations = "Only an observation counts as a test; a code for the visit does not. A test without a readable result decides nothing."
needs = ["patient", "observation"]
*/
with asked as (
    select
        s.session_no,
        s.patient_id,
        s.site,
        s.department,
        s.started_at,
        r.rule_id,
        epoch_us(s.started_at) - as_us(r.limit_high * 1440) as from_us
    from session as s
    inner join rule as r on r.rule_id = 'KC-12'
),

test as (
    select
        s.session_no,
        count(o.value) filter (where epoch_us(o.effective_at) >= s.from_us and coalesce(o.effective_at_latest, o.effective_at) <= s.started_at)
        > 0 as is_documented,
        list(cast(o.file_id as bigint) * 4294967296 + o.line order by o.file_id, o.line) as refs,
        max_by(before_or_after(o.effective_at, s.started_at), (o.effective_at, o.file_id, o.line)) as tested_when
    from asked as s
    inner join observation as o on o.patient_id = s.patient_id and o.kind = 'hcg'
    where epoch_us(coalesce(o.effective_at_latest, o.effective_at)) >= s.from_us and o.effective_at <= s.started_at
    group by s.session_no
),

covered as (
    select distinct s.session_no
    from asked as s
    inner join covered_time as c
        on
            c.table_name = 'observation'
            and c.requirement = 'hcg'
            and c.site = s.site
            and (c.department is null or c.department = s.department)
            and epoch_us(c.covered_from) <= s.from_us
            and c.covered_to > s.started_at
)

select
    s.session_no,
    b.applies,
    case
        when t.is_documented then false
        when t.session_no is null and v.session_no is not null and l.session_no is null then true
    end as violates,
    null as observed_low,
    null as observed_high,
    case
        when b.reason is not null then b.reason
        when t.session_no is not null then 'reading_unusable'
        when v.session_no is null then 'test_not_covered'
        else 'finding_kept_out'
    end as reason,
    case
        when b.applies = false then cast([] as varchar [])
        when l.session_no is not null then list_append(b.flags, 'finding_kept_out')
        else b.flags
    end as flags,
    case
        when b.applies = false then b.refs
        else list_concat(list_concat(coalesce(t.refs, cast([] as bigint [])), coalesce(l.refs, cast([] as bigint []))), b.refs)
    end as evidence,
    case when t.is_documented then 'tested ' || t.tested_when end as found
from asked as s
inner join childbearing as b on b.session_no = s.session_no
left join test as t on t.session_no = s.session_no
left join covered as v on v.session_no = s.session_no
left join lost_finding as l on l.session_no = s.session_no and l.rule_id = s.rule_id
