/* The lengths of the windows in which the protocol limits a total. */
select 24 as window_h
from rule
where rule_id = 'KD-08'
union
select case total_interpretation when 'per_hour' then 1 else 24 end
from setting
where total_interpretation in ('per_hour', 'rolling_24h')
