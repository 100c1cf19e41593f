/*
title = "Fewer conventional analgesic classes tried before than the protocol asks for"
family = "selection"
quantity = "number of conventional analgesic classes tried before"
finding = "Classes of conventional analgesics documented as tried before the first session of this series: {observed}; the protocol asks for {limit}."
why = "The protocol places ketamine third in line, after conventional analgesics have failed."
population = "The first session of each chronic-pain series; later sessions of a series were decided with the first."
exclusions = "Postsurgical sessions, and later sessions of a series."
success = "At least as many conventional classes as the limit had been tried before the first session of the series."
responsible = "Prescriber"
limitations = "A drug that was taken and never recorded counts only when a form says so. The kinds of drug are the classes of the input table; other drugs do not count."
needs = ["administration", "medication"]
*/
with tried as (
    select
        session_no,
        count(*) filter (where is_certain) as certain_classes,
        count(*) filter (where is_possible) as possible_classes
    from tried_class
    group by session_no
),

charted as (
    select
        session_no,
        max(is_form_entry) as has_form,
        list(ref order by ref) as refs
    from drug_history
    group by session_no
),

lost as (
    select
        patient_id,
        list(distinct cast(file_id as bigint) * 4294967296 + line) as refs
    from quarantine
    where table_name = 'medication' and scope = 'row' and patient_id is not null
    group by patient_id
),

covered as (
    select distinct s.session_no
    from session as s
    cross join setting as t
    inner join covered_time as c on c.site = s.site and (c.department is null or c.department = s.department)
    where
        c.table_name = 'medication'
        and epoch_us(c.covered_from) <= epoch_us(s.started_at) - t.selection_lookback_d * cast(86400000000 as decimal(20, 0))
        and c.covered_to >= s.started_at
),

earlier_covered as (
    select distinct s.session_no
    from session as s
    cross join setting as t
    inner join covered_time as c on c.site = s.site and (c.department is null or c.department = s.department)
    where
        c.table_name = 'administration'
        and epoch_us(c.covered_from) <= epoch_us(s.started_at) - t.series_gap_d * cast(86400000000 as decimal(20, 0))
        and c.covered_to >= s.started_at
),

counted as (
    select
        s.session_no,
        coalesce(t.certain_classes, 0) as classes_low,
        case
            when h.has_form or c.session_no is not null then least(coalesce(t.possible_classes, 0) + coalesce(len(l.refs), 0), 8)
        end as classes_high,
        coalesce(s.context, 'chronic') <> 'postsurgical' as is_concerned,
        l.patient_id is not null as row_lost,
        coalesce(t.possible_classes > t.certain_classes, false) as history_incomplete,
        h.has_form,
        c.session_no is not null as is_covered,
        list_concat(coalesce(h.refs, cast([] as bigint [])), coalesce(l.refs, cast([] as bigint []))) as refs
    from session as s
    left join tried as t on t.session_no = s.session_no
    left join charted as h on h.session_no = s.session_no
    left join lost as l on l.patient_id = s.patient_id
    left join covered as c on c.session_no = s.session_no
)

select
    s.session_no,
    case
        when e.number_in_series > 1 then false
        else s.context <> 'postsurgical'
    end as applies,
    under_limit(n.classes_low, n.classes_high, r.limit_low, r.limit_low, r.comparator) as violates,
    n.classes_low as observed_low,
    n.classes_high as observed_high,
    case
        when e.number_in_series > 1 then 'later_session_of_series'
        when s.context is null then 'context_unknown'
        when s.context = 'postsurgical' then 'context_postsurgical'
        when n.classes_high is null then 'drug_history_not_covered'
        when n.history_incomplete then 'drug_history_incomplete'
        else 'history_row_kept_out'
    end as reason,
    case
        when e.number_in_series > 1 then cast([] as varchar [])
        else list_filter(
            [
                case when s.context_conflict then 'context_conflict' end,
                case when s.context_assumed then 'context_assumed' end,
                case when n.is_concerned and n.row_lost then 'history_row_kept_out' end,
                case when n.history_incomplete then 'drug_history_incomplete' end,
                case when n.has_form and not n.is_covered then 'form_only' end,
                case when n.is_concerned and a.session_no is null then 'earlier_sessions_not_covered' end
            ],
            lambda flag: flag is not null
        )
    end as flags,
    case
        when e.number_in_series > 1 then list_concat(x.start_refs, s.start_refs)
        when n.is_concerned then list_concat(list_concat(s.start_refs, s.context_refs), n.refs)
        else s.context_refs
    end as evidence
from session as s
inner join series as e on e.session_no = s.session_no
inner join session as x on x.session_no = e.series_index_no
inner join counted as n on n.session_no = s.session_no
inner join rule as r on r.rule_id = 'KS-01'
left join earlier_covered as a on a.session_no = s.session_no
