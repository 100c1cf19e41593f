-- The words of every enabled rule as a published measure has them, and what its severity and limit come from beside the quote.
select
    r.rule_id,
    r.quantity,
    r.population,
    r.exclusions,
    r.success,
    r.responsible,
    r.limitations,
    r.needs,
    r.changes,
    s.age_min,
    s.effective_from,
    s.effective_to
from rule as r
cross join setting as s
order by r.rule_id
