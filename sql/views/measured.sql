/* What measurements say of each session and contraindication: certain, possible, not decidable, or against it (which resolves a possible diagnosis). */
with pressure as (
    select
        session_no,
        count(*) filter (where is_over) > 0 as is_certain,
        count(*) filter (where is_over is null) > 0 as is_undecided,
        count(distinct kind) = 2 and count(*) = count(is_over) as is_complete
    from clinical_reading
    where rule_id = 'KC-01'
    group by session_no
),

pregnancy_test as (
    select
        session_no,
        count(*) filter (where is_over) > 0 as is_certain,
        count(*) filter (where is_over is null) > 0 as is_undecided,
        count(*) filter (where not is_over and is_before) > 0 as is_negative
    from clinical_reading
    where rule_id = 'KC-02'
    group by session_no
),

liver_value as (
    select
        session_no,
        count(*) filter (where kind <> 'child_pugh' and kind <> 'bilirubin' and is_over) > 0 as enzyme_over,
        count(*) filter (where kind <> 'child_pugh' and kind <> 'bilirubin' and is_over is null) > 0 as enzyme_unusable,
        count(*) filter (where kind in ('alt', 'ast')) > 0 as enzyme_charted,
        count(*) filter (where is_far_over) > 0 as enzyme_far_over,
        count(*) filter (where kind = 'bilirubin' and is_over) > 0 as bilirubin_over,
        count(*) filter (where kind = 'bilirubin' and is_over is null) > 0 as bilirubin_unusable,
        count(*) filter (where kind = 'bilirubin') > 0 as bilirubin_charted,
        count(*) filter (where kind = 'child_pugh' and is_over) > 0 as grade_over,
        count(*) filter (where kind = 'child_pugh' and is_over is null) > 0 as grade_unusable,
        count(*) filter (where kind = 'child_pugh') > 0 as grade_charted
    from clinical_reading
    where rule_id = 'KC-04'
    group by session_no
),

one_pressure as (
    select
        session_no,
        rule_id,
        count(*) filter (where is_over) > 0 as is_certain,
        count(*) filter (where is_over is null) > 0 as is_undecided,
        rule_id = 'KC-05'
        or count(distinct side) filter (where side in ('left', 'right')) = 2
        or (count(distinct side) = 1 and max(side = 'unsided')) as is_enough,
        max(side = 'unsided') as is_unsided
    from clinical_reading
    where rule_id in ('KC-05', 'KC-06')
    group by session_no, rule_id
),

stated as (
    select session_no, 'KC-01' as rule_id, is_certain, is_undecided, false as is_possible, is_complete as is_against, false as is_unsided
    from pressure
    union all
    select session_no, 'KC-02', is_certain, is_undecided, false, is_negative, false
    from pregnancy_test
    union all
    select
        session_no,
        'KC-04',
        grade_over or (enzyme_over and bilirubin_over),
        grade_unusable or enzyme_unusable or (bilirubin_unusable and (enzyme_over or not enzyme_charted)),
        enzyme_far_over or (enzyme_over and not bilirubin_charted) or (bilirubin_over and not enzyme_charted),
        grade_charted and not grade_over and not grade_unusable,
        false
    from liver_value
    union all
    select session_no, rule_id, is_certain, is_undecided, false, is_enough, is_unsided
    from one_pressure
),

told as (
    select
        session_no,
        rule_id,
        flatten(list(refs)) as refs,
        list(distinct finding order by finding) as findings
    from (
        select session_no, rule_id, [ref] as refs, finding
        from clinical_reading
        where rule_id <> 'KC-01'
        union all
        select
            session_no,
            rule_id,
            list(ref),
            'blood pressure ' || coalesce(min(shown_value) filter (where kind = 'systolic_bp'), '?')
            || '/' || coalesce(min(shown_value) filter (where kind = 'diastolic_bp'), '?') || ' mmHg, ' || read_when
        from clinical_reading
        where rule_id = 'KC-01'
        group by session_no, rule_id, effective_at, read_when
    ) as each
    group by session_no, rule_id
)

select
    s.session_no,
    s.rule_id,
    s.is_certain,
    s.is_undecided and not s.is_certain as is_undecided,
    s.is_possible and not s.is_certain as is_possible,
    s.is_against and not s.is_certain and not s.is_undecided as is_against,
    s.is_unsided,
    r.refs,
    r.findings
from stated as s
inner join told as r on r.session_no = s.session_no and r.rule_id = s.rule_id
