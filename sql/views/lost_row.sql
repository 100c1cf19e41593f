/* Sessions that a quarantined administration row of the same patient might belong to: what the row might have carried is unknown.

A format that cannot tell which of several products a refused row names gives them all: "esketamine or ketamine". */
with lost as (
    select
        q.file_id,
        q.line,
        q.patient_id,
        max(lower(trim(q.event))) as event,
        coalesce(nullif(max(lower(trim(q.product))), ''), 'ketamine') as product,
        coalesce(nullif(max(lower(trim(q.route))), ''), 'iv') as route,
        coalesce(max(lower(trim(q.status))), '') as status,
        max(q.on_date) as on_date
    from quarantine as q
    where q.table_name = 'administration' and q.scope = 'row'
    group by q.file_id, q.line, q.patient_id
)

select
    s.session_no,
    max(case when coalesce(l.event, '') not in ('rate_change', 'rate_verify', 'pause', 'stop', 'pca_demand', 'pca_total', 'infused_total') then 1 else 0 end)
    = 1 as bolus_lost,
    max(case when coalesce(l.event, '') not in ('bolus', 'pca_demand', 'pca_total', 'infused_total') then 1 else 0 end)
    = 1 as rate_lost,
    max(case when coalesce(l.event, '') not in ('bolus', 'infusion', 'rate_change', 'rate_verify', 'pause', 'stop', 'infused_total') then 1 else 0 end)
    = 1 as pca_lost,
    max(case when coalesce(l.event, '') not in ('rate_verify', 'pause', 'stop') then 1 else 0 end) = 1 as delivery_lost,
    max(case when coalesce(l.event, '') not in ('bolus', 'infusion', 'rate_verify', 'pca_demand', 'pca_total', 'infused_total') then 1 else 0 end)
    = 1 as pause_lost,
    list(cast(l.file_id as bigint) * 4294967296 + l.line order by l.file_id, l.line) as refs
from session as s
inner join lost as l on l.patient_id = s.patient_id
inner join setting as t on list_contains(string_split(l.product, ' or '), t.product)
where
    l.route not in ('im', 'po', 'sc', 'in', 'epidural')
    and l.status not in ('not_given', 'held', 'refused', 'entered_in_error')
    and coalesce(l.event, '') <> 'prime'
    and (l.on_date is null or (l.on_date >= s.local_date - 1 and l.on_date <= cast(s.ended_local as date) + 1))
group by s.session_no
