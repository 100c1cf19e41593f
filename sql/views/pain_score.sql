/* Pain scores on the 0 to 10 scale, at most one decimal. Another range, another unit or an unreadable value is no score; nothing is rescaled. */
select
    o.patient_id,
    o.encounter_id,
    o.value_number as nrs,
    o.effective_at,
    coalesce(o.effective_at_latest, o.effective_at) as effective_at_latest,
    cast(o.file_id as bigint) * 4294967296 + o.line as ref
from observation as o
where
    o.kind = 'pain_nrs'
    and o.value_number between 0 and 10
    and o.value_number * 10 = floor(o.value_number * 10)
    and coalesce(lower(replace(o.unit, ' ', '')), 'nrs') in ('nrs', '/10', '0-10', 'nrs/10', 'nrs0-10', 'points', 'point', 'score', '{score}', '1')
