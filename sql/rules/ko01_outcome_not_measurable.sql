/*
title = "Outcome not measurable"
family = "outcomes"
quantity = "pain score before the session and two weeks after it"
finding = "The outcome of this session cannot be measured."
why = "Without a score before and after, nobody can say whether the infusion helped."
population = "Sessions with a baseline pain score other than zero: the last in the 24 h before the start."
exclusions = "Sessions with a baseline score of zero. A missing score, and a follow-up window that was cut short or is not over, cannot be judged; nor a baseline beside a row that was kept out and may have been a later score."
success = "A baseline score in the 24 h before the start and a follow-up score from 48 h to 14 d after the end."
responsible = "Clinic team that collects the scores"
limitations = "A missing score is missing data, never a violation: the share of sessions that can be measured is the completeness of the outcome figures. At most one decimal on the scale of 0 to 10 is a score."
needs = ["administration", "observation"]
*/
with baseline as (
    select
        session_no,
        last_score,
        is_certain and lost_refs is null as is_known,
        possible_count,
        is_covered,
        refs,
        lost_refs
    from pain_score_window
    where window_code = 'baseline'
)

select
    s.session_no,
    case
        when b.last_score = 0 and b.is_known then false
        when b.last_score > 0 and b.is_known then true
    end as applies,
    case when w.certain_count > 0 then false end as violates,
    cast(null as double) as observed_low,
    cast(null as double) as observed_high,
    case
        when b.last_score = 0 and b.is_known then 'baseline_zero'
        when b.lost_refs is not null then 'observation_kept_out'
        when b.possible_count > 0 and (b.last_score is null or not b.is_known) then 'baseline_unclear'
        when b.possible_count = 0 and not b.is_covered then 'not_covered'
        when b.possible_count = 0 then 'baseline_missing'
        when s.ended_at_high is null then 'stop_unknown'
        when w.possible_count > 0 then 'follow_up_unclear'
        when w.is_closed then 'follow_up_cut_short'
        when epoch_us(x.extracted_at) < epoch_us(s.ended_at_high) + 1209600000000 then 'follow_up_not_over'
        when not w.is_covered then 'not_covered'
        when w.lost_refs is not null then 'observation_kept_out'
        else 'follow_up_missing'
    end as reason,
    cast([] as varchar []) as flags,
    list_concat(s.edge_refs, b.refs, w.refs, b.lost_refs, case when w.certain_count = 0 then w.lost_refs end) as evidence
from session as s
inner join baseline as b on b.session_no = s.session_no
inner join pain_score_window as w on w.session_no = s.session_no and w.window_code = 'weeks'
inner join input_file as f on f.file_id = s.start_refs[1] // 4294967296
inner join extract as x on x.extract_id = f.extract_id
