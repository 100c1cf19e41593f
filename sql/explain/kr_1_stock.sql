/* The stock rows around the session, then what was dispensed and what became of it, in mg. Sessions that share rows have one balance. */
with balance as (
    select
        session_no,
        cast(dispensed_mg as double) as dispensed_mg,
        cast(administered_x3600_low as double) / 3600 as administered_mg_low,
        cast(administered_x3600_high as double) / 3600 as administered_mg_high,
        cast(wasted_mg as double) as wasted_mg,
        cast(returned_mg as double) as returned_mg,
        sessions as sessions_reconciled_together
    from stock_balance
    where has_stock
)

select
    s.session_id,
    m.action,
    m.occurred_at,
    m.container_id,
    cast(m.amount as double) as amount,
    m.unit,
    cast(m.mg as double) as mg,
    m.user_id,
    m.witness_id,
    f.file,
    m.ref % 4294967296 as line,
    b.dispensed_mg,
    b.administered_mg_low,
    b.administered_mg_high,
    b.wasted_mg,
    b.returned_mg,
    b.sessions_reconciled_together
from stock_move as m
inner join session as s on s.session_no = m.session_no
inner join balance as b on b.session_no = m.session_no
inner join input_file as f on f.file_id = m.ref // 4294967296
order by s.session_no, m.occurred_at, m.ref
