/* The day up to which the data reach: when the last extract was made, or else the last session. */
select coalesce(
    (
        select cast(max(e.extracted_at) as date)
        from extract as e
    ),
    max(s.local_date)
) as reaches
from session as s
