/* Each session's diagnoses for and against every contraindication: what is certain, what is possible, what cannot be decided. */
with ended as (
    select
        session_no,
        max(dated_at) as ended_at
    from diagnosis
    where ends_pregnancy and dated_at_latest <= started_at and (onset_at is not null or not coalesce(is_own, true))
    group by session_no
),

standing as (
    select
        d.*,
        case when d.rule_id = 'KC-02' and not d.ends_pregnancy and e.ended_at >= d.dated_at then false else d.is_active end as stands
    from diagnosis as d
    left join ended as e on e.session_no = d.session_no
    where d.strength <> 'exclude'
),

counted as (
    select
        *,
        case
            when stands is null and strength = 'definite' then 'undecided'
            when stands is null then 'possible'
            when stands then strength
            when is_after_admission then 'harm'
        end as role
    from standing
)

select
    session_no,
    rule_id,
    count(*) filter (where role = 'definite') > 0 as is_certain,
    count(*) filter (where role = 'undecided') > 0 as is_undecided,
    count(*) filter (where role = 'undecided' and is_admission_unknown) > 0 as is_admission_unknown,
    count(*) filter (where role = 'possible') > 0 as is_possible,
    count(*) filter (where role = 'exempt') > 0 as is_exempt,
    count(*) filter (where role = 'harm') > 0 as is_after_admission,
    list(distinct ref order by ref) filter (where role in ('definite', 'undecided', 'possible', 'harm')) as refs,
    list(distinct ref order by ref) filter (where role = 'exempt') as exempt_refs,
    list(
        distinct 'code ' || code || coalesce(' (' || description || ')', '')
        || case
            when is_listed then ', problem list'
            when is_own then ', this encounter'
            else ', encounter diagnosis'
        end
        || coalesce(', dated ' || before_or_after(dated_at, started_at), ', undated')
    ) filter (where role in ('definite', 'undecided', 'possible')) as findings
from counted
where role is not null
group by session_no, rule_id
