/* Why a verdict could not be reached or does not apply, in one sentence for a person. */
select
    col0 as reason,
    col1 as sentence
from (values
    ('age_below_scope', 'The patient is younger than the protocol''s scope; the session is listed, not judged.'),
    ('no_bolus', 'No bolus was given in this session.'),
    ('no_maintenance_segment', 'No maintenance infusion that this statement concerns was given in this session.'),
    ('no_infusion', 'No infusion was charted in this session.'),
    ('no_pca', 'No PCA demand was delivered in this session.'),
    ('context_chronic', 'The statement concerns postsurgical sessions; this is a chronic-pain session.'),
    ('context_postsurgical', 'The statement concerns chronic-pain sessions; this is a postsurgical session.'),
    ('context_unknown', 'It is not known whether this was a chronic-pain or a postsurgical session.'),
    ('weight_missing', 'No usable weight: no dosing weight on the order and none observed within the look-back.'),
    ('weight_unusable', 'The weight that takes precedence cannot be used: its unit is unknown, its value unreadable or out of range.'),
    ('height_missing', 'No ideal weight: no height was charted.'),
    ('height_unusable', 'No ideal weight: the height that takes precedence has no known unit or lies outside 60 inches (152.4 cm) to 250 cm.'),
    ('sex_unknown', 'No ideal weight: it needs the sex, male or female.'),
    ('first_bolus_unknown', 'It is not certain which bolus was the first, and those that it may have been lie on both sides of the limit.'),
    ('unit_unknown', 'A dose or rate has no unit or an unknown one.'),
    ('rate_missing', 'An infusion row has no readable rate.'),
    ('dose_unknown', 'The amount of a dose is not known.'),
    ('concentration_missing', 'A volume was charted without a usable concentration.'),
    ('pump_weight_missing', 'A dose or rate per kg was charted without the weight programmed in the pump.'),
    ('stop_unknown', 'The end of an infusion was not charted and nothing else bounds it.'),
    ('row_kept_out', 'An administration row of this patient was kept out of the data and might belong to this session.'),
    ('pca_total_conflict', 'Programmed dose times count differs from the charted total.'),
    ('pca_demand_unknown', 'Only a PCA total is charted; the size of a demand is not known.'),
    ('delivery_unknown', 'It is not known whether a charted dose was delivered: its route or status cannot be read.'),
    ('pca_delivery_unknown', 'It is not known whether a PCA demand was delivered.'),
    ('not_covered', 'The supplied observations do not cover this time, kind or department.'),
    ('bounds_straddle_limit', 'The data leave a range of values, and the limit lies within it.')
)
