/* How a cell of text is read. Identifiers keep their blanks, all other cells lose them, and a blank cell is unknown. */
create or replace temp macro text_cell(x) as case when x < '!' or x[-1] < '!' then nullif(trim(x, e' \t\r\n'), '') else x end;

create or replace temp macro identifier_cell(x) as case when x < '!' and trim(x, e' \t\r\n') = '' then null else x end;

/* Never rounded: nine digits on either side of the point, in scientific notation too, or nothing. */
create or replace temp macro exact_decimal(x) as
    case
        when strlen(x) <= 10 and x >= '+' and not contains(x, 'e') and not contains(x, 'E') and not contains(x, '_')
            then try_cast(x as decimal(18, 9))
        when regexp_full_match(x, '[+-]?(0*[0-9]{1,9}(\.[0-9]{0,9}0*)?|\.[0-9]{1,9}0*)') then try_cast(x as decimal(18, 9))
        when
            regexp_full_match(x, '[+-]?[0-9](\.[0-9]{1,9})?[eE][+-]?0?[0-9]')
            and try_cast(x as decimal(38, 18)) = try_cast(x as decimal(18, 9))
            then try_cast(x as decimal(18, 9))
    end;

/* An instant where the text carries an offset or Z, else the local time as it stands. */
create or replace temp macro read_time(x) as
    coalesce(
        case strlen(x) when 20 then try_strptime(x, '%Y-%m-%dT%H:%M:%SZ') when 19 then try_strptime(x, '%Y-%m-%dT%H:%M:%S') end,
        case
            when
                regexp_full_match(
                    x, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0{0,3})?)?Z?'
                )
                then try_cast(x as timestamp)
            when
                regexp_full_match(
                    x,
                    '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0{0,3})?)?[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?'
                )
                then make_timestamp(epoch_us(try_cast(x as timestamptz)))
        end
    );

create or replace temp macro read_date(x) as case when regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then try_cast(x as date) end;

create or replace temp macro is_local(x) as case when suffix(x, 'Z') then false else not (contains(x[11:], '+') or contains(x[11:], '-')) end;

create or replace temp macro faulty_columns(faults, names) as
    list_filter(list_transform(names, lambda name, i: case when faults[i] is not null then name end), lambda name: name is not null);

/* The id in a FHIR reference: of Patient/1, of http://host/Patient/1/_history/2, and of urn:uuid:1 it is 1. */
create or replace temp macro reference_id(x) as
    case
        when contains(x, ':') or contains(x, '/_') then split_part(split_part(replace(x, 'urn:uuid:', ''), '/_history', 1), '/', -1)
        else split_part(x, '/', -1)
    end;

/* The same of a reference to one type of resource; a reference to another type (Group/1 where a Patient is asked for) is none. */
create or replace temp macro reference_to(kind, x) as
    case when split_part(split_part(x, '/_history', 1), '/', -2) in ('', kind) then reference_id(x) end;

/* The Medication that a FHIR reference means; one that the resource itself contains (#1) is known by its place. */
create or replace temp macro medication_key(x, file_id, line) as
    case when starts_with(x, '#') then concat_ws('|', file_id, line) || x else reference_to('Medication', x) end;

/* When FHIR says that a version of a resource was written; without a word, before all others. */
create or replace temp macro version_of(meta) as coalesce(epoch_us(try_cast(meta.lastupdated as timestamptz)), 0);

/* A date without a time in FHIR: the first, or the last second of that day. Less than a date (2020-05) stays what it is, and is unknown. */
create or replace temp macro day_start(x) as case when regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then x || ' 00:00:00' else x end;

create or replace temp macro day_end(x) as case when regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then x || ' 23:59:59' else x end;

/* The number of a FHIR quantity; one that is only a bound (comparator) is no number. */
create or replace temp macro exact_value(x) as coalesce(x.comparator || ' ', '') || x.value;

create or replace temp macro plain_unit(x) as
    regexp_replace(regexp_replace(replace(lower(x), 'ug', 'mcg'), '/(hr|hour)$', '/h'), '/minute$', '/min');

/* What a FHIR quantity's code means, unless its unit is known to mean something else: then both, which no rule reads. */
create or replace temp macro agreed_unit(code_meaning, unit_meaning, otherwise) as
    case
        when plain_unit(code_meaning) <> plain_unit(unit_meaning) then code_meaning || ' or ' || unit_meaning
        else coalesce(code_meaning, otherwise)
    end;

/* Which words of a list a FHIR concept says, by code, display or text; none where there is no concept. */
create or replace temp macro said_words(concept, known) as
    list_filter(known, lambda word: list_contains(
        list_transform(
            flatten([
                list_transform(concept.coding, lambda one: one.code),
                list_transform(concept.coding, lambda one: one.display),
                [concept.text]
            ]),
            lambda said: replace(lower(trim(said)), ' ', '-')
        ),
        word
    ));

/* What a FHIR diagnosis says of its being true; one that says only refuted or entered in error is none. */
create or replace temp macro verified_as(status) as
    said_words(status, ['confirmed', 'unconfirmed', 'provisional', 'differential', 'refuted', 'entered-in-error']);

create or replace temp macro is_no_diagnosis(status) as
    len(verified_as(status)) > 0 and list_has_all(['refuted', 'entered-in-error'], verified_as(status));

/* What a time is called in UCUM and in words, as far as it is known. */
create or replace temp macro time_unit(x) as
    case
        when lower(x) in ('h', 'hr', 'hrs', 'hour', 'hours') then 'h'
        when lower(x) in ('min', 'mins', 'minute', 'minutes') then 'min'
        when lower(x) in ('s', 'sec', 'second', 'seconds') then 's'
        when lower(x) in ('d', 'day', 'days') then 'd'
    end;

/* A FHIR quantity divided by another; what cannot be divided is shown as it stands, and is no number. */
create or replace temp macro divided(numerator, denominator) as
    case
        when denominator is null or try_cast(denominator as double) = 1 then numerator
        else
            coalesce(
                cast(try_cast(numerator as double) / nullif(try_cast(denominator as double), 0) as varchar),
                numerator || ' in ' || denominator
            )
    end;

/* What a unit without blanks measures (mass, mass/kg or ml), an hour or at once, and how much of it in mg or mL, an hour. */
create or replace temp macro unit_dimension(x) as
    regexp_replace(
        regexp_replace(x, '^(g|mg|mcg|ug|ng)(/kg)?(/(h|hr|hour|min|minute))?$', 'mass\2'), '^ml(/(h|hr|hour|min|minute))?$', 'ml'
    );

create or replace temp macro unit_factor(x) as
    case split_part(x, '/', 1) when 'g' then 1000 when 'mg' then 1 when 'ng' then 0.000001 when 'ml' then 1 else 0.001 end
    * case when contains(x, '/min') then 60 else 1 end;

/* Everything that a FHIR concept says, its words as a code of the system text; and how it is shown where no map has it. */
create or replace temp macro codings_of(x) as
    list_append(coalesce(x.coding, []), struct_pack(system := 'text', code := x.text, display := cast(null as varchar)));

create or replace temp macro shown_coding(x) as
    case
        when coalesce(x.code, x.display, nullif(x.system, 'text')) is not null
            then coalesce(x.system, 'no system') || '|' || coalesce(x.code, x.display, 'no code')
    end;

/* Whether one product is meant and something else is named too; fentanyl is nothing else than fentanyl (emar). */
create or replace temp macro is_contradicted(products, candidates) as
    len(products) > 1 or coalesce(len(list_filter(candidates, lambda one: not contains(products[1], one))) > 0, false);

/* A drug that only words name, in the form of a FHIR concept. */
create or replace temp macro named_drug(words) as
    case when words is not null then struct_pack(coding := cast(null as struct(system varchar, code varchar, display varchar) []), text := words) end;

/* What a FHIR questionnaire response has below a question: questions of its own, and those of its answers. */
create or replace temp macro items_below(question) as
    list_concat(question.item, flatten(list_transform(question.answer, lambda one: one.item)));

create or replace temp macro has_items_below(question) as
    question.item is not null or len(list_filter(question.answer, lambda one: one.item is not null)) > 0;

create or replace temp macro answers_of(question) as
    list_transform(question.answer, lambda one: struct_pack(boolean := one.valueboolean, words := one.valuestring, coding := one.valuecoding));
