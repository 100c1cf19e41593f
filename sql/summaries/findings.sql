-- The worklist: every finding with its source rows, the most severe first, doses before documentation, the furthest from its
-- limit first, cut into pages.
-- A page holds 500 findings of ordinary size, fewer where they carry much evidence; nothing is left out.
with item as (
    select
        f.session_id,
        f.rule_id,
        unnest(f.evidence) as source
    from report_finding as f
),

line as (
    select
        i.session_id,
        i.rule_id,
        coalesce(i.source.file, i.source."table") as file,
        count(*) as line_count,
        string_agg(
            -- a row without an id of its own is known by its file and line alone
            case
                when i.source.row_id is null or i.source.row_id = concat(i.source.file, ':', cast(i.source.line as varchar))
                    then cast(i.source.line as varchar)
                else concat(cast(i.source.line as varchar), ' (', i.source.row_id, ')')
            end,
            ', ' order by i.source.line, i.source.row_id
        ) as lines
    from item as i
    group by i.session_id, i.rule_id, coalesce(i.source.file, i.source."table")
),

evidence as (
    select
        l.session_id,
        l.rule_id,
        list(l.file order by l.file) as files,
        list(l.lines order by l.file) as lines,
        sum(l.line_count) as line_count,
        sum(length(l.lines)) as text_length
    from line as l
    group by l.session_id, l.rule_id
),

worklist as (
    select
        f.*,
        e.files,
        e.lines,
        coalesce(e.line_count, 0) as line_count,
        sum(1 + (coalesce(e.text_length, 0) + length(coalesce(f.detail, ''))) / 2000) over (
            order by f.severity_rank, f.paper_rank, f.excess desc nulls last, f.rule_id, f.started_local, f.session_id
            rows between unbounded preceding and current row
        ) as filled
    from report_finding as f
    left join evidence as e on f.session_id = e.session_id and f.rule_id = e.rule_id
),

paged as (
    select
        w.*,
        dense_rank() over (order by floor(w.filled / 501)) as page
    from worklist as w
)

select
    p.session_id,
    p.patient_id,
    p.site_id,
    p.rule_id,
    p.title,
    p.statement,
    p.kind,
    p.severity,
    p.observed,
    p.observed_low,
    p.observed_high,
    p.unit,
    p.limit_low,
    p.limit_high,
    p.comparator,
    p.excess,
    p.detail,
    p.flags,
    p.started_local,
    p.context,
    p.weight_kg_low,
    p.weight_kg_high,
    p.files,
    p.lines,
    p.line_count,
    p.review_status,
    p.review_cause,
    p.disposition,
    p.review_reason,
    p.was,
    p.reviewers,
    p.first_reviewer,
    p.first_disposition,
    p.first_reviewed_at,
    p.second_reviewer,
    p.second_disposition,
    p.second_reviewed_at,
    p.action,
    p.owner,
    p.action_due,
    p.action_date,
    p.action_overdue,
    p.waived_until,
    p.waiver,
    p.due,
    p.overdue,
    p.page,
    max(p.page) over () as pages,
    count(*) over () as findings
from paged as p
order by p.filled, p.severity_rank, p.paper_rank, p.excess desc nulls last, p.rule_id, p.started_local, p.session_id
