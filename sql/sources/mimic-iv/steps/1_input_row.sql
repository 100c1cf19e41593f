/* Input events with the columns that some releases and subsets of the table leave out. */
select * from inputevents
union all by name
(
    select
        cast(null as varchar) as orderid,
        cast(null as varchar) as linkorderid,
        cast(null as varchar) as fhir_id,
        cast(null as varchar) as storetime,
        cast(null as varchar) as caregiver_id,
        cast(null as varchar) as ordercategoryname,
        cast(null as varchar) as ordercategorydescription,
        cast(null as varchar) as patientweight,
        cast(null as varchar) as statusdescription,
        cast(null as varchar) as cancelreason,
        cast(null as varchar) as label
    from inputevents
    where false
)
