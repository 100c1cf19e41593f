/* The line that a ref points at, for a person: file:line. The files are a variable, so that no step joins them once more. */
set variable files = (select map(list(file_id), list(file)) from input_file);

create or replace temp macro pointed_at(ref) as
    getvariable('files')[ref // 4294967296] || ':' || cast(ref % 4294967296 as varchar);

/* A decimal as it is, without needless zeros. */
create or replace temp macro exact(x) as
    case when contains(cast(x as varchar), '.') then rtrim(rtrim(cast(x as varchar), '0'), '.') else cast(x as varchar) end;

/* A value, or the two ends of what it may be. */
create or replace temp macro span(low, high) as
    case
        when low is null or high - low > 0.00000000001 then coalesce(exact(low), '?') || ' to ' || coalesce(exact(high), '?')
        else exact(coalesce(high, low))
    end;

/* How a charted rate becomes mg/h, and a charted amount mg: what the chart says, and each factor that it is multiplied by. */
create or replace temp macro conversion_of(amount, charted_unit, dimension, factor, mg_per_ml_low, mg_per_ml_high, kg_low, kg_high) as
    coalesce(exact(amount), '?') || ' ' || case when charted_unit is null then '(no unit)' when dimension is null then '(unknown unit)' else charted_unit end
    || case when factor <> 1 then ' × ' || exact(factor) else '' end
    || case
        when dimension in ('volume', 'volume_rate') then ' × ' || coalesce(span(mg_per_ml_low, mg_per_ml_high), '?') || ' mg/mL'
        when dimension in ('dose_per_kg', 'rate_per_kg') then ' × ' || coalesce(span(kg_low, kg_high) || ' kg (pump)', '? kg (no pump weight)')
        else ''
    end;
