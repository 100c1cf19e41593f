/* Coded diagnoses with the column that some subsets of the table leave out. */
select * from diagnoses_icd
union all by name
(
    select cast(null as varchar) as seq_num
    from diagnoses_icd
    where false
)
