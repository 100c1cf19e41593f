/*
title = "Waste not witnessed"
family = "reconciliation"
quantity = "wastes without a second person"
finding = "A waste of this session has no witness, or the witness is the person who wasted."
why = "A second pair of eyes at every waste is the commonest safeguard against diversion."
population = "Sessions with a waste from 24 h before the start to 24 h after the end; a waste that two sessions could claim belongs to the last that began before it."
exclusions = "Sessions without a waste of the patient in the time around them."
success = "Every waste names a witness other than the person who wasted."
responsible = "Clinician who wastes and the witness; pharmacy"
limitations = "Whether the witness looked is not in the data."
needs = ["administration", "stock"]
*/
with claimed as (
    select
        m.*,
        row_number() over (
            partition by m.ref
            order by
                case when s.started_at <= m.occurred_at then 0 else 1 end,
                abs(epoch_us(m.occurred_at) - epoch_us(s.started_at))
        ) as claim_no
    from stock_move as m
    inner join session as s on s.session_no = m.session_no
    where m.action = 'waste'
),

wasted as (
    select
        session_no,
        max(witness_id is null and not person_unreadable) as unwitnessed,
        max(coalesce(witness_id = user_id, false)) as self_witnessed,
        max(person_unreadable or (user_id is null and witness_id is not null)) as unknown,
        list(ref order by occurred_at, ref) as refs
    from claimed
    where claim_no = 1
    group by session_no
)

select
    s.session_no,
    case
        when w.session_no is not null then true
        when f.is_covered and not f.is_endless and not f.row_lost then false
    end as applies,
    case
        when w.unwitnessed or w.self_witnessed then true
        when f.is_covered and not f.is_endless and not f.row_lost and not w.unknown then false
    end as violates,
    cast(null as double) as observed_low,
    cast(null as double) as observed_high,
    case
        when w.session_no is null and f.is_covered and not f.is_endless and not f.row_lost then 'no_waste'
        when f.row_lost then 'history_row_kept_out'
        when not f.is_covered then 'stock_not_covered'
        when f.is_endless then 'stop_unknown'
        else 'waste_person_unknown'
    end as reason,
    list_filter(
        [
            case when w.unwitnessed then 'waste_unwitnessed' end,
            case when w.self_witnessed then 'waste_self_witnessed' end,
            case when f.is_endless then 'stop_missing' end,
            case when f.row_lost then 'history_row_kept_out' end
        ],
        lambda flag: flag is not null
    ) as flags,
    case
        when w.session_no is not null or f.row_lost then list_concat(coalesce(w.refs, cast([] as bigint [])), f.lost_refs)
        else cast([] as bigint [])
    end as evidence
from session as s
inner join stock_feed as f on f.session_no = s.session_no
left join wasted as w on w.session_no = s.session_no
