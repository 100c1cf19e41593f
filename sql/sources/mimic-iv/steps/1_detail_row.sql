/* Details of the nurses' record with the columns that some subsets of the table leave out. */
select * from emar_detail
union all by name
(
    select
        cast(null as varchar) as infusion_rate,
        cast(null as varchar) as infusion_rate_unit,
        cast(null as varchar) as route
    from emar_detail
    where false
)
