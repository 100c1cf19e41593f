/* Sessions whose gaps between assessments are known as charted, per requirement: the whole session is covered, without a long pause, and no row was kept out that may have been an assessment. */
select
    s.session_no,
    c.requirement
from session as s
inner join department_coverage as c
    on
        c.site = s.site
        and c.department is not distinct from s.department
        and c.covered_from <= s.started_at
        and c.covered_to >= s.ended_at
where
    s.session_no not in (select session_no from long_pause where reading <> 'unfavourable')
    and not exists (select 1 from lost_observation as o where o.session_no = s.session_no and o.requirement = c.requirement)
