/*
Measurements that speak about a contraindication at each session's start: over the protocol's threshold, not over it, or unusable (NULL).
The latest reading of each kind (and eye) counts; of intracranial pressure and of positive pregnancy tests every one in the window.
A value or unit that cannot be read, a value that nobody can have, and a time that may lie outside the window never acquit.
*/
with wanted as (
    select
        k.col0 as kind,
        k.col1 as rule_id,
        cast(k.col2 as bigint) as window_us,
        k.col3 as lowest,
        k.col4 as highest,
        k.col5 as limit_value,
        k.col6 as alone_value,
        k.col7 as is_pressure
    from setting as t
    cross join lateral (values
        ('systolic_bp', 'KC-01', as_us(t.bp_window_min), 40, 350, t.systolic_limit, null, true),
        ('diastolic_bp', 'KC-01', as_us(t.bp_window_min), 10, 250, t.diastolic_limit, null, true),
        ('hcg', 'KC-02', as_us(t.hcg_window_d * 1440), null, null, null, null, false),
        ('child_pugh', 'KC-04', as_us(t.child_pugh_window_d * 1440), 5, 15, t.child_pugh_limit, null, false),
        ('alt', 'KC-04', as_us(t.liver_window_d * 1440), 0, 1000000, t.transaminase_times, t.transaminase_alone_times, false),
        ('ast', 'KC-04', as_us(t.liver_window_d * 1440), 0, 1000000, t.transaminase_times, t.transaminase_alone_times, false),
        ('bilirubin', 'KC-04', as_us(t.liver_window_d * 1440), 0, 1000000, t.bilirubin_times, null, false),
        ('icp', 'KC-05', as_us(t.icp_window_h * 60), -30, 150, t.icp_limit, null, true),
        ('iop', 'KC-06', as_us(t.iop_window_d * 1440), 0, 100, t.iop_limit, null, true)
    ) as k
),

charted as (
    select
        o.patient_id,
        o.kind,
        lower(o.value) as word,
        o.value_number,
        o.unit,
        o.upper_limit,
        o.effective_at,
        coalesce(o.effective_at_latest, o.effective_at) as effective_at_latest,
        cast(o.file_id as bigint) * 4294967296 + o.line as ref,
        unnest(
            case
                when o.kind = 'iop' and o.laterality = 'both' then ['left', 'right']
                when o.kind = 'iop' and list_contains(coalesce(o.invalid, []), 'laterality') then ['unreadable']
                when o.kind = 'iop' then [coalesce(o.laterality, 'unsided')]
                else ['']
            end
        ) as side
    from observation as o
    where o.kind in ('systolic_bp', 'diastolic_bp', 'hcg', 'child_pugh', 'alt', 'ast', 'bilirubin', 'icp', 'iop')
),

seen as (
    select
        s.session_no,
        s.started_at,
        w.rule_id,
        w.limit_value,
        w.alone_value,
        c.kind,
        c.side,
        c.word,
        cast(c.upper_limit as decimal(38, 9)) as upper_limit,
        c.effective_at,
        c.effective_at_latest,
        c.ref,
        rank() over (partition by s.session_no, c.kind, c.side order by c.effective_at_latest desc) as recency,
        epoch_us(c.effective_at) >= epoch_us(s.started_at) - w.window_us and c.effective_at_latest <= s.reaches_to as is_timely,
        case
            when w.is_pressure and not coalesce(normal_unit(c.unit) in ('mmhg', 'mm[hg]'), false) then null
            when c.kind in ('alt', 'ast', 'bilirubin') and not coalesce(c.upper_limit > 0, false) then null
            when c.value_number between w.lowest and w.highest then cast(c.value_number as decimal(38, 9))
        end as value_number
    from (
        select session_no, patient_id, started_at, true as is_hcg, coalesce(ended_at_high, ended_at) as reaches_to
        from session
        union all
        select session_no, patient_id, started_at, false, started_at
        from session
    ) as s
    inner join charted as c on c.patient_id = s.patient_id and (c.kind = 'hcg') = s.is_hcg
    inner join wanted as w on w.kind = c.kind
    where epoch_us(c.effective_at_latest) >= epoch_us(s.started_at) - w.window_us and c.effective_at <= s.reaches_to
)

select
    session_no,
    rule_id,
    kind,
    side,
    ref,
    effective_at_latest <= started_at as is_before,
    case
        when not is_timely then null
        when kind = 'hcg' then case word when 'positive' then true when 'negative' then false end
        when kind = 'child_pugh' and word in ('a', 'b', 'c')
            then case
                when case word when 'a' then 5 when 'b' then 7 else 10 end >= limit_value then true
                when case word when 'a' then 6 when 'b' then 9 else 15 end < limit_value then false
            end
        when kind in ('systolic_bp', 'diastolic_bp', 'child_pugh') then value_number >= limit_value
        when kind in ('alt', 'ast', 'bilirubin') then value_number > limit_value * upper_limit
        else value_number > limit_value
    end as is_over,
    coalesce(is_timely and value_number > alone_value * upper_limit, false) as is_far_over,
    effective_at,
    before_or_after(effective_at, started_at) as read_when,
    coalesce(word, 'unreadable') as shown_value,
    case kind
        when 'hcg' then coalesce(word, 'unreadable') || ' pregnancy test'
        when 'child_pugh' then 'Child-Pugh ' || upper(coalesce(word, 'unreadable'))
        when 'icp' then 'intracranial pressure ' || coalesce(word, 'unreadable') || ' mmHg'
        when 'iop' then 'eye pressure ' || coalesce(word, 'unreadable') || ' mmHg' || case when side in ('left', 'right') then ' (' || side || ')' else '' end
        else case kind when 'bilirubin' then kind else upper(kind) end || ' ' || coalesce(word, 'unreadable')
            || coalesce(' (upper limit ' || shown(upper_limit, 3) || ')', ' (no upper limit)')
    end || ', ' || before_or_after(effective_at, started_at) as finding
from seen
where recency = 1 or kind in ('hcg', 'icp')
