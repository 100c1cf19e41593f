/* FHIR R4 Condition: its ICD-10-CM codes, else its SNOMED CT codes, else its others. What was refuted or entered in error is none.

A diagnosis that nobody confirmed, that was resolved nobody knows when, or whose status cannot be read, can neither convict nor acquit: it is refused, and counts as lost. */
with numbered as (
    select
        *,
        cast(file_id as bigint) * 4294967296 + line as number,
        verified_as(verificationstatus) as verified,
        said_words(clinicalstatus, ['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved']) as clinical,
        coalesce(abatementdatetime, abatementperiod."end") as ended
    from fhir_condition as c
    where
        not is_no_diagnosis(verificationstatus)
        and not exists (select 1 from older_version as v where v.file_id = c.file_id and v.line = c.line)
),

coded as (
    select
        c.number,
        c.coding.code,
        coalesce(s.code_system, 'other') as code_system,
        case coalesce(s.code_system, 'other') when 'icd10cm' then 1 when 'snomed' then 2 else 3 end as precedence
    from (select number, unnest(code.coding) as coding from numbered) as c
    left join condition_system as s on s.system = c.coding.system
    where c.coding.code is not null
),

best as (
    select distinct
        number,
        code,
        code_system
    from coded
    qualify precedence = min(precedence) over (partition by number)
),

listed as (
    select
        number,
        max(case when coding.code = 'encounter-diagnosis' then 'encounter' end) as encounter_category,
        max(case when coding.code = 'problem-list-item' then 'problem_list' end) as problem_category
    from (select number, unnest(part.coding) as coding from (select number, unnest(category) as part from numbered) as p) as c
    group by number
),

extended as (
    select
        e.number,
        string_agg(distinct e.said, ' or ' order by e.said) as present_on_admission
    from (
        select
            number,
            part.url,
            coalesce(part.valuecode, part.valuestring) as said
        from (select number, unnest(extension) as part from numbered) as p
    ) as e
    inner join extension_url as u on u.resource = 'Condition' and u.url = e.url and u.meaning = 'present_on_admission'
    group by e.number
)

select
    n.file_id,
    n.line,
    case when d.line is null then reference_id(n.subject.reference) else d.patient_id end as patient_id,
    coalesce(
        whole.whole_id,
        nullif(reference_id(n.encounter.reference), '')
    ) as encounter_id,
    case
        when b.code_system = 'icd10cm' and length(b.code) > 3 and not contains(b.code, '.') then left(b.code, 3) || '.' || substr(b.code, 4)
        else coalesce(b.code, n.code.text)
    end as code,
    coalesce(b.code_system, 'other') as code_system,
    coalesce(l.problem_category, l.encounter_category) as category,
    day_start(coalesce(n.onsetdatetime, n.onsetperiod.start)) as onset_at,
    day_end(n.ended) as resolved_at,
    e.present_on_admission,
    day_start(n.recordeddate) as recorded_at,
    case
        when d.line is not null then d.refused
        when n.verificationstatus is not null and len(n.verified) = 0 then 'status_unknown'
        when n.verificationstatus is not null and n.verified <> ['confirmed'] then 'diagnosis_not_confirmed'
        when n.ended is not null then null
        when
            list_has_any(n.clinical, ['inactive', 'remission', 'resolved'])
            or coalesce(n.abatementage, n.abatementstring, n.abatementrange, n.abatementperiod.start, nullif(n.abatementboolean, 'false')) is not null
            then 'resolved_when_unknown'
        when n.clinicalstatus is not null and len(n.clinical) = 0 then 'status_unknown'
    end as refused
from numbered as n
left join best as b on b.number = n.number
left join listed as l on l.number = n.number
left join extended as e on e.number = n.number
left join admission as whole
    on whole.id = reference_id(n.encounter.reference)
left join doubted as d on d.file_id = n.file_id and d.line = n.line
