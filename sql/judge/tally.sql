/* Verdicts counted by local day, by site and by prescriber: small, kept with every run, all that trends and funnels read. */
with place as (
    select
        s.session_id,
        s.local_date,
        s.site_id,
        s.prescriber_id,
        dense_rank() over (order by s.local_date, s.site_id, s.prescriber_id) as place_no
    from session as s
),

counted as (
    select
        v.rule_id,
        p.place_no,
        count(case when v.verdict = 'compliant' then 1 end) as compliant,
        count(case when v.verdict = 'violation' then 1 end) as violation,
        count(case when v.verdict = 'not_evaluable' then 1 end) as not_evaluable,
        count(case when v.verdict = 'not_applicable' then 1 end) as not_applicable
    from verdict as v
    inner join place as p on v.session_id = p.session_id
    group by v.rule_id, p.place_no
),

placed as (
    select distinct
        p.place_no,
        p.local_date,
        p.site_id,
        p.prescriber_id
    from place as p
),

part as (
    select
        c.*,
        'day' as part,
        cast(p.local_date as varchar) as place
    from counted as c
    inner join placed as p on c.place_no = p.place_no
    union all
    select
        c.*,
        'site' as part,
        p.site_id as place
    from counted as c
    inner join placed as p on c.place_no = p.place_no
    union all
    select
        c.*,
        'prescriber' as part,
        p.prescriber_id as place
    from counted as c
    inner join placed as p on c.place_no = p.place_no
)

select
    t.part,
    t.place,
    t.rule_id,
    cast(sum(t.compliant) as bigint) as compliant,
    cast(sum(t.violation) as bigint) as violation,
    cast(sum(t.not_evaluable) as bigint) as not_evaluable,
    cast(sum(t.not_applicable) as bigint) as not_applicable
from part as t
group by t.part, t.place, t.rule_id
order by t.part, t.place, t.rule_id
