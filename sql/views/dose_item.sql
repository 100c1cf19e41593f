/* What each session received, item by item, as bounds in mg x 3600. A pump total replaces what was reconstructed for its line up to the reading; one that was perhaps not read may or may not. */
with reconstructed as (
    select
        f.session_no,
        case when coalesce(f.is_bolus, false) then 'bolus' else 'infusion' end as component,
        f.line_key,
        f.started_at,
        f.started_at_latest as certain_from,
        f.ended_at_high as ended_at,
        f.mg_x3600_low,
        f.mg_x3600_high,
        f.rate_low,
        f.rate_high,
        f.ended_at as ended_at_low,
        f.refs,
        f.unit_unknown or f.unit_missing as unit_unknown,
        f.rate_missing,
        f.concentration_missing,
        f.concentration_conflict,
        f.end_uncertain,
        f.per_kg_only,
        f.pump_weight_assumed,
        f.superseded,
        f.line_unknown,
        false as source_conflict,
        f.is_bolus is null as perhaps_bolus,
        true as flows,
        f.ended_at_high as done_at
    from (
        select
            session_no, is_bolus, line_key, started_at, started_at_latest, ended_at_high, mg_x3600_low, mg_x3600_high, mg_per_h_low as rate_low,
            mg_per_h_high as rate_high, ended_at, refs, unit_unknown, unit_missing, rate_missing, concentration_missing, concentration_conflict,
            end_uncertain, pump_weight_assumed, superseded, line_unknown,
            mg_per_h_high is null and mg_per_kg_h is not null as per_kg_only
        from infusion
    ) as f
    union all
    select
        i.session_no, 'bolus', p.line_key, p.started_at, p.started_at_latest, p.started_at_latest,
        coalesce(p.mg_low, 0) * cast(3600 as decimal(6, 0)), p.mg_high * cast(3600 as decimal(6, 0)),
        null, null, p.ended_at, [p.ref], p.unit_unknown or p.unit_missing, false, p.concentration_missing, p.concentration_conflict, false,
        p.pump_weight_assumed and p.mg_high is null, p.pump_weight_assumed, false, false, p.source_conflict, false,
        false, p.ended_at
    from session_item as i
    inner join push as p on p.ref = i.item_no
    where i.component = 'bolus'
    union all
    select
        i.session_no, 'pca', p.line_key, p.started_at, p.started_at_latest, greatest(p.started_at_latest, p.ended_at),
        coalesce(p.given_mg_low, 0) * cast(3600 as decimal(6, 0)), p.given_mg_high * cast(3600 as decimal(6, 0)),
        null, null, p.ended_at, p.refs, p.unit_unknown, false, false, false, false, false, false, false, false, false, false,
        false, greatest(p.started_at_latest, p.ended_at)
    from session_item as i
    inner join pca as p on p.ref = i.item_no
    where i.component = 'pca' and not p.covered
),

/* What a line's readings count was given from its first delivery on. */
begun as (
    select
        session_no,
        line_key,
        min(started_at) as started_at
    from reconstructed
    group by session_no, line_key
),

/* What the rows of a line say that was given up to its last reading. */
expected as (
    select
        t.session_no,
        t.line_key,
        sum(
            case when r.ended_at_low <= t.read_at then r.mg_x3600_low else coalesce(r.rate_low, 0) * elapsed_s(r.certain_from, t.read_at) end
        ) as mg_x3600_low,
        case
            when count(r.mg_x3600_high) = count(*)
                then sum(
                    case
                        when r.done_at <= t.read_at then r.mg_x3600_high
                        else coalesce(r.rate_high * elapsed_s(r.started_at, t.read_at), r.mg_x3600_high)
                    end
                )
        end as mg_x3600_high
    from pump_total as t
    inner join reconstructed as r on r.session_no = t.session_no and r.line_key = t.line_key and r.started_at <= t.read_at
    group by t.session_no, t.line_key
),

/* What of boluses and PCA a reading contains: a protocol may leave them out of its total. */
contained as (
    select
        t.session_no,
        t.line_key,
        coalesce(sum(case when r.done_at <= t.read_at then r.mg_x3600_low end) filter (where r.component = 'bolus'), 0) as bolus_low,
        case
            when count(*) filter (where r.component <> 'pca' and r.mg_x3600_high is null) = 0
                then coalesce(sum(r.mg_x3600_high) filter (where r.component <> 'pca'), 0)
        end as bolus_high,
        coalesce(sum(case when r.done_at <= t.read_at then r.mg_x3600_low end) filter (where r.component = 'pca'), 0) as pca_low,
        case
            when count(*) filter (where r.component = 'pca' and r.mg_x3600_high is null) = 0
                then coalesce(sum(r.mg_x3600_high) filter (where r.component = 'pca'), 0)
        end as pca_high
    from pump_total as t
    inner join reconstructed as r on r.session_no = t.session_no and r.line_key = t.line_key and r.started_at <= t.read_at
    where r.component <> 'infusion' or r.perhaps_bolus
    group by t.session_no, t.line_key
),

/* What was, or may have been, given after the last reading of its line. What flows at a rate is parted at the reading; of a push or PCA that began before it and may
   have ended after it between nothing and all was given then. What begins at the reading and lasts is after it. */
remaining as (
    select
        r.*,
        t.read_at,
        coalesce(t.read_at > r.started_at or (t.read_at = r.started_at and r.certain_from > r.started_at and not r.flows), false) as is_cut
    from reconstructed as r
    left join pump_total as t on t.session_no = r.session_no and t.line_key = r.line_key
    where t.read_at is null or r.started_at > t.read_at or coalesce(r.done_at > t.read_at, true)
),

/* A reading on a line of which nothing else is charted counts again what another source, or a line of unknown identity, was given under its order; or it does not. */
alone as (
    select
        t.session_no,
        t.line_key,
        t.read_at,
        g.origin,
        g.order_id,
        g.line_known
    from pump_total as t
    inner join given as g on g.ref = t.refs[1]
    left join begun as b on b.session_no = t.session_no and b.line_key = t.line_key
    where b.session_no is null
),

elsewhere as (
    select session_no, line_key, started_at, refs[1] as ref, mg_x3600_low
    from remaining
    union all
    select session_no, line_key, null, refs[1], mg_x3600_low
    from pump_total
),

counted_again as (
    select
        a.session_no,
        a.line_key,
        sum(e.mg_x3600_low) as mg_x3600_low
    from alone as a
    inner join elsewhere as e
        on e.session_no = a.session_no and e.line_key <> a.line_key and coalesce(e.started_at <= a.read_at, true)
    inner join given as g on g.ref = e.ref
    where
        (g.order_id = a.order_id or g.order_id is null or a.order_id is null)
        and (g.origin <> a.origin or not g.line_known or not a.line_known)
    group by a.session_no, a.line_key
)

select
    r.session_no,
    r.component,
    r.line_key,
    case when r.is_cut then r.read_at else r.started_at end as started_at,
    case when r.is_cut then r.done_at else r.ended_at end as ended_at,
    case
        when r.is_cut then coalesce(r.rate_low, 0) * greatest(elapsed_s(r.read_at, r.ended_at_low), 0)
        else r.mg_x3600_low
    end as mg_x3600_low,
    case
        when r.is_cut and r.flows and r.mg_x3600_high is not null then r.rate_high * elapsed_s(r.read_at, r.done_at)
        else r.mg_x3600_high
    end as mg_x3600_high,
    r.rate_low,
    r.rate_high,
    case when r.read_at > r.certain_from then r.read_at else r.certain_from end as certain_from,
    r.ended_at_low as certain_to,
    r.refs,
    r.unit_unknown,
    r.rate_missing,
    r.concentration_missing,
    r.concentration_conflict,
    r.end_uncertain,
    r.per_kg_only,
    r.pump_weight_assumed,
    r.superseded,
    r.line_unknown,
    r.source_conflict,
    false as pump_total_differs,
    r.perhaps_bolus,
    cast(null as decimal(38, 12)) as bolus_x3600_low,
    cast(null as decimal(38, 12)) as bolus_x3600_high,
    cast(null as decimal(38, 12)) as pca_x3600_low,
    cast(null as decimal(38, 12)) as pca_x3600_high
from remaining as r
union all
select
    t.session_no,
    'pump_total' as component,
    t.line_key,
    least(coalesce(b.started_at, s.started_at), t.read_at) as started_at,
    t.read_at as ended_at,
    case
        when t.certain then greatest(t.mg_x3600_low - coalesce(a.mg_x3600_low, 0), 0)
        when t.has_certain then 0
        else least(greatest(t.mg_x3600_low - coalesce(a.mg_x3600_low, 0), 0), coalesce(e.mg_x3600_low, 0))
    end as mg_x3600_low,
    case
        when t.certain or e.session_no is null then t.mg_x3600_high
        when t.has_certain then t.mg_x3600_high + e.mg_x3600_high
        when t.mg_x3600_high > e.mg_x3600_high then t.mg_x3600_high
        when t.mg_x3600_high <= e.mg_x3600_high then e.mg_x3600_high
    end as mg_x3600_high,
    null as rate_low,
    null as rate_high,
    t.read_at as certain_from,
    t.read_at as certain_to,
    t.refs,
    false as unit_unknown,
    false as rate_missing,
    t.unreadable as concentration_missing,
    false as concentration_conflict,
    false as end_uncertain,
    false as per_kg_only,
    false as pump_weight_assumed,
    false as superseded,
    a.session_no is not null as line_unknown,
    false as source_conflict,
    coalesce(t.mg_x3600_high * 10 < e.mg_x3600_low * 9 or t.mg_x3600_low * 10 > e.mg_x3600_high * 11, false) as pump_total_differs,
    false as perhaps_bolus,
    case when c.session_no is null then 0 else c.bolus_low end as bolus_x3600_low,
    case when a.session_no is not null then null when c.session_no is null then 0 else c.bolus_high end as bolus_x3600_high,
    case when c.session_no is null then 0 else c.pca_low end as pca_x3600_low,
    case when a.session_no is not null then null when c.session_no is null then 0 else c.pca_high end as pca_x3600_high
from pump_total as t
inner join session_span as s on s.session_no = t.session_no
left join contained as c on c.session_no = t.session_no and c.line_key = t.line_key
left join begun as b on b.session_no = t.session_no and b.line_key = t.line_key
left join expected as e on e.session_no = t.session_no and e.line_key = t.line_key
left join counted_again as a on a.session_no = t.session_no and a.line_key = t.line_key
