-- Strata drawn by hash, one of them unheard of and one hostile; outcomes in which every state of a measurement occurs.
create temp table stratum as
select
    session_no,
    session_id,
    case when hash(session_id || 'i') % 23 = 0 then 'unknown' when hash(session_id || 'i') % 23 = 1 then $payload
        when hash(patient_id || 'i') % 3 = 0 then 'crps' when hash(patient_id || 'i') % 3 = 1 then 'fibromyalgia' else 'neuropathic_pain' end as indication,
    'order' as indication_source,
    case when hash(session_id || 'e') % 50 = 0 then 'unknown' when age_years >= 65 then 'elderly' else 'younger' end as elderly,
    case hash(session_id || 'd') % 9 when 0 then 'unknown' when 1 then 'over_2' when 2 then '1_to_2' when 3 then 'to_0.5' else '0.5_to_1' end as dose_band,
    case hash(session_id || 'c') % 5 when 0 then 'unknown' when 1 then 'opioid_only' when 2 then 'opioid_and_other' when 3 then 'other_only' else 'none' end as co_analgesia,
    case hash(session_id || 'c') % 5 when 1 then ['opioid'] when 2 then ['nsaid', 'opioid'] when 3 then ['gabapentinoid'] else [] end::varchar[] as co_analgesic_classes,
    case hash(session_id || 'o') % 5 when 0 then 'unknown' when 1 then 'less' when 2 then 'more' when 3 then 'same' else 'none' end as opioid_change,
    null::decimal(18, 9) as mme_before, null::decimal(18, 9) as mme_after,
    case hash(session_id || 's') % 4 when 0 then 'from_6' when 1 then '2_to_5' else 'first' end as series_number,
    case hash(session_id || 'l') % 4 when 0 then 'over_90_d' else 'to_90_d' end as series_length,
    case hash(session_id || 'r') % 40 when 0 then 'epidural' when 1 then 'several' when 2 then 'unknown' else 'none' end as other_route,
    case when hash(session_id || 'd') % 9 > 0 then 0.2 + hash(session_id || 't') % 300 / 100 end::double as total_mg_per_kg
from session;
create temp table pain_outcome as
with drawn as (
    select
        s.session_no, s.context, w.window_code, w.complete, hash(s.session_id || w.window_code) % 100 as a,
        (3 + hash(s.session_id || 'b') % 8 - case when hash(s.session_id || 'z') % 20 = 0 then 3 + hash(s.session_id || 'b') % 8 else 0 end)::decimal(18, 9) as baseline,
        (hash(s.session_id || w.window_code || 'f') % 8)::decimal(18, 9) as lowest
    from session as s cross join (values ('immediate', 90), ('weeks', 70), ('months', 40)) as w(window_code, complete)
),
placed as (
    select *, case when context = 'postsurgical' then 'postsurgical' when a = 0 then 'out_of_scope' when a = 1 then 'context_unknown' when a = 2 then 'closed'
        when a = 3 then 'not_covered' when a = 4 then 'time_unknown' when a = 5 then 'no_baseline' when a < complete then 'measured' else 'no_score' end as status
    from drawn
)
select
    session_no, window_code, status, status in ('measured', 'no_score', 'no_baseline', 'time_unknown') as is_due,
    case when status <> 'no_baseline' then baseline end as baseline,
    case when status = 'measured' then lowest end as lowest, case when status = 'measured' then lowest end as last_score,
    case when status = 'measured' then lowest end as score_total, case when status = 'measured' then 1 end as score_count,
    case when status = 'measured' then lowest - baseline end as change_lowest, case when status = 'measured' then lowest - baseline end as change_last,
    case when status = 'measured' then lowest - baseline end::decimal(18, 6) as change_mean,
    case when status = 'measured' and baseline > 0 then 10 * (baseline - lowest) >= 3 * baseline end as responder_30,
    case when status = 'measured' and baseline > 0 then 10 * (baseline - lowest) >= 5 * baseline end as responder_50
from placed;
create temp table benchmark as
select
    benchmark_id, 'A published figure' as title, unit, measure, display, '211 patients' as population, indication, 'meta-analysis' as design,
    'the window' as window_words, 'at least 30 % relief' as responder_definition, '' as regimen, caveat, 'seed' as source, $payload as citation, 'quote' as quote,
    figure::decimal(18, 6) as figure, low::decimal(18, 6) as interval_low, high::decimal(18, 6) as interval_high, comparison::decimal(18, 6) as comparison,
    ratio::decimal(18, 6) as ratio, null::decimal(18, 6) as ratio_low, null::decimal(18, 6) as ratio_high, from_h::decimal(18, 6) as from_h,
    to_h::decimal(18, 6) as to_h, 30::decimal(18, 6) as responder_percent, seed_line
from (values
    ('KB-01', 'points on a 0-10 scale', 'between_groups', 'text', '', 'Never share an axis.', -1.83, -2.35, -1.31, null, null, 48, 336, 26),
    ('KB-02', '%', 'trial_arm', 'line', '', 'Trial arm; definitions differ.', 51.3, null, null, 19.4, 2.43, 48, 336, 29),
    ('KB-03', '%', 'self_controlled', 'band', 'crps', 'The regimens behind this figure do not meet the dose rules.', 69, 53, 84, null, null, 0, 24, 16),
    ('KB-04', '%', 'self_controlled', 'band', 'crps', 'The regimens behind this figure do not meet the dose rules.', 58, 41, 75, null, null, 720, 2160, 17)
) as b(benchmark_id, unit, measure, display, indication, caveat, figure, low, high, comparison, ratio, from_h, to_h, seed_line)
