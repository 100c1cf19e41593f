/* What rules need to know about coverage: a requirement is met by any of its kinds; of a table without kinds the table itself is the requirement. */
select
    'observation' as table_name,
    requirement,
    kind
from requirement
where domain <> 'action'
union
select
    col0,
    col1,
    col1
from (values
    ('observation', 'hcg'),
    ('observation', 'pain_nrs'),
    ('intervention', 'oxygen'),
    ('intervention', 'airway'),
    ('intervention', 'rescue_drug'),
    ('intervention', 'escalation'),
    ('intervention', 'response_review'))
union
select
    col0,
    col0,
    null
from (values ('administration'), ('condition'), ('screening'), ('medication'), ('stock'))
