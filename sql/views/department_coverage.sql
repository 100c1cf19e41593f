/* The stretches in which the observations of each session's department are covered, per requirement. They do not touch: what covers all departments is part of those of a department that is named. */
with named as (
    select distinct site, requirement, department
    from covered_time
    where table_name = 'observation' and department is not null
)

select
    d.site,
    d.department,
    c.requirement,
    c.covered_from,
    c.covered_to
from (select distinct site, department from session) as d
inner join covered_time as c on c.table_name = 'observation' and c.site = d.site
left join named as n on n.site = d.site and n.requirement = c.requirement and n.department = d.department
where c.department is not distinct from n.department
