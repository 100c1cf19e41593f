/* What each monitoring rule requires: kinds that satisfy one requirement together. A list in monitoring.respiratory makes each kind a requirement of its own. */
select
    k.domain,
    k.kind,
    case when k.domain = 'respiratory' and not s.respiratory_any then k.kind else k.domain end as requirement
from (
    values
    ('sedation', 'rass'), ('sedation', 'poss'), ('sedation', 'ramsay'), ('sedation', 'moaas'), ('sedation', 'aldrete_consciousness'),
    ('respiratory', 'respiratory_rate'), ('respiratory', 'spo2'), ('respiratory', 'etco2'),
    ('psychoperceptual', 'psychomimetic'), ('psychoperceptual', 'cadss'), ('psychoperceptual', 'bprs'), ('psychoperceptual', 'kset')
) as k (domain, kind)
cross join setting as s
where k.domain <> 'respiratory' or s.respiratory_any or list_contains(s.respiratory_kinds, k.kind)
