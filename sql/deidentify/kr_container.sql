/* What the stock record says of the containers of a session, which are numbered; neither their own numbers nor the source rows. */
select
    session_no,
    'container ' || row_number() over (partition by session_no order by dispensed_mg desc, container_id nulls last) as container_id,
    dispensed_mg,
    wasted_mg,
    returned_mg,
    unreadable,
    wasted_alone,
    list_filter(source, lambda s: false) as source
from kr_container
