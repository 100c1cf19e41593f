/*
Each contraindication at each session's start, from diagnoses, measurements and the checklist together.
Anything certain decides; then anything that cannot be decided; then anything possible that neither a measurement nor the form resolves;
and the absence of all of it acquits only where the diagnoses are covered or the form says no.
*/
with question as (
    select
        r.rule_id,
        case r.rule_id
            when 'KC-01' then 'uncontrolled_cardiovascular_disease'
            when 'KC-02' then 'pregnancy'
            when 'KC-03' then 'active_psychosis'
            when 'KC-04' then 'severe_liver_dysfunction'
            when 'KC-05' then 'high_intracranial_pressure'
            when 'KC-06' then 'high_intraocular_pressure'
        end as item,
        max(c.lookback_d) * cast(86400000000 as bigint) as lookback_us
    from rule as r
    inner join code_set as c on c.code_set = r.rule_id
    group by r.rule_id
),

covered as (
    select distinct
        s.session_no,
        q.rule_id
    from session as s
    cross join question as q
    inner join covered_time as c
        on
            c.table_name = 'condition'
            and c.site = s.site
            and (c.department is null or c.department = s.department)
            and epoch_us(c.covered_from) <= epoch_us(s.started_at) - q.lookback_us
            and c.covered_to > s.started_at
),

gathered as (
    select
        s.session_no,
        q.rule_id,
        v.session_no is not null as is_covered,
        u.session_no is not null and q.rule_id <> 'KC-02' as has_unread,
        coalesce(u.has_broken, false) as has_broken,
        l.session_no is not null as has_lost,
        coalesce(d.is_certain, false) as code_certain,
        coalesce(d.is_after_admission, false) as is_after_admission,
        coalesce(m.is_certain, false) as reading_certain,
        coalesce(f.answer, '') as answer,
        coalesce(f.is_old, false) as is_old,
        coalesce(d.is_undecided, false) as code_undecided,
        coalesce(d.is_admission_unknown, false) as is_admission_unknown,
        coalesce(m.is_undecided, false) as reading_undecided,
        coalesce(d.is_possible, false) as code_possible,
        coalesce(m.is_possible, false) as reading_possible,
        coalesce(d.is_possible, false) or coalesce(m.is_possible, false) as is_possible,
        coalesce(m.is_against, false) as is_against,
        coalesce(m.is_unsided, false) as is_unsided,
        list_concat(
            list_concat(coalesce(d.findings, cast([] as varchar [])), coalesce(m.findings, cast([] as varchar []))),
            list_filter(
                [
                    case when q.rule_id <> 'KC-02' and d.findings is null and v.session_no is not null and u.session_no is null then 'no such diagnosis' end,
                    'the form says ' || f.answer || ', ' || f.answered_before
                ],
                lambda finding: finding is not null
            )
        ) as findings,
        list_concat(
            list_concat(coalesce(d.refs, cast([] as bigint [])), coalesce(m.refs, cast([] as bigint []))),
            list_concat(
                coalesce(f.refs, cast([] as bigint [])),
                list_concat(coalesce(l.refs, cast([] as bigint [])), coalesce(u.refs, cast([] as bigint [])))
            )
        ) as refs
    from session as s
    cross join question as q
    left join covered as v on v.session_no = s.session_no and v.rule_id = q.rule_id
    left join diagnosed as d on d.session_no = s.session_no and d.rule_id = q.rule_id
    left join measured as m on m.session_no = s.session_no and m.rule_id = q.rule_id
    left join screened as f on f.session_no = s.session_no and f.item = q.item
    left join lost_finding as l on l.session_no = s.session_no and l.rule_id = q.rule_id
    left join unread_diagnosis as u on u.session_no = s.session_no
),

weighed as (
    select
        *,
        code_certain or reading_certain or answer = 'yes' as is_present,
        case
            when code_certain or reading_certain or answer = 'yes' then null
            when has_lost then 'finding_kept_out'
            when code_undecided and is_admission_unknown then 'admission_status_unknown'
            when code_undecided then 'diagnosis_date_unknown'
            when has_broken then 'diagnosis_not_readable'
            when reading_undecided then 'reading_unusable'
            when rule_id = 'KC-01' and not is_against then 'blood_pressure_missing'
            when is_possible and not is_against and answer <> 'no' then 'activity_unknown'
            when rule_id = 'KC-02' and not is_against and answer <> 'no' then 'pregnancy_unknown'
            when rule_id = 'KC-02' or answer = 'no' then null
            when has_unread then 'diagnosis_not_readable'
            when not is_covered then 'diagnoses_not_covered'
        end as doubt
    from gathered
)

select
    session_no,
    rule_id,
    is_present,
    case when is_present then true when doubt is null then false end as violates,
    coalesce(doubt, '') as reason,
    array_to_string(findings, '; ') as found,
    list_filter(
        [
            case
                when (answer = 'no' and (code_certain or reading_certain))
                    or (answer = 'yes' and not code_certain and not reading_certain and (is_against or (rule_id <> 'KC-02' and is_covered and not has_unread)))
                    then 'form_conflict'
            end,
            case when rule_id = 'KC-02' and code_certain and is_against then 'test_conflict' end,
            case when is_unsided then 'eye_not_stated' end,
            case when is_old then 'form_old' end,
            case when answer = 'unknown' then 'form_unknown' end,
            case when rule_id = 'KC-02' and not is_present and doubt is null and not is_against then 'no_pregnancy_test' end,
            case when is_after_admission then 'diagnosed_after_admission' end,
            case when has_unread then 'diagnosis_not_readable' end,
            case when has_lost then 'finding_kept_out' end
        ],
        lambda flag: flag is not null
    ) as flags,
    refs,
    case
        when code_certain then 'certain'
        when code_undecided then 'undecided'
        when code_possible then 'possible'
        when has_unread then 'unread'
        when is_covered then 'none'
        else 'not_covered'
    end as by_code,
    case
        when reading_certain then 'certain'
        when reading_undecided then 'undecided'
        when reading_possible then 'possible'
        when is_against then 'against'
        else 'none'
    end as by_reading,
    case when answer = '' then 'none' else answer end as by_form
from weighed
