/* The line that a ref points at, for a person: file:line. */
create or replace temp macro pointed_at(ref) as
    (select file from input_file where file_id = ref // 4294967296) || ':' || cast(ref % 4294967296 as varchar);
