/* Observations for psycho-perceptual effects in (start, end + 60 min], counted at both bounds of an uncertain end and of ambiguous times.
Of an end that nothing bounds the hour may not be over, however far the observations reach: the infusion may still run. */
select
    s.session_no,
    count(case when a.effective_at > s.started_at and epoch_us(a.effective_at_latest) <= epoch_us(s.ended_at) + 3600000000 then 1 end) as count_low,
    count(a.ref) as count_high,
    list(a.ref order by a.effective_at, a.ref) filter (where a.ref is not null) as refs,
    exists (
        select 1
        from covered_time as c
        where
            c.table_name = 'observation'
            and c.requirement = 'psychoperceptual'
            and c.site = s.site
            and (c.department is null or c.department = s.department)
            and c.covered_from <= s.started_at
            and epoch_us(c.covered_to) >= epoch_us(s.ended_at_high) + 3600000000
    ) as is_covered
from session as s
left join assessment as a
    on
        a.patient_id = s.patient_id
        and a.domain = 'psychoperceptual'
        and a.effective_at_latest > s.started_at
        and (s.ended_at_high is null or epoch_us(a.effective_at) <= epoch_us(s.ended_at_high) + 3600000000)
group by s.session_no, s.started_at, s.ended_at, s.ended_at_high, s.site, s.department
