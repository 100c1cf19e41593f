/* The closed unit table: every accepted unit after normal_unit(), its dimension, and the exact factor to mg, mg/h, mL, mL/h, kg, mg/mL or cm. */
with mass as (
    select col0 as symbol, cast(col1 as decimal(18, 6)) as mg
    from (values ('g', 1000), ('mg', 1), ('mcg', 0.001), ('ng', 0.000001))
),

period as (
    select col0 as symbol, cast(col1 as decimal(18, 6)) as per_h
    from (values ('h', 1), ('min', 60))
)

select symbol as unit, 'dose' as dimension, cast(mg as decimal(18, 12)) as factor
from mass
union all
select symbol || '/kg', 'dose_per_kg', cast(mg as decimal(18, 12))
from mass
union all
select mass.symbol || '/' || period.symbol, 'rate', cast(mass.mg * period.per_h as decimal(18, 12))
from mass
cross join period
where mass.symbol <> 'g'
union all
select mass.symbol || '/kg/' || period.symbol, 'rate_per_kg', cast(mass.mg * period.per_h as decimal(18, 12))
from mass
cross join period
where mass.symbol <> 'g'
union all
select col0, col1, cast(col2 as decimal(18, 12))
from (values
    ('ml', 'volume', 1),
    ('ml/h', 'volume_rate', 1),
    ('ml/min', 'volume_rate', 60),
    ('mg/ml', 'concentration', 1),
    ('mcg/ml', 'concentration', 0.001),
    ('kg', 'weight', 1),
    ('g', 'weight', 0.001),
    ('lb', 'weight', 0.45359237),
    ('oz', 'weight', 0.028349523125),
    ('cm', 'height', 1),
    ('m', 'height', 100),
    ('mm', 'height', 0.1),
    ('in', 'height', 2.54),
    ('inch', 'height', 2.54),
    ('ft', 'height', 30.48))
