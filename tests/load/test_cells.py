"""Cells are read exactly or not at all; a broken one is listed with its reason, and a broken identity or time keeps the row out."""

from __future__ import annotations

import re

import pytest

from .conftest import WEIGHT, Site, bolus


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20", "20"),
        (" 20.50 ", "20.5"),
        ("+3", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
        ("0.000000001", "0.000000001"),
        ("0.3499999", "0.3499999"),
        ("0.34999999900000", "0.349999999"),
        ("999999999.999999999", "999999999.999999999"),
        ("1e2", "100"),
        ("2.5E-5", "0.000025"),
    ],
)
def test_numbers_are_kept_exactly(site: Site, text: str, number: str) -> None:
    site.give(bolus(dose=text)).load()
    assert site.value("select dose = ?::decimal(18, 9) from administration", number)
    assert site.quarantine() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("5,0", "not_a_number"),
        ("\u0665", "not_a_number"),
        ("1_000", "not_a_number"),
        ("0x1A", "not_a_number"),
        ("20 mg", "not_a_number"),
        ("--5", "not_a_number"),
        (".", "not_a_number"),
        ("1e309", "too_many_digits"),
        ("1e-10", "too_many_digits"),
        ("0.3499999999", "too_many_digits"),
        ("1000000000", "too_many_digits"),
        ("-5", "negative"),
        ("-1e-9", "negative"),
    ],
)
def test_a_number_that_is_not_exact_is_unknown_and_never_rounded(site: Site, text: str, reason: str) -> None:
    site.give(bolus(dose=text))
    assert site.counts("administration") == (1, 1, 0, 0)
    assert site.query("select dose, invalid from administration") == [(None, ["dose"])]
    assert site.quarantine() == [("administration", 2, "cell", "dose", reason, text)]


def test_text_in_a_number_column_is_found_however_late_it_comes(site: Site) -> None:
    rows = [bolus(f"A{i}", dose="1") for i in range(40_000)]
    rows[30_000]["dose"] = "ten"
    site.give(*rows).load()
    assert site.quarantine("line, reason, raw") == [(30_002, "not_a_number", "ten")]


def test_identifiers_stay_distinct_text(site: Site) -> None:
    names = ["00123", "123", "1E5", "100000", " 123", "123 ", "\u0391", "A", "a", "null", "NaN"]
    site.give(*[bolus(f"A{i}", patient_id=name) for i, name in enumerate(names)]).load()
    assert {row[0] for row in site.query("select patient_id from administration")} == set(names)


def test_an_identifier_of_blanks_is_empty(site: Site) -> None:
    site.give(bolus(patient_id=" \t "), bolus("A2", encounter_id="  ")).load()
    assert site.quarantine("column_name, reason, raw") == [("patient_id", "empty", " \t ")]
    assert site.query("select administration_id, encounter_id, invalid from administration") == [("A2", None, None)]


def test_words_are_read_in_any_case_and_empty_ones_get_their_default(site: Site) -> None:
    site.give(bolus("A1", event=" Bolus ", route="IV ", product="Ketamine", status="", source="PUMP"), bolus("A2")).load()
    query = "select event, route, product, status, source from administration order by administration_id"
    assert site.query(query) == [("bolus", "iv", "ketamine", "completed", "pump"), ("bolus", "iv", "ketamine", "completed", None)]


def test_an_unknown_word_is_unknown_and_not_the_default(site: Site) -> None:
    site.give(bolus(route="nasogastric", status="maybe")).load()
    assert site.query("select route, status, invalid from administration") == [(None, None, ["route", "status"])]


def test_a_row_without_identity_patient_event_or_time_is_kept_out_with_every_reason(site: Site) -> None:
    site.give(bolus("", patient_id="", event="injection", started_at="10 o'clock", dose="much"), bolus("A2"))
    assert site.counts("administration") == (2, 1, 1, 0)
    assert site.quarantine("scope, column_name, reason, raw") == [
        ("row", "administration_id", "empty", None),
        ("row", "dose", "not_a_number", "much"),
        ("row", "event", "not_allowed", "injection"),
        ("row", "patient_id", "empty", None),
        ("row", "started_at", "not_a_time", "10 o'clock"),
    ]


def test_what_can_still_be_read_of_a_lost_administration_row_is_kept_with_it(site: Site) -> None:
    lost = bolus(started_at="2026-06-15T25:00:00Z", product="Esketamine", route="po", status="held")
    site.give(lost, bolus("A2", event="?", started_at=" 2026-06-16 08:00"), bolus("A3", started_at="soon", route="xx")).load()
    rows = site.query("select distinct line, patient_id, event, product, route, status, on_date::varchar from quarantine order by line")
    assert rows == [
        (2, "P1", "bolus", "esketamine", "po", "held", "2026-06-15"),
        (3, "P1", None, "ketamine", "iv", "completed", "2026-06-16"),
        (4, "P1", "bolus", "ketamine", None, "completed", None),
    ]


def test_kinds_of_observation_that_no_rule_uses_are_kept_out_and_counted(site: Site) -> None:
    site.give(observation=[WEIGHT, {**WEIGHT, "kind": "temperature"}])
    assert site.counts("observation") == (2, 1, 1, 0)
    assert site.quarantine("scope, column_name, reason, raw") == [("row", "kind", "kind_not_used", "temperature")]


def test_an_unreadable_measurement_is_loaded_as_unknown_and_an_empty_one_is_not(site: Site) -> None:
    values = ("70", "NaN", "heavy")
    site.give(
        observation=[{**WEIGHT, "value": value, "effective_at": f"2026-06-15 0{hour}:00"} for hour, value in enumerate((*values, " "))]
    )
    assert site.counts("observation") == (4, 3, 1, 0)
    assert site.query("select value, value_number::varchar, invalid from observation order by line") == [
        ("70", "70.000000000", None),
        (None, None, ["value"]),
        (None, None, ["value"]),
    ]


def test_coded_observations_keep_their_word_and_scores_their_letter(site: Site) -> None:
    charted = [
        ("hcg", "Negative"),
        ("psychomimetic", "present"),
        ("poss", "S"),
        ("poss", "3"),
        ("child_pugh", "B"),
        ("rass", "-3"),
        ("hcg", "1"),
        ("psychomimetic", "positive"),
    ]
    site.give(observation=[{**WEIGHT, "kind": kind, "value": value} for kind, value in charted]).load()
    values = site.query("select value, value_number::integer from observation order by line")
    assert values == [("Negative", None), ("present", None), ("S", None), ("3", 3), ("B", None), ("-3", -3), (None, None), (None, None)]
    assert site.quarantine("line, reason") == [(8, "not_allowed"), (9, "not_allowed")]


def test_a_count_is_a_whole_number(site: Site) -> None:
    site.give(bolus(delivered_count="1.5"), bolus("A2", delivered_count="3.0")).load()
    assert site.quarantine("line, reason") == [(2, "not_a_whole_number")]


def test_a_giant_cell_never_reaches_the_warehouse(site: Site) -> None:
    site.give(bolus("A1", dose_unit="x" * 1001), bolus("A2", dose_unit="x" * 1000), bolus("A" * 5000)).load()
    assert site.quarantine("line, column_name, reason") == [(2, "dose_unit", "too_long"), (4, "administration_id", "too_long")]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-15T10:00:00Z", "2026-06-15 10:00:00"),
        ("2026-06-15 10:00", "2026-06-15 10:00:00"),
        ("2026-06-15T10:00:00.5+02:00", "2026-06-15 08:00:00.5"),
        ("2026-06-15T10:00-0330", "2026-06-15 13:30:00"),
        ("2026-01-01T00:30+14", "2025-12-31 10:30:00"),
        ("2025-12-31T23:30:00-12:00", "2026-01-01 11:30:00"),
        ("2024-02-29T12:00:00.1234560Z", "2024-02-29 12:00:00.123456"),
        (" 2026-06-15T10:00:00Z ", "2026-06-15 10:00:00"),
    ],
)
def test_times_are_iso_8601(site: Site, text: str, instant: str) -> None:
    site.give(bolus(started_at=text)).load()
    assert site.value("select started_at::varchar from administration") == instant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30T10:00:00Z", "not_a_time"),
        ("2026-06-15", "not_a_time"),
        ("15.06.2026 10:00", "not_a_time"),
        ("2026-6-15T1:00:00", "not_a_time"),
        ("2026-06-15T24:00:00Z", "not_a_time"),
        ("2026-06-15T10:00:00 America/New_York", "not_a_time"),
        ("epoch", "not_a_time"),
        ("infinity", "not_a_time"),
        ("2026-06-15T 1:00:00", "not_a_time"),
        ("2026-06-15T10:00:00+15:00", "not_a_time"),
        ("1899-12-31T23:59:59Z", "year_out_of_range"),
        ("2301-01-01T00:00:00Z", "year_out_of_range"),
    ],
)
def test_other_times_are_unreadable(site: Site, text: str, reason: str) -> None:
    site.give(bolus("A1", started_at=text), bolus("A2", stopped_at=text))
    assert site.counts("administration") == (2, 1, 1, 0)
    assert site.quarantine("line, scope, column_name, reason") == [(2, "row", "started_at", reason), (3, "cell", "stopped_at", reason)]


def test_nothing_happened_after_the_extract_was_taken(site: Site) -> None:
    site.manifest('extracted_at = "2026-06-15T12:00:00Z"')
    rows = [
        bolus("A1", stopped_at="2026-06-15T14:00:00+02:00"),
        bolus("A2", stopped_at="2026-06-15T12:00:01Z"),
        bolus("A3", started_at="2026-06-15T12:00:01Z"),
    ]
    site.give(*rows, patient=[{"patient_id": "P1", "birth_date": "2062-01-01"}]).load()
    assert site.quarantine("table_name, line, scope, column_name, reason") == [
        ("administration", 3, "cell", "stopped_at", "after_extraction"),
        ("administration", 4, "row", "started_at", "after_extraction"),
        ("patient", 2, "cell", "birth_date", "after_extraction"),
    ]


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "01/02/1980", "1980", "1980-01-01T00:00:00", "1850-01-01"])
def test_other_dates_are_unreadable(site: Site, text: str) -> None:
    site.give(patient=[{"patient_id": "P1", "birth_date": text}]).load()
    assert site.query("select birth_date, invalid from patient") == [(None, ["birth_date"])]


def test_the_quick_reading_of_common_times_is_as_strict_as_the_pattern(site: Site) -> None:
    """The engine takes "10:00: 5", "10:00:5Z" and worse for times; one or two odd characters anywhere must not slip through."""
    odd = [" ", ".", ":", "+", "-", "T", "Z", "0", "2", "9", "e"]
    texts = {"2026-01-02T03:04:05", "2026-01-02T03:04:05Z"}
    for text in sorted(texts):
        texts |= {text[:at] + one + text[at + 1 :] for at in range(len(text)) for one in odd}
        texts |= {text[:at] + one + other + text[at + 2 :] for at in range(len(text) - 1) for one in odd for other in odd}
    site.give(*[bolus(f"A{at}", stopped_at=text) for at, text in enumerate(sorted(texts))]).load()
    fine = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z?|.*[+-][0-9:]+")
    refused = {raw for (raw,) in site.query("select raw from quarantine")}
    assert not {text for text in texts - refused if not fine.fullmatch(text.strip())}
    assert refused < texts
