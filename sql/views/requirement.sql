/* What each monitoring rule requires: kinds that satisfy one requirement together. A list in monitoring.respiratory makes each kind a requirement of its own; the kinds that it leaves out are unlisted. Actions are rows of the intervention table. */
select
    case when k.domain = 'respiratory' and not s.respiratory_any and not list_contains(s.respiratory_kinds, k.kind) then 'unlisted' else k.domain end as domain,
    k.kind,
    case when k.domain = 'action' or (k.domain = 'respiratory' and not s.respiratory_any) then k.kind else k.domain end as requirement
from (
    values
    ('sedation', 'rass'), ('sedation', 'poss'), ('sedation', 'ramsay'), ('sedation', 'moaas'), ('sedation', 'aldrete_consciousness'),
    ('respiratory', 'respiratory_rate'), ('respiratory', 'spo2'), ('respiratory', 'etco2'),
    ('psychoperceptual', 'psychomimetic'), ('psychoperceptual', 'cadss'), ('psychoperceptual', 'bprs'), ('psychoperceptual', 'kset'),
    ('action', 'oxygen'), ('action', 'airway'), ('action', 'rescue_drug'), ('action', 'escalation')
) as k (domain, kind)
cross join setting as s
