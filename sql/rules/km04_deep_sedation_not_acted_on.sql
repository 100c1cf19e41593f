/*
title = "Abnormal sedation not acted on in time"
family = "monitoring"
quantity = "time from an abnormal value to the first action"
finding = "Minutes from the abnormal sedation score to the first action: {observed}; the site policy allows {limit}."
why = "A patient who is hard to rouse can stop breathing; the score helps only when somebody acts on it."
population = "Sessions with a charted infusion row and an abnormal value from the start to the end of recovery. Values close together are one event; a normal repeat of the same kind shortly after needs no action."
exclusions = "Sessions without an infusion row or without an abnormal value. A value that a normal repeat of the same kind answered shortly after asks for no action."
success = "Every event of abnormal values is followed in time by a lower rate, a pause or stop, or a documented intervention."
responsible = "Nurse who looks after the infusion"
limitations = "The thresholds, the time allowed and what counts as an action are a site policy. An action that was taken and not charted cannot be seen."
needs = ["administration", "observation", "intervention"]
*/
select
    session_no,
    applies,
    violates,
    observed_low,
    observed_high,
    reason,
    flags,
    evidence
from timely_action
where domain = 'sedation'
