-- The protocol's cap on the session total, if it has one.
select
    r.limit_high as cap,
    r.unit
from rule as r
where r.rule_id = 'KD-07' and r.limit_high > 0
