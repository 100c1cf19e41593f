/* The identifiers of all source rows that a session's answers rest on: the row's own where its table has one, else its file and line. */
with pointer as (
    select distinct session_no, ref
    from (
        select session_no, unnest(evidence) as ref
        from ordered_answer
    ) as pointed
)

select
    p.session_no,
    map(
        list(p.ref),
        list(coalesce(a.administration_id, o.order_id, f.file || ':' || cast(p.ref % 4294967296 as varchar)))
    ) as row_ids
from pointer as p
inner join input_file as f on f.file_id = p.ref // 4294967296
left join administration as a on cast(a.file_id as bigint) * 4294967296 + a.line = p.ref
left join medication_order as o on cast(o.file_id as bigint) * 4294967296 + o.line = p.ref
group by p.session_no
