/* Verdicts from the answers of all rules: unknown never becomes compliant, and a part that certainly violates decides. */
with decided as (
    select
        a.*,
        s.session_id,
        s.patient_id,
        s.started_at,
        s.site_id,
        s.not_in_force,
        s.below_age,
        r.severity,
        r.finding,
        r.quantity,
        r.unit,
        r.limit_low,
        r.limit_high,
        r.comparator,
        r.allowed,
        r.family,
        verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) as verdict
    from ordered_answer as a
    inner join session as s on s.session_no = a.session_no
    inner join judged_rule as r on r.rule_id = a.rule_id
),

measured as (
    select
        *,
        case when verdict <> 'not_applicable' then observed_low end as low,
        case when verdict <> 'not_applicable' then observed_high end as high,
        case
            when verdict <> 'not_applicable' and abs(observed_high - observed_low) <= 0.00000000001 then observed_high
            when verdict = 'violation' and observed_high is null then observed_low
        end as observed,
        case
            when not_in_force then 'protocol_not_in_force'
            when below_age then 'age_below_scope'
            when verdict = 'violation' then 'outside_limit'
            when verdict = 'compliant' then 'within_limit'
            else reason
        end as reason_code
    from decided
),

worded as (
    select
        *,
        case
            when verdict <> 'violation' then null
            when observed is not null
                then shown_against(observed, coalesce(case when below_range then limit_low else limit_high end, limit_low, 0), verdict)
            when low is not null and high is not null then shown(low, 3) || ' to ' || shown(high, 3)
            when low is not null then 'at least ' || shown(low, 3)
            when high is not null then 'at most ' || shown(high, 3)
            when family = 'monitoring' then 'none'
            else 'unknown'
        end as seen
    from measured
)

select
    u.run_id,
    w.session_id,
    w.patient_id,
    w.started_at as session_started_at,
    w.site_id,
    w.rule_id,
    w.verdict,
    case
        when w.verdict <> 'violation' or w.family <> 'dosing' then null
        when w.below_range then 'below_range'
        when w.marginal then 'marginal'
        else 'material'
    end as grade,
    w.severity,
    w.observed,
    w.low as observed_low,
    w.high as observed_high,
    w.unit,
    cast(w.limit_low as double) as limit_low,
    cast(w.limit_high as double) as limit_high,
    w.comparator,
    w.reason_code as reason,
    case w.verdict
        when 'violation'
            then replace(replace(replace(w.finding, '{observed}', w.seen), '{limit}', coalesce(w.allowed, '')), '{found}', coalesce(w.found, ''))
        when 'compliant' then 'Meets the protocol statement on the ' || w.quantity || coalesce(': ' || nullif(w.found, ''), '') || '.'
        when 'not_evaluable' then coalesce(x.sentence, w.reason_code) || coalesce(' Found: ' || nullif(w.found, '') || '.', '')
        else coalesce(x.sentence, w.reason_code)
    end as detail,
    list_distinct(w.flags) as flags,
    list_transform(
        list_sort(list_distinct(w.evidence)),
        lambda ref: {
            'table': f.tables[ref // 4294967296],
            'row_id': coalesce(e.row_ids[ref], f.files[ref // 4294967296] || ':' || cast(ref % 4294967296 as varchar)),
            'file': f.files[ref // 4294967296],
            'line': ref % 4294967296
        }
    ) as evidence
from worded as w
cross join this_run as u
cross join (
    select
        list(table_name order by file_id) as tables,
        list(file order by file_id) as files
    from (
        select n.file_id, i.table_name, i.file
        from (
            select unnest(generate_series(1, max(file_id))) as file_id
            from input_file
        ) as n
        left join input_file as i on i.file_id = n.file_id
    ) as numbered
) as f
left join reason as x on x.reason = w.reason_code
left join source_rows as e on e.session_no = w.session_no
