/* The strata of each session, under its pseudonym. */
select
    t.session_no,
    i.alias as session_id,
    t.indication,
    t.indication_source,
    t.elderly,
    t.dose_band,
    t.co_analgesia,
    t.co_analgesic_classes,
    t.opioid_change,
    t.mme_before,
    t.mme_after,
    t.series_number,
    t.series_length,
    t.other_route,
    t.total_mg_per_kg
from stratum as t
inner join alias as i on i.kind = 'session' and i.original = t.session_id
order by t.session_no
