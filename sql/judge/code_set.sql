/* The shipped code sets of diagnoses: which codes mean a contraindication or an indication, how strongly, and for how long. Codes without dots. */
select
    code_set,
    system as code_system,
    code as shown_code,
    replace(code, '.', '') as code,
    match,
    strength,
    cast(lookback_d as integer) as lookback_d,
    problem_list,
    until_session_end is not null as until_session_end,
    ends_pregnancy is not null as ends_pregnancy,
    description
from read_csv(?, header = true, all_varchar = true, nullstr = '')
