/* A column that the contract does not know has a name that somebody else chose. */
select
    file_id,
    'a column of another name' as column_name
from unknown_column
