/* Whether pregnancy concerns a session: sex female or not known, age within the protocol's range at the local date, nothing that excludes it. */
with person as (
    select
        s.session_no,
        case
            when s.sex = 'male' then 'sex_male'
            when s.age_years < t.pregnancy_age_min or s.age_years > t.pregnancy_age_max then 'age_not_childbearing'
            when d.is_exempt or f.answer = 'yes' then 'pregnancy_exempt'
            when s.age_years is null then 'age_unknown'
        end as reason,
        coalesce(d.exempt_refs, cast([] as bigint [])) as code_refs,
        case when f.answer = 'yes' then f.refs else cast([] as bigint []) end as form_refs,
        coalesce(s.sex, 'unknown') not in ('male', 'female') as is_sex_unknown,
        cast(p.file_id as bigint) * 4294967296 + p.line as person_ref
    from session as s
    cross join setting as t
    left join patient as p on p.patient_id = s.patient_id
    left join diagnosed as d on d.session_no = s.session_no and d.rule_id = 'KC-02'
    left join screened as f on f.session_no = s.session_no and f.item = 'pregnancy_exempt'
)

select
    session_no,
    case when reason is null then true when reason <> 'age_unknown' then false end as applies,
    reason,
    case
        when reason = 'pregnancy_exempt' then list_concat(code_refs, form_refs)
        when reason is not null and person_ref is not null then [person_ref]
        else cast([] as bigint [])
    end as refs,
    case when is_sex_unknown then ['sex_unknown'] else cast([] as varchar []) end as flags
from person
