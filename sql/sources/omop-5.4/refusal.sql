/* Why an extract as a whole cannot be used: no drug that the maps know, or no time that can be read. */
with known as (
    select
        e.file_id,
        e.line,
        g.product is not null or g.drug_class is not null or g.resembles is not null as is_known,
        g.is_local
    from omop_drug_exposure as e
    inner join drug as g
        on g.drug_concept_id is not distinct from e.drug_concept_id
        and g.drug_source_concept_id is not distinct from e.drug_source_concept_id
        and g.drug_source_value is not distinct from e.drug_source_value
),

timed as (
    select
        'drug_exposure_start_datetime' as column_name,
        file_id,
        line,
        drug_exposure_start_datetime as written
    from omop_drug_exposure
    union all
    select
        'measurement_datetime',
        file_id,
        line,
        measurement_datetime
    from omop_measurement
    union all
    select
        'observation_datetime',
        file_id,
        line,
        observation_datetime
    from omop_observation
)

select
    min(file_id) as file_id,
    arg_min(line, (file_id, line)) as line,
    'all ' || count(*) || ' drug exposures have local concepts (drug_concept_id 0 or from 2,000,000,000) that no map knows, so no dose can be found' as problem,
    'Write what they are into product.csv of a folder that extends omop-5.4 (vocabulary "concept" or "source"), or map them to standard concepts;'
    || ' see "Local concepts" in docs/sources/omop-5.4.md.' as way_out
from known
having count(*) > 0 and not bool_or(is_known) and bool_and(is_local)
union all
select
    file_id,
    min(line),
    'not one of the ' || count(*) || ' times in the column ' || column_name || ' is written as 2026-06-15 10:00:00;'
    || ' a spreadsheet rewrites times when it saves a file',
    'Export the table again from the database, without opening it in a spreadsheet, or as Parquet.'
from timed
where written is not null
group by file_id, column_name
having not bool_or(regexp_matches(written, '^[0-9]{4}-[0-9]{2}-[0-9]{2}'))
