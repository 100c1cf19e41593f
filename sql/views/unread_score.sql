/* Values of the kinds that may call for action (KM-04, KM-05) that are no number and no word of their scale: what they said is unknown. A number outside its scale is no assessment (view assessment). */
select
    o.patient_id,
    q.domain,
    q.requirement,
    o.kind,
    o.effective_at,
    coalesce(o.effective_at_latest, o.effective_at) as effective_at_latest,
    cast(o.file_id as bigint) * 4294967296 + o.line as ref
from observation as o
inner join requirement as q on q.kind = o.kind
where
    q.domain in ('sedation', 'respiratory', 'unlisted')
    and o.value_number is null
    and not (o.kind = 'poss' and upper(o.value) = 'S')
