/* Single amounts of administration rows in mg, as bounds: pushes, PCA demands and totals, pump totals. Unknown units or concentrations give NULL. */
with converted as (
    select
        g.*,
        u.dimension,
        t.dimension as total_dimension,
        g.dose is null and not coalesce(list_contains(g.invalid, 'dose'), false) as volume_only,
        capped(g.dose * cast(u.factor as decimal(38, 6))) as dose_in_base,
        capped(g.total_dose * cast(t.factor as decimal(38, 6))) as total_in_base
    from given as g
    left join unit as u on u.unit = normal_unit(g.dose_unit) and u.dimension in ('dose', 'dose_per_kg', 'volume')
    left join unit as t on t.unit = normal_unit(g.total_dose_unit) and t.dimension in ('dose', 'dose_per_kg', 'volume')
    where g.kind in ('pca', 'total') or g.is_push
)

select
    * exclude (dose_in_base, total_in_base),
    case
        when dose = 0 or (volume_only and volume_ml = 0) then 0
        when dimension = 'dose' then down12(dose_in_base)
        when dimension = 'dose_per_kg' then down12(dose_in_base * pump_kg_low)
        when dimension = 'volume' then down12(dose * mg_per_ml_low)
        when volume_only then down12(volume_ml * mg_per_ml_low)
    end as mg_low,
    case
        when dose = 0 or (volume_only and volume_ml = 0) then 0
        when dimension = 'dose' then up12(dose_in_base)
        when dimension = 'dose_per_kg' then up12(dose_in_base * pump_kg_high)
        when dimension = 'volume' then up12(dose * mg_per_ml_high)
        when volume_only then up12(volume_ml * mg_per_ml_high)
    end as mg_high,
    case
        when total_dose = 0 then 0
        when total_dimension = 'dose' then down12(total_in_base)
        when total_dimension = 'dose_per_kg' then down12(total_in_base * pump_kg_low)
        when total_dimension = 'volume' then down12(total_dose * mg_per_ml_low)
    end as total_mg_low,
    case
        when total_dose = 0 then 0
        when total_dimension = 'dose' then up12(total_in_base)
        when total_dimension = 'dose_per_kg' then up12(total_in_base * pump_kg_high)
        when total_dimension = 'volume' then up12(total_dose * mg_per_ml_high)
    end as total_mg_high,
    dose_unit is not null and dimension is null and coalesce(dose, 1) <> 0 as unit_unknown,
    coalesce(dose <> 0, false) and dose_unit is null as unit_missing,
    (coalesce(dimension = 'volume', false) or (volume_only and volume_ml is not null)) and mg_per_ml_low is null as concentration_missing,
    (coalesce(dimension = 'volume', false) or (volume_only and volume_ml is not null)) and concentration_conflict as concentration_conflicts,
    coalesce(dimension = 'dose_per_kg' and not pump_weight_charted and pump_kg_low is not null, false) as pump_weight_assumed
from converted
