/* The conventional analgesic classes of a patient before the index session of a series. A class was tried when its drugs ran for the minimum of days,
each day counted once, when one of them failed or was not tolerated, or when a form says so. */
with dated as (
    select
        *,
        max(ran_until_us) over earlier_rows as already_ran_until_us,
        max(may_run_until_us) over earlier_rows as may_already_run_until_us
    from drug_history
    where conventional
    window earlier_rows as (
        partition by session_no, drug_class order by from_us, ref rows between unbounded preceding and 1 preceding
    )
),

added as (
    select
        *,
        case
            when ran_until_us > greatest(from_us, coalesce(already_ran_until_us, from_us))
                then ran_until_us - greatest(from_us, coalesce(already_ran_until_us, from_us))
            else 0
        end as ran_us,
        case
            when may_run_until_us > greatest(from_us, coalesce(may_already_run_until_us, from_us))
                then may_run_until_us - greatest(from_us, coalesce(may_already_run_until_us, from_us))
            else 0
        end as may_run_us
    from dated
)

select
    session_no,
    drug_class,
    sum(ran_us) / 86400000000.0 as ran_d,
    max(has_failed) as has_failed,
    max(is_on_form) as is_on_form,
    sum(ran_us) >= max(min_us) or max(has_failed) or max(is_on_form) as is_certain,
    sum(may_run_us + undated_us) >= max(min_us) or max(may_have_failed) or max(may_be_on_form) as is_possible,
    list(ref order by ref) as refs
from added
group by session_no, drug_class
