/* Administration rows that are listed, not judged: another product, another route, not given, or drug that never reached the patient. */
select
    case
        when a.product <> s.product then 'product'
        when a.route <> 'iv' then 'route'
        when a.status in ('not_given', 'held', 'refused', 'entered_in_error') then 'status'
        else 'prime'
    end as cause,
    case
        when a.product <> s.product then a.product
        when a.route <> 'iv' then a.route
        when a.status in ('not_given', 'held', 'refused', 'entered_in_error') then a.status
        else a.event
    end as found,
    count(*) as row_count
from administration as a
cross join setting as s
where
    a.product <> s.product
    or a.route <> 'iv'
    or a.status in ('not_given', 'held', 'refused', 'entered_in_error')
    or a.event = 'prime'
group by cause, found
order by cause, row_count desc, found
