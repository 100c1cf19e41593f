/* FHIR R4 Observation, final or not; what was entered in error, cancelled, or not measured for a reason is no observation.

One whose codes mean several kinds, or whose coded answer means several values, is refused: it may be any of them. */
with charted as (
    select
        file_id,
        line,
        subject.reference as subject,
        reference_id(encounter.reference) as encounter_id,
        code,
        valuequantity.code as unit_code,
        valuequantity.unit as unit_text,
        coalesce(exact_value(valuequantity), valueinteger, valuestring, valueboolean) as value,
        valuecodeableconcept as concept,
        dataabsentreason is not null as is_absent,
        component is null as is_alone,
        null as modifier,
        referencerange[1].high.value as upper_limit,
        method.text as method,
        bodysite,
        coalesce(effectivedatetime, effectiveinstant, effectiveperiod."end", effectiveperiod.start) as effective_at,
        issued
    from fhir_observation as o
    where
        coalesce(status, '') not in ('entered-in-error', 'cancelled')
        and not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
    union all
    select
        file_id,
        line,
        subject.reference,
        reference_id(encounter.reference),
        measure.code,
        measure.valuequantity.code,
        measure.valuequantity.unit,
        coalesce(exact_value(measure.valuequantity), measure.valueinteger, measure.valuestring),
        measure.valuecodeableconcept,
        measure.dataabsentreason is not null,
        true,
        measure.modifierextension,
        measure.referencerange[1].high.value,
        method.text,
        bodysite,
        coalesce(effectivedatetime, effectiveinstant, effectiveperiod."end", effectiveperiod.start),
        issued
    from (
        select
            *,
            unnest(component) as measure
        from fhir_observation
        where component is not null
    ) as o
    where
        coalesce(status, '') not in ('entered-in-error', 'cancelled')
        and not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
),

known_value as (
    select distinct value
    from value_code
),

answer as (
    select
        a.concept,
        coalesce(min(v.value), lower(coalesce(min(a.concept.text), min(a.coding.display), min(a.coding.code)))) as value,
        len(list_distinct(flatten([list(v.value), list(w.value), list(t.value)]))) > 1 as is_contradictory
    from (
        select
            concept,
            unnest(coalesce(concept.coding, [null])) as coding
        from (
            select distinct valuecodeableconcept as concept from fhir_observation where valuecodeableconcept is not null
            union
            select distinct p.part.valuecodeableconcept
            from (select unnest(component) as part from fhir_observation where component is not null) as p
        ) as d
    ) as a
    left join value_code as v on v.system = a.coding.system and v.code = a.coding.code
    left join known_value as w on w.value = lower(trim(a.coding.display))
    left join known_value as t on t.value = lower(trim(a.concept.text))
    group by a.concept
),

side as (
    select
        s.site,
        min(c.side) as side
    from (select site, unnest(site.coding) as coding from (select distinct bodysite as site from fhir_observation where bodysite is not null) as b) as s
    inner join side_code as c on c.system = s.coding.system and c.code = s.coding.code
    group by s.site
)

select
    o.file_id,
    o.line,
    case when d.line is null then reference_id(o.subject) else d.patient_id end as patient_id,
    coalesce(whole.whole_id, o.encounter_id) as encounter_id,
    k.kind,
    case
        when regexp_matches(o.value, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(o.value as decimal(18, 9)) as varchar), o.value)
        else coalesce(o.value, a.value)
    end as value,
    agreed_unit(u.meaning, case when o.unit_code is not null then w.meaning end, coalesce(o.unit_code, o.unit_text)) as unit,
    coalesce(k.method, lower(o.method)) as method,
    s.side as laterality,
    o.upper_limit,
    o.effective_at,
    o.issued as recorded_at,
    case
        when d.line is not null then d.refused
        when o.modifier is not null then 'modifier_extension'
        when k.is_contradictory or a.is_contradictory then 'codes_contradict'
    end as refused
from charted as o
inner join observation_kind as k on k.code = o.code
left join admission as whole on whole.id = o.encounter_id
left join answer as a on a.concept = o.concept
left join side as s on s.site = o.bodysite
left join unit_code as u on u.unit = lower(coalesce(o.unit_code, o.unit_text))
left join unit_code as w on w.unit = lower(o.unit_text)
left join doubted as d on d.file_id = o.file_id and d.line = o.line
where
    (k.kind is not null or (k.is_contradictory and (o.is_alone or coalesce(o.value, a.value) is not null)))
    and (not o.is_absent or coalesce(o.value, a.value) is not null)
