-- The shipped protocol's settings.
create temp table setting as select date '2020-01-01' as effective_from, null::date as effective_to, 'ketamine' as product, 18.0::decimal(18, 6) as age_min, 240.0::decimal(18, 6) as session_gap_min, 'every' as bolus_apply_to,
5.0::decimal(18, 6) as merge_window_min, 15.0::decimal(18, 6) as inferred_max_min, 5.0::decimal(18, 6) as min_segment_min, 'dosing' as weight_basis,
30.0::decimal(18, 6) as lookback_d, 25.0::decimal(18, 6) as min_kg, 300.0::decimal(18, 6) as max_kg, 72.0::decimal(18, 6) as postsurgical_window_h,
'chronic' as context_when_unknown, 'session' as total_interpretation, true as count_bolus, true as count_pca, 15.0::decimal(18, 6) as interval_min,
5.0::decimal(18, 6) as grace_min, []::struct(until_min integer, interval_min integer)[] as phases, 30.0::decimal(18, 6) as baseline_min,
30.0::decimal(18, 6) as recovery_min, 60.0::decimal(18, 6) as pause_exempt_min, true as respiratory_any, ['respiratory_rate', 'spo2', 'etco2'] as respiratory_kinds,
90.0::decimal(18, 6) as series_gap_d, 30.0::decimal(18, 6) as series_review_d, 65.0::decimal(18, 6) as elderly_age
