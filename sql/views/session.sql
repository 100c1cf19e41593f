/* One row per session: where, when, who, context, and the reference weight. */
with item as (
    select
        *,
        max(ended_at) over (partition by session_no) as session_ended_at
    from session_item
),

from_item as (
    select
        session_no,
        min(encounter_id) filter (where started_at = session_started_at) as encounter_id,
        case when max(is_infusion_row and certain) then true when not max(is_infusion_row) then false end as has_infusion,
        max(ended_at) as ended_at,
        max(coalesce(ended_at_high, ended_at)) as ended_at_high,
        max(case when ended_at_high is null then 1 else 0 end) = 1 as end_open,
        max(coalesce(ended_at_high > ended_at, true)) as times_uncertain,
        list_sort(list(distinct ref) filter (where started_at = session_started_at)) as start_refs,
        list(distinct ref) filter (where ended_at = session_ended_at) as end_refs,
        count(*) as item_count
    from item
    group by session_no
),

from_order as (
    select
        s.session_no,
        max(m.prescriber_id) filter (where s.order_no = 1) as prescriber_id,
        max(m.indication) filter (where s.order_no = 1) as indication,
        min(m.context) as first_context,
        max(m.context) as last_context,
        max(m.context_unreadable) as context_unreadable,
        list(m.ref order by m.ref) as refs
    from session_order as s
    inner join ordered as m on m.order_id = s.order_id and m.patient_id = s.patient_id
    group by s.session_no
),

surgery as (
    select
        s.session_no,
        max(cast(p.file_id as bigint) * 4294967296 + p.line) as ref
    from session_span as s
    cross join setting as t
    inner join procedure as p on p.patient_id = s.patient_id
    where
        p.kind = 'surgery'
        and coalesce(p.ended_at_latest, p.ended_at) <= s.started_at
        and epoch_us(s.started_at) - epoch_us(p.ended_at) <= t.postsurgical_window_h * 3600000000
    group by s.session_no
),

localised as (
    select
        f.session_no,
        p.site,
        timezone(x.timezone, timezone('UTC', s.started_at)) as started_local,
        timezone(x.timezone, timezone('UTC', f.ended_at)) as ended_local
    from from_item as f
    inner join session_span as s on s.session_no = f.session_no
    inner join input_file as i on i.file_id = f.start_refs[1] // 4294967296
    inner join extract as x on x.extract_id = i.extract_id
    inner join extract_site as p on p.extract_id = i.extract_id
),

described as (
    select
        s.session_no,
        s.session_id,
        s.patient_id,
        s.started_at,
        f.ended_at,
        case when not f.end_open then f.ended_at_high end as ended_at_high,
        f.times_uncertain,
        l.started_local,
        l.ended_local,
        cast(l.started_local as date) as local_date,
        f.encounter_id,
        f.has_infusion,
        f.item_count as row_count,
        f.start_refs,
        list_distinct(list_concat(f.start_refs, f.end_refs)) as edge_refs,
        l.site,
        e.site_id,
        e.department,
        e.ended_at as encounter_ended_at,
        o.prescriber_id,
        o.indication,
        case
            when o.first_context <> o.last_context or o.context_unreadable or k.session_no is not null then null
            when o.first_context is not null then o.first_context
            when y.session_no is not null then 'postsurgical'
            when z.session_no is not null then null
            when t.context_when_unknown <> 'unknown' then t.context_when_unknown
        end as context,
        coalesce(o.first_context <> o.last_context, false) as context_conflict,
        o.first_context is null and not coalesce(o.context_unreadable, false)
        and k.session_no is null and y.session_no is null and z.session_no is null as context_assumed,
        case
            when k.session_no is not null then list_concat(o.refs, k.refs)
            when o.first_context is not null or o.context_unreadable then o.refs
            when y.session_no is not null then [y.ref]
            when z.session_no is not null then z.refs
            else cast([] as bigint [])
        end as context_refs,
        p.sex,
        p.birth_date,
        case
            when p.birth_date <= cast(l.started_local as date)
                then cast(date_part('year', age(l.started_local, cast(p.birth_date as timestamp))) as integer)
        end as age_years,
        t.age_min,
        coalesce(cast(l.started_local as date) < t.effective_from or cast(l.started_local as date) > t.effective_to, false) as not_in_force
    from session_span as s
    cross join setting as t
    inner join from_item as f on f.session_no = s.session_no
    inner join localised as l on l.session_no = s.session_no
    left join from_order as o on o.session_no = s.session_no
    left join surgery as y on y.session_no = s.session_no
    left join lost_context as k on k.session_no = s.session_no and k.is_order
    left join lost_context as z on z.session_no = s.session_no and not z.is_order
    left join encounter as e on e.encounter_id = f.encounter_id and e.patient_id = s.patient_id
    left join patient as p on p.patient_id = s.patient_id
)

select
    d.* exclude (age_min),
    coalesce(d.age_years < d.age_min, false) as below_age,
    w.kg_low as weight_kg_low,
    w.kg_high as weight_kg_high,
    w.weight_source,
    w.refs as weight_refs,
    w.reason as weight_reason,
    w.flags as weight_flags,
    list_concat(
        w.flags,
        list_filter(
            [
                case when d.age_years is null then 'age_unknown' end,
                case when d.context_conflict then 'context_conflict' end,
                case when d.context_assumed then 'context_assumed' end,
                case when m.session_no is not null then 'pump_weight_differs' end,
                case when e.session_no is not null then 'late_entry' end,
                case when o.session_no is not null then 'source_total_differs' end
            ],
            lambda flag: flag is not null
        )
    ) as flags
from described as d
inner join weight as w on w.session_no = d.session_no
left join pump_weight as m on m.session_no = d.session_no
left join late_entry as e on e.session_no = d.session_no
left join source_total as o on o.session_no = d.session_no
