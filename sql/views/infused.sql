/* Whether an infusion was charted in each session, which every monitoring rule asks first: why not or why that is unknown, and the rows that the answer rests on. A kept-out row may have been one. */
with asked as (
    select
        s.session_no,
        s.edge_refs,
        l.refs as lost_refs,
        case when s.has_infusion then true when s.has_infusion is null or l.rate_lost then null else false end as is_infused,
        case
            when s.has_infusion then null
            when s.has_infusion is null then 'delivery_unknown'
            when l.rate_lost then 'row_kept_out'
            else 'no_infusion'
        end as reason
    from session as s
    left join lost_row as l on l.session_no = s.session_no
)

select
    session_no,
    is_infused,
    reason,
    case reason
        when 'no_infusion' then cast([] as bigint [])
        when 'row_kept_out' then list_concat(edge_refs, lost_refs)
        else edge_refs
    end as refs
from asked
