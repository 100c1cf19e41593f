/* What is known about the stock rows of each session besides themselves: whether their absence means anything, and rows that were kept out.
Of an infusion that nothing ends, later stock rows may be its own, however well the table is covered. */
with lost as (
    select
        patient_id,
        list(distinct cast(file_id as bigint) * 4294967296 + line) as refs
    from quarantine
    where table_name = 'stock' and scope = 'row' and patient_id is not null
    group by patient_id
),

covered as (
    select distinct s.session_no
    from session as s
    inner join covered_time as c on c.site = s.site and (c.department is null or c.department = s.department)
    where
        c.table_name = 'stock'
        and epoch_us(c.covered_from) <= epoch_us(s.started_at) - 86400000000
        and epoch_us(c.covered_to) > epoch_us(coalesce(s.ended_at_high, s.ended_at)) + 86400000000
)

select
    s.session_no,
    c.session_no is not null as is_covered,
    s.ended_at_high is null as is_endless,
    l.patient_id is not null as row_lost,
    coalesce(l.refs, cast([] as bigint [])) as lost_refs
from session as s
left join covered as c on c.session_no = s.session_no
left join lost as l on l.patient_id = s.patient_id
