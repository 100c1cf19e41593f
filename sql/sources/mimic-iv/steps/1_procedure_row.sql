/* Procedure events with the columns that some subsets of the table leave out. */
select * from procedureevents
union all by name
(
    select
        cast(null as varchar) as hadm_id,
        cast(null as varchar) as endtime,
        cast(null as varchar) as orderid,
        cast(null as varchar) as ordercategoryname,
        cast(null as varchar) as statusdescription
    from procedureevents
    where false
)
