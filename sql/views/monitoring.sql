/* Each session's longest gap per requirement, and whether a gap is too long in covered time, in the favourable and unfavourable reading. */
with timed as (
    select
        g.session_no,
        g.reading,
        g.requirement,
        g.gap_us,
        g.gap_from,
        g.gap_to,
        g.from_ref,
        g.to_ref,
        g.gap_us > as_us(f.interval_min + t.grace_min) as too_long,
        s.department
    from monitoring_gap as g
    inner join session as s on s.session_no = g.session_no
    cross join setting as t
    inner join monitoring_phase as f
        on
            epoch_us(g.gap_from) - epoch_us(s.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(g.gap_from) - epoch_us(s.started_at) < as_us(f.until_min))
),

covered as (
    select distinct
        g.session_no,
        g.reading,
        g.requirement,
        g.gap_from
    from timed as g
    inner join covered_time as c
        on
            c.table_name = 'observation'
            and c.requirement = g.requirement
            and (c.department is null or c.department = g.department)
            and c.covered_from <= g.gap_from
            and c.covered_to >= g.gap_to
    where g.too_long
)

select
    g.session_no,
    g.requirement,
    g.reading,
    max(g.gap_us) as longest_us,
    max_by(
        {
            'gap_from': g.gap_from,
            'gap_to': g.gap_to,
            'from_ref': g.from_ref,
            'to_ref': g.to_ref
        },
        (g.gap_us, -epoch_us(g.gap_from))
    ) as longest,
    count(*) - 1 as assessments,
    max(g.too_long) as too_long,
    max(case when g.too_long and c.session_no is not null then 1 else 0 end) = 1 as too_long_covered,
    max(case when g.too_long and c.session_no is null then 1 else 0 end) = 1 as too_long_uncovered
from timed as g
left join covered as c
    on c.session_no = g.session_no and c.reading = g.reading and c.requirement = g.requirement and c.gap_from = g.gap_from
group by g.session_no, g.requirement, g.reading
