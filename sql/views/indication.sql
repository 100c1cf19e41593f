/* What each session was given for: the indication charted on its order, else the first that a diagnosis names in the order of the list below.
Diagnoses of the session's encounter and those active at its start count; a code that a set excludes names nothing. */
with known as (
    select
        col0 as code_set,
        col1 as indication,
        col2 as precedence
    from (values
        ('IND_crps', 'crps', 1),
        ('IND_phantom', 'phantom_limb_pain', 2),
        ('IND_phn', 'postherpetic_neuralgia', 3),
        ('IND_fibromyalgia', 'fibromyalgia', 4),
        ('IND_central', 'central_pain', 5),
        ('IND_ischemic', 'ischemic_pain', 6),
        ('IND_cancer', 'cancer_pain', 7),
        ('IND_neuropathic_other', 'neuropathic_pain', 8),
        ('IND_chronic_other', 'other', 9),
        ('IND_postsurgical', 'postsurgical_pain', 10)
    )
),

matched as (
    select
        d.code,
        c.code_set,
        max(case when c.strength = 'exclude' then 1 else 0 end) as is_excluded
    from (select distinct replace(code, '.', '') as code from condition where code_system = 'icd10cm') as d
    inner join code_set as c
        on c.code_system = 'icd10cm'
        and (d.code = c.code or (c.match = 'prefix' and starts_with(d.code, c.code)))
    where c.code_set in (select k.code_set from known as k)
    group by d.code, c.code_set
),

meant as (
    select
        m.code,
        min(k.precedence) as precedence
    from matched as m
    inner join known as k on k.code_set = m.code_set
    where m.is_excluded = 0
    group by m.code
),

diagnosed as (
    select
        s.session_no,
        min(m.precedence) as precedence
    from session as s
    inner join condition as c on c.patient_id = s.patient_id and c.code_system = 'icd10cm'
    inner join meant as m on m.code = replace(c.code, '.', '')
    where
        c.encounter_id = s.encounter_id
        or (c.category = 'problem_list' and c.onset_at <= s.started_at and coalesce(c.resolved_at > s.started_at, true))
    group by s.session_no
)

select
    s.session_no,
    coalesce(s.indication, k.indication, 'unknown') as indication,
    case when s.indication is not null then 'order' when k.indication is not null then 'diagnosis' end as indication_source
from session as s
left join diagnosed as d on d.session_no = s.session_no
left join known as k on k.precedence = d.precedence
