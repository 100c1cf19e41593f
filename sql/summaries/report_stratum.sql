-- The view that the summaries of strata share: every session once under each stratifier, with what became of its pain within two weeks.
select
    t.session_id,
    s.patient_id,
    s.started_at,
    o.is_due,
    o.status,
    o.status not in ('out_of_scope', 'postsurgical', 'context_unknown') as is_counted,
    o.baseline,
    o.responder_30,
    unnest([
        'indication', 'elderly', 'dose_band', 'co_analgesia', 'opioid_change', 'series_number', 'series_length', 'other_route'
    ]) as stratifier,
    unnest([
        t.indication, t.elderly, t.dose_band, t.co_analgesia, t.opioid_change, t.series_number, t.series_length, t.other_route
    ]) as stratum
from stratum as t
inner join session as s on t.session_id = s.session_id
inner join pain_outcome as o on t.session_id = o.session_id and o.window_code = 'weeks'
