/* Charted events with the columns that some subsets of the table leave out. */
select * from chartevents
union all by name
(
    select
        cast(null as varchar) as hadm_id,
        cast(null as varchar) as storetime,
        cast(null as varchar) as value,
        cast(null as varchar) as valueuom,
        cast(null as varchar) as label
    from chartevents
    where false
)
