/* The pharmacy worklist in its order, without what is only shown: what is outside a limit or unusual, most urgent first, then what does not fit. */
with suspected as (
    select session_id, rule_id, list(suspicion order by suspicion) as suspected
    from unit_slip
    group by session_id, rule_id
),

dose as (
    select
        case when u.suspected is not null then 'suspected_slip' else 'outside_limit' end as kind,
        v.session_id,
        v.rule_id,
        v.severity,
        true as is_finding,
        case when u.suspected is not null then 0 when v.grade = 'material' then 1 else 2 end as urgency,
        case
            when coalesce(v.observed, v.observed_high) < v.limit_low then v.limit_low / nullif(coalesce(v.observed, v.observed_high), 0)
            else coalesce(v.observed, v.observed_low) / nullif(v.limit_high, 0)
        end as distance,
        x.usual,
        x.usual_sessions,
        x.robust_score,
        u.suspected,
        cast(null as varchar) as reason,
        cast(null as struct(file varchar, line bigint) []) as source
    from verdict as v
    left join unusual_dose as x on x.session_id = v.session_id and x.rule_id = v.rule_id
    left join suspected as u on u.session_id = v.session_id and u.rule_id = v.rule_id
    where v.verdict = 'violation' and v.rule_id like 'KD-%' and v.rule_id <> 'KD-10' -- a duration is no dose
    union all
    select 'unusual_here', session_id, rule_id, severity, false, 3, abs(robust_score), usual, usual_sessions, robust_score, null, null, null
    from unusual_dose
    where verdict <> 'violation'
),

doubted as (
    select
        v.session_id,
        v.rule_id,
        v.verdict,
        v.detail,
        case when list_contains(v.flags, 'concentration_missing') then 'concentration_missing' else 'concentration_conflict' end as kind,
        row_number() over (partition by v.session_id order by case v.verdict when 'not_evaluable' then 0 when 'violation' then 1 else 2 end, v.rule_id) as place
    from verdict as v
    where v.rule_id like 'KD-%' and list_has_any(v.flags, ['concentration_missing', 'concentration_conflict'])
),

odd as (
    select
        site_id,
        mg_per_ml,
        sessions,
        site_sessions,
        unnest(odd) as one
    from kd_concentration
    where odd is not null
),

common as (
    select site_id, string_agg(shown(mg_per_ml, 3), ', ' order by sessions desc, mg_per_ml) as usual
    from kd_concentration
    where sessions * 20 >= site_sessions
    group by site_id
),

container as (
    select
        session_no,
        string_agg(
            coalesce('container ' || container_id, 'container not named') || ': dispensed ' || shown(dispensed_mg, 3) || ' mg, wasted ' || shown(wasted_mg, 3)
            || ' mg, returned ' || shown(returned_mg, 3) || ' mg'
            || case when unreadable > 0 then ', ' || cast(unreadable as varchar) || ' unreadable' else '' end
            || case when wasted_alone > 0 then ', ' || cast(wasted_alone as varchar) || ' wasted without a second person' else '' end,
            '; ' order by container_id nulls last
        ) as said
    from kr_container
    group by session_no
),

listed as (
    select kind, session_id, rule_id, severity, is_finding, urgency, distance, usual, usual_sessions, robust_score, suspected, reason, source
    from dose
    union all
    select kind, session_id, rule_id, null, verdict = 'violation', 4, 0, null, null, null, null, detail, null
    from doubted
    where place = 1
    union all
    select
        'concentration_unusual',
        s.session_id,
        null,
        null,
        false,
        5,
        cast(o.site_sessions as double) / o.sessions,
        null,
        o.site_sessions,
        null,
        null,
        shown(o.mg_per_ml, 6) || ' mg/mL was charted in ' || cast(o.sessions as varchar) || ' of ' || cast(o.site_sessions as varchar)
        || ' sessions with a concentration at this site' || coalesce('; usual: ' || c.usual || ' mg/mL', '') || '.',
        [struct_pack(file := o.one.file, line := cast(o.one.line as bigint))]
    from odd as o
    inner join session as s on s.session_no = o.one.session_no
    left join common as c on c.site_id is not distinct from o.site_id
    union all
    select
        case when w.rival_source = 'pump' then 'pump_weight' else 'weight_conflict' end,
        s.session_id,
        null,
        null,
        false,
        6,
        greatest(w.used_kg_high, w.rival_kg_high) / nullif(least(w.used_kg_low, w.rival_kg_low), 0),
        null,
        null,
        null,
        null,
        'Used: ' || shown(w.used_kg_low, 3) || coalesce(' to ' || nullif(shown(w.used_kg_high, 3), shown(w.used_kg_low, 3)), '')
        || ' kg (' || replace(w.used_source, '_', ' ') || '); also charted: ' || shown(w.rival_kg_low, 3)
        || coalesce(' to ' || nullif(shown(w.rival_kg_high, 3), shown(w.rival_kg_low, 3)), '')
        || ' kg (' || replace(w.rival_source, '_', ' ') || ')'
        || case
            when
                greatest(w.used_kg_high, w.rival_kg_high) >= least(w.used_kg_low, w.rival_kg_low) * 2.138462
                and greatest(w.used_kg_high, w.rival_kg_high) <= least(w.used_kg_low, w.rival_kg_low) * 2.270738
                then ': suspected lb for kg'
            when
                greatest(w.used_kg_high, w.rival_kg_high) >= least(w.used_kg_low, w.rival_kg_low) * 9.5
                and greatest(w.used_kg_high, w.rival_kg_high) <= least(w.used_kg_low, w.rival_kg_low) * 10.5
                then ': suspected slip of ten'
            else ''
        end
        || '.',
        [
            struct_pack(file := w.used_file, line := cast(w.used_line as bigint)),
            struct_pack(file := w.rival_file, line := cast(w.rival_line as bigint))
        ]
    from kd_weight_rival as w
    inner join session as s on s.session_no = w.session_no
    union all
    select
        case v.rule_id when 'KR-01' then 'not_reconciled' else 'waste_not_witnessed' end,
        v.session_id,
        v.rule_id,
        null,
        true,
        case v.rule_id when 'KR-01' then 7 else 8 end,
        abs(coalesce(v.observed, v.observed_low, 0)),
        null,
        null,
        null,
        null,
        v.detail || coalesce(' ' || upper(left(c.said, 1)) || substr(c.said, 2) || '.', ''),
        null
    from verdict as v
    inner join session as s on s.session_id = v.session_id
    left join container as c on c.session_no = s.session_no
    where v.rule_id in ('KR-01', 'KR-02') and v.verdict = 'violation'
)

select
    l.*,
    s.session_no,
    row_number() over (order by l.urgency, n.rank nulls last, l.distance desc nulls first, s.started_at, s.session_id, l.rule_id, l.kind) as place
from listed as l
inner join session as s on s.session_id = l.session_id
left join (values ('critical', 0), ('major', 1), ('minor', 2), ('info', 3)) as n (severity, rank) on n.severity = l.severity
order by place
