/* FHIR R4 Observation, final or not; what was entered in error, cancelled, or not measured for a reason is no observation. */
with answer as (
    select
        a.concept,
        coalesce(min(v.value), lower(coalesce(min(a.concept.text), min(a.coding.display), min(a.coding.code)))) as value
    from (
        select
            concept,
            unnest(coalesce(concept.coding, [null])) as coding
        from (
            select distinct valuecodeableconcept as concept from latest_observation where valuecodeableconcept is not null
            union
            select distinct p.part.valuecodeableconcept
            from (select unnest(component) as part from latest_observation where component is not null) as p
        ) as d
    ) as a
    left join value_code as v on v.system = a.coding.system and v.code = a.coding.code
    group by a.concept
),

side as (
    select
        s.site,
        min(c.side) as side
    from (select site, unnest(site.coding) as coding from (select distinct bodysite as site from latest_observation where bodysite is not null) as b) as s
    inner join side_code as c on c.system = s.coding.system and c.code = s.coding.code
    group by s.site
),

measured as (
    select
        * exclude (component),
        unnest(component) as measure
    from latest_observation
    where component is not null
),

charted as (
    select
        file_id,
        line,
        status,
        subject.reference as subject,
        encounter.reference as encounter,
        code,
        valuequantity as quantity,
        coalesce(exact_value(valuequantity), valueinteger, valuestring, valueboolean) as value,
        valuecodeableconcept as concept,
        dataabsentreason is not null as is_absent,
        referencerange[1].high.value as upper_limit,
        method.text as method,
        bodysite,
        coalesce(effectivedatetime, effectiveinstant, effectiveperiod."end", effectiveperiod.start) as effective_at,
        issued
    from latest_observation
    union all
    select
        file_id,
        line,
        status,
        subject.reference,
        encounter.reference,
        measure.code,
        measure.valuequantity,
        coalesce(exact_value(measure.valuequantity), measure.valueinteger, measure.valuestring),
        measure.valuecodeableconcept,
        measure.dataabsentreason is not null,
        measure.referencerange[1].high.value,
        method.text,
        bodysite,
        coalesce(effectivedatetime, effectiveinstant, effectiveperiod."end", effectiveperiod.start),
        issued
    from measured
)

select
    o.file_id,
    o.line,
    reference_id(o.subject) as patient_id,
    coalesce(whole.whole_id, reference_id(o.encounter)) as encounter_id,
    k.kind,
    case
        when regexp_matches(o.value, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(o.value as decimal(18, 9)) as varchar), o.value)
        else coalesce(o.value, a.value)
    end as value,
    agreed_unit(u.meaning, case when o.quantity.code is not null then w.meaning end, coalesce(o.quantity.unit, o.quantity.code)) as unit,
    coalesce(k.method, lower(o.method)) as method,
    s.side as laterality,
    o.upper_limit,
    o.effective_at,
    o.issued as recorded_at
from charted as o
inner join observation_kind as k on k.code = o.code
left join admission as whole on whole.id = reference_id(o.encounter)
left join answer as a on a.concept = o.concept
left join side as s on s.site = o.bodysite
left join unit_code as u on u.unit = lower(coalesce(o.quantity.code, o.quantity.unit))
left join unit_code as w on w.unit = lower(o.quantity.unit)
where
    k.kind is not null
    and coalesce(o.status, '') not in ('entered-in-error', 'cancelled')
    and (not o.is_absent or coalesce(o.value, a.value) is not null)
