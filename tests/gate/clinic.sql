-- A warehouse of eight ordinary months of one clinic: 60 patients a month, one treatment of five rows each.
create table extract (
    extract_id integer, site varchar, timezone varchar, extracted_at timestamp, source_system varchar, source_name varchar
);
create table input_file (
    file_id integer, extract_id integer, table_name varchar, file varchar, sha256 varchar,
    received bigint, loaded bigint, quarantined bigint, duplicates bigint
);
create table coverage (
    extract_id integer, table_name varchar, kind varchar, department varchar, covered_from timestamp, covered_to timestamp
);
create table quarantine (
    file_id integer, table_name varchar, line integer, scope varchar, column_name varchar, reason varchar, raw varchar,
    patient_id varchar, event varchar, product varchar, route varchar, status varchar, on_date date
);
create table patient (patient_id varchar, birth_date date, sex varchar, file_id integer, line integer, invalid varchar[]);
create table encounter (
    encounter_id varchar, patient_id varchar, site_id varchar, department varchar, started_at timestamp, ended_at timestamp,
    file_id integer, line integer, invalid varchar[]
);
create table medication_order (
    order_id varchar, patient_id varchar, encounter_id varchar, prescriber_id varchar, context varchar, indication varchar,
    dosing_weight decimal(18, 9), dosing_weight_unit varchar, ordered_at timestamp, file_id integer, line integer, invalid varchar[]
);
create table administration (
    administration_id varchar, patient_id varchar, encounter_id varchar, order_id varchar, event varchar, product varchar, route varchar,
    started_at timestamp, stopped_at timestamp, dose decimal(18, 9), dose_unit varchar, rate decimal(18, 9), rate_unit varchar,
    volume_ml decimal(18, 9), total_dose decimal(18, 9), total_dose_unit varchar, status varchar,
    file_id integer, line integer, invalid varchar[]
);
create table observation (
    patient_id varchar, encounter_id varchar, kind varchar, value varchar, value_number decimal(18, 9), unit varchar,
    effective_at timestamp, file_id integer, line integer, invalid varchar[]
);
create table condition (patient_id varchar, code varchar, file_id integer, line integer, invalid varchar[]);

-- CLINIC
create temp table person as
    select
        printf('P%04d', m * 60 + i) as patient_id,
        make_timestamp(2026, m + 1, 1, 15, 0, 0) + to_days(cast(i % 27 as integer)) as seen_at,
        i
    from range(8) as month(m), range(60) as person(i);
insert into patient select patient_id, date '1970-01-01', 'female', 2, i, null from person;
insert into encounter
    select 'E' || patient_id, patient_id, 'S1', 'ward', seen_at - interval 2 hour, seen_at + interval 4 hour, 3, i, null from person;
insert into medication_order
    select
        'O' || patient_id, patient_id, 'E' || patient_id, 'D1', if(i % 2 = 0, 'chronic', 'postsurgical'), 'crps', 70, 'kg', seen_at, 4, i, null
    from person;
insert into administration
    select
        patient_id || event, patient_id, 'E' || patient_id, 'O' || patient_id, event, 'ketamine', 'iv',
        seen_at + to_minutes(cast(minute as integer)), null, dose, dose_unit, rate, rate_unit, null, null, null, 'completed', 1, i, null
    from person, (values
        ('bolus', 0, 20, 'mg', null, null),
        ('infusion', 1, null, null, 0.6, 'mg/kg/h'),
        ('rate_change', 20, null, null, 0.8, 'mg/kg/h'),
        ('rate_verify', 40, null, null, 0.8, 'mg/kg/h'),
        ('stop', 60, null, null, null, null)) as step(event, minute, dose, dose_unit, rate, rate_unit);
insert into observation
    select
        patient_id, 'E' || patient_id, kind, value, cast(value as decimal(18, 9)), unit, seen_at + interval 10 minute, 5, i, null
    from person, (values ('weight', '70', 'kg'), ('rass', '0', null), ('spo2', '97', '%')) as seen(kind, value, unit);
insert into condition select patient_id, 'G89.29', 6, i, null from person;
insert into extract values (1, 'clinic', 'America/New_York', '2026-09-01 06:00:00', null, 'canonical');
insert into input_file
    select file_id, 1, name, name || '.csv', name, n, n, 0, 0
    from (values
        (1, 'administration', 2400), (2, 'patient', 480), (3, 'encounter', 480),
        (4, 'medication_order', 480), (5, 'observation', 1440), (6, 'condition', 480)) as file(file_id, name, n);
insert into coverage select 1, table_name, null, null, timestamp '0001-01-01', timestamp '9999-12-31' from input_file;
