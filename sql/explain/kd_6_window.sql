/* The hours in which the most was given, for the rules that limit a total in so many hours: every delivery in them, of other sessions too, and the part of it that lies inside. */
with asked as (
    select
        k.rule_id,
        s.session_no,
        s.session_id,
        s.patient_id,
        s.weight_kg_low,
        s.weight_kg_high,
        w.window_h,
        w.closes_at - w.window_h * interval 1 hour as opens_at,
        w.closes_at,
        w.is_just_before,
        w.row_kept_out
    from session as s
    inner join window_total as w on w.session_no = s.session_no
    inner join (
        select rule_id, 24 as window_h
        from rule
        where rule_id = 'KD-08'
        union all
        select r.rule_id, case t.total_interpretation when 'per_hour' then 1 else 24 end
        from rule as r
        cross join setting as t
        where r.rule_id = 'KD-07' and t.total_interpretation in ('per_hour', 'rolling_24h')
    ) as k on k.window_h = w.window_h
),

/* The sessions of the report's period and those before it. */
any_session as (
    select session_no, session_id, patient_id, started_at
    from temp.session
    union all
    select session_no, session_id, patient_id, started_at
    from session_elsewhere
),

given_then as (
    select
        a.*,
        o.session_no <> a.session_no as is_other,
        o.session_id as given_in,
        o.started_at as given_in_started_at,
        d.component,
        d.line_key as line,
        d.started_at,
        d.ended_at,
        d.mg_x3600_low as whole_low,
        d.mg_x3600_high as whole_high,
        d.rate_low,
        case when d.is_even_high then d.rate_high end as rate_high,
        d.rate_low is not null and d.is_even_high as is_even,
        d.certain_from,
        d.certain_to
    from asked as a
    inner join any_session as o on o.patient_id = a.patient_id
    inner join (
        select
            *,
            coalesce(rate_high * elapsed_s(started_at, ended_at) <= mg_x3600_high + rate_high * cast(0.001 as decimal(4, 3)), false) as is_even_high
        from counted_dose
    ) as d on d.session_no = o.session_no
    where
        (d.started_at < a.closes_at or (d.started_at = a.closes_at and not a.is_just_before))
        and (d.ended_at is null or d.ended_at > a.opens_at or (d.ended_at = a.opens_at and a.is_just_before))
),

/* As in window_total: what lies inside whole counts whole, an even rate by its time inside, and anything else at most. */
parted as (
    select
        *,
        coalesce(
            (started_at > opens_at or (started_at = opens_at and (is_even or is_just_before)))
            and (ended_at < closes_at or (ended_at = closes_at and (is_even or not is_just_before))),
            false
        ) as is_whole,
        greatest(started_at, opens_at) as inside_from,
        least(coalesce(ended_at, closes_at), closes_at) as inside_to
    from given_then
)

select
    session_id,
    rule_id,
    window_h,
    opens_at,
    closes_at,
    row_kept_out,
    is_other,
    given_in,
    given_in_started_at,
    component,
    line,
    started_at,
    ended_at,
    is_whole,
    inside_from,
    inside_to,
    cast(rate_low as decimal(38, 12)) as mg_per_h_low,
    cast(rate_high as decimal(38, 12)) as mg_per_h_high,
    cast(
        case
            when is_whole then whole_low
            when rate_low is not null then least(greatest(rate_low * elapsed_s(greatest(certain_from, opens_at), least(certain_to, closes_at)), 0), whole_low)
            else 0
        end as decimal(38, 12)
    ) as mg_x3600_low,
    cast(
        case
            when is_whole then whole_high
            when rate_high is not null then least(rate_high * elapsed_s(inside_from, inside_to), whole_high)
            else whole_high
        end as decimal(38, 12)
    ) as mg_x3600_high,
    weight_kg_low,
    weight_kg_high
from parted
order by session_no, rule_id, started_at, line, component
