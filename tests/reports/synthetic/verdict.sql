-- One verdict per session and rule, drawn by hash: as many apply, are known and violate per mille as rules.csv says.
create temp table verdict as
with drawn as (
    select s.*, r.*,
        hash(s.session_id || r.rule_id || 'a') % 1000 as a, hash(s.session_id || r.rule_id || 'b') % 1000 as b,
        hash(s.session_id || r.rule_id || 'c') % 1000 as c, hash(s.session_id || r.rule_id || 'd') % 1000 / 1000 as d
    from (select * exclude (flags), flags as session_flags from session) as s cross join share as r
),
decided as (
    select *, case when a >= applies then 'not_applicable' when b >= known then 'not_evaluable' when c < violates then 'violation' else 'compliant' end as verdict
    from drawn
),
valued as (
    select *,
        case verdict
            when 'violation' then case
                when limit_high is null then limit_low * (case when rule_id = 'KM-03' then 0 else 0.4 + 0.59 * d end)
                when rule_id = 'KD-07' and c = 0 then 1.0003
                when rule_id = 'KD-01' and c < 5 then 0.35
                when d > 0.97 then limit_high * 10
                when d < 0.25 then limit_high * (1.0001 + d / 20)
                else limit_high * (1 + d * 1.4) end
            when 'compliant' then case
                when limit_high is null then limit_low * (1 + d)
                else coalesce(limit_low, 0) + (limit_high - coalesce(limit_low, 0)) * (0.35 + 0.65 * sqrt(d)) * 0.999 end
        end as observed
    from decided
)
select
    '2026-10-01T060000Z-ab12cd' as run_id, session_id, patient_id, started_at as session_started_at, site_id, rule_id, verdict,
    case when verdict = 'violation' and family = 'dosing' then
        case when limit_high is null or observed < limit_low then 'below_range' when observed <= limit_high * 1.02 then 'marginal' else 'material' end end as grade,
    severity,
    case when c = 2 then null else observed end::double as observed,
    case when c = 2 then observed when verdict = 'not_evaluable' then 0.4 * limit_high else observed end::double as observed_low,
    case when c = 2 then observed * 1.2 when verdict = 'not_evaluable' then null else observed end::double as observed_high,
    unit, limit_low::double as limit_low, limit_high::double as limit_high, comparator,
    case verdict when 'not_evaluable' then case when family = 'monitoring' then 'not_covered' when b % 3 = 0 then 'weight_missing' when b % 3 = 1 then 'stop_missing' else 'unheard_of_reason' end
        when 'not_applicable' then 'no_event' end as reason,
    case when verdict = 'violation' then 'The value does not meet the protocol statement; see the source rows. '
        || case when c % 10 = 0 then $payloads[1 + c::integer // 10 % len($payloads)] else '' end
        when verdict = 'not_evaluable' then 'The data for this statement do not suffice.' end as detail,
    case when c = 3 then ['stop_missing', 'pump_weight_assumed'] when c = 7 then [$payloads[2]] else []::varchar[] end as flags,
    case when verdict = 'violation' then list_transform(range(1, 3 + c::integer % 9), lambda k: {
        'table': case when family = 'monitoring' then 'observation' else 'administration' end, 'row_id': 'A' || (c * 100 + k), 'file': case when family = 'monitoring' then 'observation/part-2026-04.csv' else 'administration.csv' end,
        'line': (c * 100 + k)::integer}) else [] end::struct("table" varchar, row_id varchar, file varchar, line integer)[] as evidence
from valued
