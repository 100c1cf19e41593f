-- The protocol's settings in force, one column each.
select * from setting
