/* Observations that count as an assessment: a required kind, with a value that its scale allows. Values outside are no assessments. */
select
    o.patient_id,
    q.domain,
    q.requirement,
    o.kind,
    o.value_number as score,
    o.unit,
    o.effective_at,
    coalesce(o.effective_at_latest, o.effective_at) as effective_at_latest,
    cast(o.file_id as bigint) * 4294967296 + o.line as ref
from observation as o
inner join requirement as q on q.kind = o.kind
where
    case o.kind
        when 'rass' then o.value_number between -5 and 4 and o.value_number = floor(o.value_number)
        when 'poss' then upper(o.value) = 'S' or (o.value_number between 1 and 4 and o.value_number = floor(o.value_number))
        when 'ramsay' then o.value_number between 1 and 6 and o.value_number = floor(o.value_number)
        when 'moaas' then o.value_number between 0 and 5 and o.value_number = floor(o.value_number)
        when 'aldrete_consciousness' then o.value_number between 0 and 2 and o.value_number = floor(o.value_number)
        when 'respiratory_rate' then o.value_number between 1 and 80
        when 'spo2' then o.value_number between 30 and 100
        when 'etco2' then o.value_number between 1 and 120
        when 'psychomimetic' then lower(o.value) in ('none', 'present')
        when 'cadss' then o.value_number between 0 and 92
        else o.value_number >= 0
    end
