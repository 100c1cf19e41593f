/* The source rows of each answer, with the identifier of the row where its table has one, else its file and line. */
with wanted as (
    select distinct ref
    from pointer
),

named as (
    select
        w.ref,
        coalesce(a.administration_id, o.order_id, f.file || ':' || cast(w.ref % 4294967296 as varchar)) as row_id
    from wanted as w
    inner join input_file as f on f.file_id = w.ref // 4294967296
    left join administration as a on cast(a.file_id as bigint) * 4294967296 + a.line = w.ref
    left join medication_order as o on cast(o.file_id as bigint) * 4294967296 + o.line = w.ref
)

select
    p.verdict_no,
    list_sort(list({'ref': p.ref, 'row_id': n.row_id})) as source_rows
from pointer as p
inner join named as n on n.ref = p.ref
group by p.verdict_no
