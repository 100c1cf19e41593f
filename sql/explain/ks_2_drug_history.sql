/* Each drug charted for the patient, as far as it bears on the first session of the series: whether it counts, and why. */
select
    s.session_id,
    h.drug_class,
    h.drug,
    h.started_at,
    h.ended_at,
    cast(h.days_supply as double) as days_supply,
    h.outcome,
    h.origin,
    case when h.ran_until_us > h.from_us then (h.ran_until_us - h.from_us) / 86400000000.0 else 0 end as ran_d,
    case
        when not h.conventional then 'not a class of conventional analgesics'
        when h.is_on_form then 'counts: a form says so'
        when h.has_failed then 'counts: failed or not tolerated before the session'
        when t.is_certain and t.ran_d > 0 and h.ran_until_us > h.from_us then 'counts: its class ran long enough'
        when t.is_certain then 'its class counts by another row'
        when t.is_possible then 'may count: a time, the supply or the outcome is missing'
        else 'does not count: too short, too long ago, or after the session'
    end as reading,
    f.file,
    h.ref % 4294967296 as line
from drug_history as h
inner join session as s on s.session_no = h.session_no
inner join input_file as f on f.file_id = h.ref // 4294967296
left join tried_class as t on t.session_no = h.session_no and t.drug_class = h.drug_class
order by s.session_no, h.drug_class, h.started_at, h.ref
