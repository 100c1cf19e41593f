/* Re-audits compare months, which a de-identified copy does not show. */
select *
from reaudit
where false
