/*
title = "PCA demand dose outside the protocol's range"
family = "dosing"
quantity = "PCA demand dose"
finding = "A PCA demand of {observed} mg was delivered; the protocol allows {limit}."
why = "A demand above the range repeats a bolus-sized dose at the patient's own pace; one below it may not relieve pain."
population = "Sessions with a delivered PCA demand; undelivered (locked-out) attempts and clinician boluses are left out."
exclusions = "Sessions without a delivered demand. Locked-out attempts and clinician boluses are no demand."
success = "Every delivered demand lies within the range, in mg whatever the weight."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "Lockout time and hourly limits are not part of the protocol and not judged."
needs = ["administration"]
*/
with compared as (
    select
        p.*,
        r.limit_high,
        r.marginal_factor,
        over_limit(p.largest_low, p.largest_high, r.limit_high, r.limit_high, 'le') as over,
        p.has_unknown or coalesce(p.possible_largest > r.limit_high or p.possible_smallest < r.limit_low, false) as is_open,
        under_limit(p.smallest_low, p.smallest_high, r.limit_low, r.limit_low, 'ge') as under,
        p.largest_high - r.limit_high >= r.limit_low - p.smallest_low or not coalesce(p.smallest_low < r.limit_low, false) as upper_decides
    from pca_extreme as p
    inner join rule as r on r.rule_id = 'KD-06'
)

select
    session_no,
    case when has_judged then true when has_uncertain then null else false end as applies,
    case
        when over or under then true
        when not is_open then over or under
    end as violates,
    cast(case when is_open and not (over or under) then null when upper_decides then largest_low else smallest_low end as double) as observed_low,
    cast(case when is_open and not (over or under) then null when upper_decides then largest_high else smallest_high end as double) as observed_high,
    upper_decides and largest_low <= limit_high * marginal_factor as marginal,
    not upper_decides as below_range,
    case when has_judged or has_uncertain then reason_unknown else 'no_pca' end as reason,
    flags,
    list_distinct(list_concat(coalesce(case when upper_decides then largest_refs else smallest_refs end, cast([] as bigint [])), unknown_refs)) as evidence
from compared
