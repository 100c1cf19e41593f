/* Small shared expressions. Rounding is always outward, so that a bound never crosses a limit. */
create or replace temp macro normal_unit(unit) as
    replace(replace(replace(replace(replace(replace(replace(replace(
        lower(unit), ' ', ''), 'µ', 'mc'), 'μ', 'mc'), 'ug', 'mcg'), 'cc', 'ml'), 'hour', 'h'), 'hr', 'h'), 'minute', 'min');

create or replace temp macro down12(x) as
    cast(x as decimal(38, 12)) - case when cast(x as decimal(38, 12)) > x then cast(0.000000000001 as decimal(38, 12)) else 0 end;

create or replace temp macro up12(x) as
    cast(x as decimal(38, 12)) + case when cast(x as decimal(38, 12)) < x then cast(0.000000000001 as decimal(38, 12)) else 0 end;

create or replace temp macro elapsed_s(first_instant, last_instant) as
    cast((epoch_us(last_instant) - epoch_us(first_instant)) as decimal(18, 0)) * cast(0.000001 as decimal(7, 6));

create or replace temp macro minutes(first_instant, last_instant) as
    (epoch_us(last_instant) - epoch_us(first_instant)) / 60000000.0;

/* Three-valued comparison of an uncertain quantity (low, high) with an uncertain limit: true and false only where every value inside the bounds agrees. */
create or replace temp macro over_limit(low, high, limit_low, limit_high, comparator) as
    case
        when low > limit_high or (comparator = 'lt' and low = limit_high) then true
        when high < limit_low or (comparator <> 'lt' and high = limit_low) then false
    end;

create or replace temp macro under_limit(low, high, limit_low, limit_high, comparator) as
    case
        when high < limit_low or (comparator = 'gt' and high = limit_low) then true
        when low > limit_high or (comparator <> 'gt' and low = limit_high) then false
    end;

/* Whether a value lies on the far side of a threshold. */
create or replace temp macro beyond(x, threshold, comparator) as
    case comparator when 'lt' then x < threshold when 'le' then x <= threshold when 'gt' then x > threshold else x >= threshold end;

/* Numbers for people: at most so many decimals, no trailing zeros; more digits where the rounded number would read as another verdict. */
create or replace temp macro shown(x, digits) as
    rtrim(rtrim(printf('%.' || digits || 'f', cast(x as double)), '0'), '.');

create or replace temp macro shown_against(x, allowed, verdict) as
    case
        when verdict = 'violation' and round(cast(x as double), 3) = cast(allowed as double) and abs(cast(x as double) - cast(allowed as double)) > 0.000000001
            then shown(x, 9)
        else shown(x, 3)
    end;

create or replace temp macro inert(value) as
    case when regexp_matches(value, '^[=+\-@\t\r]') then '''' || value else value end;

/* Absurd amounts are capped before they are multiplied, far beyond any limit, so that no product overflows. NULL stays NULL. */
create or replace temp macro capped(x) as case when x > 100000000 then 100000000 else x end;

/* Minutes of a protocol setting in microseconds. The wide cast matters: the engine keeps a product of two narrow decimals narrow. */
create or replace temp macro as_us(min) as cast(min as decimal(38, 6)) * 60000000;

/* How far an instant lies from another, for people: 20 min, 5 h, 10 d. */
create or replace temp macro apart(first_instant, last_instant) as
    case
        when abs(epoch_us(last_instant) - epoch_us(first_instant)) < 7200000000
            then cast(abs(epoch_us(last_instant) - epoch_us(first_instant)) // 60000000 as varchar) || ' min'
        when abs(epoch_us(last_instant) - epoch_us(first_instant)) < 172800000000
            then cast(abs(epoch_us(last_instant) - epoch_us(first_instant)) // 3600000000 as varchar) || ' h'
        else cast(abs(epoch_us(last_instant) - epoch_us(first_instant)) // 86400000000 as varchar) || ' d'
    end;

create or replace temp macro before_or_after(event, start) as
    apart(event, start) || case when event > start then ' after the start' else ' before the start' end;
/* The verdict from a rule's two three-valued answers: unknown never becomes compliant, and a part that certainly violates decides. */
create or replace temp macro verdict_of(out_of_scope, applies, violates) as
    case
        when out_of_scope then 'not_applicable'
        when violates and applies then 'violation'
        when not applies then 'not_applicable'
        when applies is null or violates is null then 'not_evaluable'
        else 'compliant'
    end;

/* How findings are ranked. Severity: the protocol's. Paper: what was given comes before what was charted about it, so that a long gap does not push a high dose down the list.
   Excess: the distance from the limit as a share of the limit; with bounds, the bound nearest the limit counts. */
create or replace temp macro severity_rank_of(severity) as
    case severity when 'critical' then 0 when 'major' then 1 when 'minor' then 2 else 3 end;

create or replace temp macro paper_rank_of(family) as
    case when family = 'monitoring' then 1 else 0 end;

create or replace temp macro excess_of(observed, observed_low, observed_high, limit_low, limit_high) as
    case
        when limit_high > 0 and coalesce(observed, observed_low) >= limit_high
            then cast(coalesce(observed, observed_low) as double) / limit_high - 1
        when limit_low > 0 and coalesce(observed, observed_high) <= limit_low
            then 1 - cast(coalesce(observed, observed_high) as double) / limit_low
    end;
