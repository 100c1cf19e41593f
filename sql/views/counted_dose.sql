/* The items that the protocol's total counts. A pump total that contains boluses or PCA keeps what is certainly something else; what may be a bolus counts at most. */
select
    d.session_no,
    d.component,
    d.line_key,
    d.started_at,
    d.ended_at,
    case
        when d.perhaps_bolus and not t.count_bolus then 0
        when d.component <> 'pump_total' then d.mg_x3600_low
        else greatest(
            coalesce(
                d.mg_x3600_low
                - case when t.count_bolus then 0 else d.bolus_x3600_high end
                - case when t.count_pca then 0 else d.pca_x3600_high end,
                0
            ),
            0
        )
    end as mg_x3600_low,
    case
        when d.component <> 'pump_total' then d.mg_x3600_high
        else greatest(
            d.mg_x3600_high - case when t.count_bolus then 0 else d.bolus_x3600_low end - case when t.count_pca then 0 else d.pca_x3600_low end, 0
        ) + case when d.mg_x3600_high is null then null else 0 end
    end as mg_x3600_high,
    d.rate_low,
    d.rate_high,
    d.certain_from,
    d.certain_to,
    d.refs,
    d.unit_unknown,
    d.rate_missing,
    d.concentration_missing,
    d.concentration_conflict,
    d.end_uncertain,
    d.per_kg_only,
    d.pump_weight_assumed,
    d.superseded,
    d.line_unknown,
    d.source_conflict,
    d.pump_total_differs
from dose_item as d
cross join setting as t
where (t.count_bolus or d.component <> 'bolus') and (t.count_pca or d.component <> 'pca')
