/* How the verdicts of this run stand beside those of the other protocol. */
select
    rule_id,
    title,
    statement,
    other_statement,
    verdict,
    other_verdict,
    sessions
from side_by_side
order by rule_id nulls first, verdict nulls last, other_verdict nulls last
