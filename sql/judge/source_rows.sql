/* The identifiers of the source rows that a session's answers rest on, where a row's table has one; any other row is known by its file and line. */
with pointer as (
    select distinct session_no, ref
    from (
        select session_no, unnest(evidence) as ref
        from answer
    ) as pointed
),

identified as (
    select
        cast(file_id as bigint) * 4294967296 + line as ref,
        administration_id as row_id
    from administration
    where administration_id is not null

    union all

    select
        cast(file_id as bigint) * 4294967296 + line as ref,
        order_id as row_id
    from medication_order
    where order_id is not null
)

select
    p.session_no,
    map(list(p.ref), list(i.row_id)) as row_ids
from pointer as p
inner join identified as i on i.ref = p.ref
group by p.session_no
