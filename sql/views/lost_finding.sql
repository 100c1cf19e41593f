/*
Sessions that a quarantined diagnosis, observation or checklist row of the same patient might concern, for each contraindication:
what it might have said is unknown. Its kind and date limit it where they can be read; a kind that no rule uses is no loss.
So is an answer at a local time that occurred twice, once before the start and once after it.
*/
with lost as (
    select
        q.table_name,
        q.file_id,
        q.line,
        q.patient_id,
        max(q.event) as what,
        max(q.on_date) as on_date
    from quarantine as q
    where q.table_name in ('condition', 'observation', 'screening') and q.scope = 'row'
    group by q.table_name, q.file_id, q.line, q.patient_id
    having max(case when q.reason = 'kind_not_used' then 1 else 0 end) = 0
),

concern as (
    select col0 as table_name, col1 as what, col2 as rule_id
    from (values
        ('observation', 'systolic_bp', 'KC-01'),
        ('observation', 'diastolic_bp', 'KC-01'),
        ('observation', 'hcg', 'KC-02'),
        ('observation', 'child_pugh', 'KC-04'),
        ('observation', 'alt', 'KC-04'),
        ('observation', 'ast', 'KC-04'),
        ('observation', 'bilirubin', 'KC-04'),
        ('observation', 'icp', 'KC-05'),
        ('observation', 'iop', 'KC-06'),
        ('screening', 'uncontrolled_cardiovascular_disease', 'KC-01'),
        ('screening', 'pregnancy', 'KC-02'),
        ('screening', 'active_psychosis', 'KC-03'),
        ('screening', 'severe_liver_dysfunction', 'KC-04'),
        ('screening', 'high_intracranial_pressure', 'KC-05'),
        ('screening', 'high_intraocular_pressure', 'KC-06'),
        ('observation', 'hcg', 'KC-12'),
        ('screening', 'pregnancy_exempt', 'KC-12'))
    union all
    select distinct 'condition', null, code_set
    from code_set
    where starts_with(code_set, 'KC-')
    union all
    select 'condition', null, 'KC-12'
    union all
    select 'screening', null, 'KC-10'
),

reached as (
    select
        n.table_name,
        n.what,
        n.rule_id,
        case
            when n.table_name = 'screening' then t.form_old_window_d
            when n.rule_id = 'KC-12' then r.limit_high
            when n.what in ('systolic_bp', 'diastolic_bp') then cast(t.bp_window_min as double) / 1440
            when n.what = 'hcg' then t.hcg_window_d
            when n.what = 'child_pugh' then t.child_pugh_window_d
            when n.what in ('alt', 'ast', 'bilirubin') then t.liver_window_d
            when n.what = 'icp' then cast(t.icp_window_h as double) / 24
            when n.what = 'iop' then t.iop_window_d
        end as days
    from concern as n
    cross join setting as t
    left join rule as r on r.rule_id = n.rule_id
),

missed as (
    select s.session_no, r.rule_id, cast(l.file_id as bigint) * 4294967296 + l.line as ref
    from session as s
    inner join lost as l on l.patient_id = s.patient_id
    inner join reached as r on r.table_name = l.table_name and (l.what is null or r.what is null or l.what = r.what)
    where
        l.on_date is null
        or (l.on_date <= cast(s.ended_local as date) + 1 and l.on_date >= s.local_date - 1 - cast(ceil(r.days) as integer))
    union all
    select s.session_no, r.rule_id, cast(a.file_id as bigint) * 4294967296 + a.line
    from session as s
    inner join screening as a on a.patient_id = s.patient_id and a.answered_at <= s.started_at and a.answered_at_latest > s.started_at
    inner join reached as r on r.table_name = 'screening' and coalesce(r.what = a.item, true)
)

select
    session_no,
    rule_id,
    list(distinct ref) as refs
from missed
group by session_no, rule_id
