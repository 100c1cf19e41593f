/* Each session's verdict inputs for the rules on abnormal values, by domain: what was seen, what was done, and what of it cannot be known. */
with covered as (
    select
        s.session_no,
        q.domain,
        count(distinct q.requirement) = count(distinct c.requirement) as is_covered
    from session as s
    cross join setting as t
    cross join (select distinct domain, requirement from requirement where domain in ('sedation', 'respiratory')) as q
    left join covered_time as c
        on
            c.requirement = q.requirement
            and c.site = s.site
            and (c.department is null or c.department = s.department)
            and c.covered_from <= s.started_at
            and (
                epoch_us(c.covered_to) > epoch_us(s.ended_at_high) + as_us(t.recovery_min)
                or (s.ended_at_high is null and c.is_open_ended)
            )
    group by s.session_no, q.domain
),

/* Rows that were kept out, as far as they can still be placed: what they held is unknown. An intervention concerns both domains. */
lost_intervention as (
    select
        s.session_no,
        list(distinct cast(q.file_id as bigint) * 4294967296 + q.line) as refs
    from quarantine as q
    left join requirement as k on k.kind = q.event
    inner join session as s on s.patient_id = q.patient_id
    where
        q.table_name = 'intervention'
        and q.scope = 'row'
        and (q.event is null or k.domain = 'action')
        and (q.on_date is null or (q.on_date >= s.local_date - 1 and q.on_date <= cast(coalesce(s.ended_at_high, s.ended_at) as date) + 1))
    group by s.session_no
),

lost_value as (
    select
        session_no,
        case when domain = 'unlisted' then 'respiratory' else domain end as domain,
        list_sort(list(distinct ref)) as refs
    from lost_observation
    where domain <> 'psychoperceptual'
    group by session_no, case when domain = 'unlisted' then 'respiratory' else domain end
),

lost as (
    select
        s.session_no,
        d.domain,
        v.refs as value_refs,
        list_sort(a.refs) as action_refs
    from session as s
    cross join (values ('sedation'), ('respiratory')) as d (domain)
    left join lost_value as v on v.session_no = s.session_no and v.domain = d.domain
    left join lost_intervention as a on a.session_no = s.session_no
    where v.session_no is not null or a.session_no is not null
),

/* Without an action in time: whether the interventions, and the observations that might hold a normal repeat, are covered for long enough. */
absence as (
    select
        e.session_no,
        e.domain,
        e.event_no,
        count(distinct case when c.requirement in ('oxygen', 'airway', 'rescue_drug', 'escalation') then c.requirement end) = 4 as actions_covered,
        count(distinct case when list_contains(e.requirements, c.requirement) then c.requirement end) = len(e.requirements) as repeats_covered
    from abnormal_event as e
    inner join session as s on s.session_no = e.session_no
    cross join setting as t
    left join covered_time as c
        on
            c.site = s.site
            and (c.department is null or c.department = s.department)
            and c.covered_from <= e.started_at
            and epoch_us(c.covered_to) > case
                when c.requirement in ('oxygen', 'airway', 'rescue_drug', 'escalation') then epoch_us(e.started_at) + e.limit_us
                else epoch_us(e.last_at) + as_us(t.transient_min)
            end
    where not e.acted_in_time
    group by e.session_no, e.domain, e.event_no, e.requirements
),

decided as (
    select
        e.*,
        a.actions_covered,
        case
            when e.is_transient or e.acted_in_time then false
            when
                not e.is_transient
                and not e.possibly_acted_in_time
                and a.actions_covered
                and a.repeats_covered
                and o.session_no is null
                and not coalesce(r.rate_lost, false)
                then true
        end as is_ignored
    from abnormal_event as e
    left join absence as a on a.session_no = e.session_no and a.domain = e.domain and a.event_no = e.event_no
    left join lost as o on o.session_no = e.session_no and o.domain = e.domain
    left join lost_row as r on r.session_no = e.session_no
),

summed as (
    select
        session_no,
        domain,
        max(coalesce(is_ignored, false)) as ignored,
        max(is_ignored is null) as undecided,
        max(is_ignored is null and not actions_covered) as action_not_covered,
        case when count(case when not coalesce(is_transient, false) and possibly_us is null then 1 end) = 0 then max(possibly_us) end as low_us,
        case when count(case when not coalesce(is_transient, false) and certainly_us is null then 1 end) = 0 then max(certainly_us) end as high_us,
        max(is_artefact) as is_artefact,
        list_distinct(flatten(list(list_append(refs, action_ref)))) as refs
    from decided
    group by session_no, domain
),

possible as (
    select session_no, domain, list(ref) as refs
    from abnormal_value
    where not is_certain
    group by session_no, domain
)

select
    c.session_no,
    c.domain,
    case
        when s.session_no is not null then true
        when p.session_no is not null or not c.is_covered or o.value_refs is not null then null
        else false
    end as is_abnormal,
    case
        when s.ignored then true
        when s.undecided or p.session_no is not null or not c.is_covered or o.value_refs is not null then null
        else false
    end as is_ignored,
    s.low_us / 60000000.0 as low,
    s.high_us / 60000000.0 as high,
    case
        when o.value_refs is not null or (s.undecided and o.action_refs is not null) then 'observation_kept_out'
        when p.session_no is not null then 'abnormal_unknown'
        when not c.is_covered then 'not_covered'
        when s.action_not_covered then 'action_not_covered'
        when s.session_no is null then 'no_abnormal_value'
        when r.rate_lost then 'row_kept_out'
        else 'bounds_straddle_limit'
    end as reason,
    coalesce(s.is_artefact, false) as is_artefact,
    list_filter(
        flatten([
            s.refs,
            p.refs,
            case when s.undecided and r.rate_lost then r.refs end,
            o.value_refs,
            case when s.undecided then o.action_refs end
        ]),
        lambda ref: ref is not null
    ) as refs
from covered as c
left join summed as s on s.session_no = c.session_no and s.domain = c.domain
left join possible as p on p.session_no = c.session_no and p.domain = c.domain
left join lost as o on o.session_no = c.session_no and o.domain = c.domain
left join lost_row as r on r.session_no = c.session_no
