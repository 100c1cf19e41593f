/* The delivered PCA demands of each session: the largest, the smallest, and what is unknown about them. */
with demand as (
    select
        i.session_no,
        p.*
    from session_item as i
    inner join pca as p on p.ref = i.item_no
    where i.component = 'pca' and p.is_demand
),

extreme as (
    select
        session_no,
        count(*) as demands,
        count(case when demand_known and delivered and not total_conflict then 1 end) as judged,
        max(case when demand_known and delivered and not total_conflict then demand_mg_low end) as largest_low,
        max(case when demand_known and delivered and not total_conflict then demand_mg_high end) as largest_high,
        min(case when demand_known and delivered and not total_conflict then demand_mg_low end) as smallest_low,
        min(case when demand_known and delivered and not total_conflict then demand_mg_high end) as smallest_high,
        max(case when demand_known and not delivered and not total_conflict then demand_mg_high end) as possible_largest,
        min(case when demand_known and not delivered and not total_conflict then demand_mg_low end) as possible_smallest,
        count(case when not demand_known or total_conflict then 1 end) as undecidable,
        max_by(refs, (demand_mg_high, -epoch_us(started_at), -ref)) filter (where demand_known and delivered) as largest_refs,
        min_by(refs, (demand_mg_low, epoch_us(started_at), ref)) filter (where demand_known and delivered) as smallest_refs,
        flatten(list(refs) filter (where not demand_known or not delivered or total_conflict)) as unknown_refs,
        case
            when max(total_conflict) then 'pca_total_conflict'
            when max(unit_unknown) then 'unit_unknown'
            when max(not demand_known) then 'pca_demand_unknown'
            when max(not delivered) then 'pca_delivery_unknown'
        end as reason_unknown
    from demand
    group by session_no
)

select
    s.session_no,
    e.session_no is not null as has_pca,
    coalesce(l.pca_lost, false) as pca_lost,
    coalesce(e.judged, 0) > 0 as has_judged,
    coalesce(e.demands > e.judged, false) or coalesce(l.pca_lost, false) as has_uncertain,
    coalesce(e.undecidable > 0, false) or coalesce(l.pca_lost, false) as has_unknown,
    e.possible_largest,
    e.possible_smallest,
    e.largest_low,
    e.largest_high,
    e.smallest_low,
    e.smallest_high,
    e.largest_refs,
    e.smallest_refs,
    list_concat(coalesce(e.unknown_refs, cast([] as bigint [])), case when l.pca_lost then l.refs else cast([] as bigint []) end) as unknown_refs,
    coalesce(e.reason_unknown, case when l.pca_lost then 'row_kept_out' end, 'bounds_straddle_limit') as reason_unknown,
    list_filter([e.reason_unknown, case when l.pca_lost then 'row_kept_out' end], lambda flag: flag is not null) as flags
from session as s
left join extreme as e on e.session_no = s.session_no
left join lost_row as l on l.session_no = s.session_no
