/* What a warehouse holds beside the canonical tables: extracts, their files, what they cover, and what was kept out. */
create table if not exists extract (
    extract_id integer,
    site varchar,
    timezone varchar,
    extracted_at timestamp,
    source_system varchar,
    source_name varchar,
    source_sha256 varchar
);

/* A warehouse of an earlier release has no such column. */
alter table extract add column if not exists source_sha256 varchar;

/* Whether everything is kept that takes this extract out again: false for one that an earlier release loaded. */
alter table extract add column if not exists removable boolean default false;

/* Whether the manifest names the site; without a name it is called by its folder. */
alter table extract add column if not exists site_named boolean default false;

create table if not exists input_file (
    file_id integer,
    extract_id integer,
    table_name varchar,
    file varchar,
    sha256 varchar,
    received bigint,
    loaded bigint,
    quarantined bigint,
    duplicates bigint
);

create table if not exists coverage (
    extract_id integer,
    table_name varchar,
    kind varchar,
    department varchar,
    covered_from timestamp,
    covered_to timestamp
);

/* One row per reason. event is the kind of an observation and the item of a checklist answer. scope is row (kept out), cell (made unknown), or resolved: kept out once, and a later extract brought the row in good order. */
create table if not exists quarantine (
    file_id integer,
    table_name varchar,
    line integer,
    scope varchar,
    column_name varchar,
    reason varchar,
    raw varchar,
    patient_id varchar,
    event varchar,
    product varchar,
    route varchar,
    status varchar,
    on_date date,
    row_key varchar
);

create table if not exists unknown_column (file_id integer, column_name varchar);

/* What an extract holds and its format does not use: codes that are in no map, references to nothing, kinds of resources. */
create table if not exists source_notice (
    extract_id integer,
    topic varchar,
    value varchar,
    occurrences bigint
);

/* A file of an earlier extract that this one brought too, and what it is called there. */
create table if not exists repeated_file (file_id integer, extract_id integer, file varchar);

/* The coverage that follows from the rows that were found, in extracts of formats for which nothing else tells it. */
create table if not exists found_coverage (extract_id integer, table_name varchar);

/* Lines that are no records, as they were before anyone looked for their patient. */
create table if not exists kept_broken_line (file_id integer, line integer, raw varchar, patient_id varchar, table_name varchar);

/* What the source calls the record on a line, where only it can tell: a later extract's version of the same identity replaces the rows of this one. */
create table if not exists row_identity (file_id integer, line integer, identity varchar, withdrawn boolean);

/* Lines that are no records, and rows that a format does not believe, while a load runs. */
create or replace temp table broken_line (
    file_id integer,
    line integer,
    reason varchar,
    raw varchar,
    patient_id varchar,
    table_name varchar,
    event varchar,
    product varchar,
    route varchar,
    status varchar,
    on_date date,
    row_key varchar
);
