/* What each charted ICD-10-CM code means in each code set. Exclusions win whatever their length; a code cut short of a row's code may mean it. */
with charted as (
    select distinct
        code as charted_code,
        replace(replace(upper(code), '.', ''), ' ', '') as code
    from condition
    where code_system = 'icd10cm'
),

matched as (
    select
        h.charted_code,
        c.code_set,
        case when starts_with(h.code, c.code) then c.strength else 'possible' end as strength,
        c.lookback_d,
        c.problem_list,
        c.until_session_end,
        c.ends_pregnancy,
        c.description
    from charted as h
    inner join code_set as c
        on
            (c.match = 'prefix' and starts_with(h.code, c.code))
            or h.code = c.code
            or (c.strength = 'definite' and starts_with(c.code, h.code) and length(h.code) between 3 and length(c.code) - 1)
    where c.code_system = 'icd10cm'
),

excluded as (
    select distinct charted_code, code_set
    from matched
    where strength = 'exclude'
)

select distinct
    m.charted_code,
    m.code_set,
    m.strength,
    m.lookback_d,
    m.problem_list,
    m.until_session_end,
    m.ends_pregnancy,
    m.description
from matched as m
left join excluded as x on x.charted_code = m.charted_code and x.code_set = m.code_set
where x.charted_code is null or m.ends_pregnancy
