"""No count of 1 to 10 can be worked out, as an independent solver of linear programs sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from infusion_audit_reports.disclosure import ELSEWHERE, Refused, Release, decide
from infusion_audit_reports.suppression import LEAST, Cell, hidden_cells, rounded, row

optimize = pytest.importorskip("scipy.optimize")
numpy = pytest.importorskip("numpy")
VERDICTS = ("compliant", "violation", "not_evaluable", "not_applicable")


def span(unknowns: int, equations: Sequence[tuple[Mapping[int, int], int]], wanted: Sequence[int]) -> tuple[float, float]:
    """The least and largest value of a sum of unknowns that are at least 0, under equations; by linear programming."""
    matrix, right = numpy.zeros((len(equations), unknowns)), numpy.zeros(len(equations))
    for at, (terms, value) in enumerate(equations):
        right[at] = value
        for place, factor in terms.items():
            matrix[at, place] = factor
    cost = numpy.zeros(unknowns)
    cost[list(wanted)] = 1
    ends: list[float] = []
    for sign in (1, -1):
        found = optimize.linprog(sign * cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
        assert found.status in (0, 3), found.message  # 3: unbounded
        ends.append(float("inf") if found.status == 3 else sign * found.fun)
    return ends[0], ends[1]


# ---------------------------------------------------------------- one row


def shown_of(values: Mapping[str, int], total: int, *, total_known: bool = False) -> dict[str, int]:
    hidden = hidden_cells(row(dict(values), total, total_known=total_known))
    return {name: value for name, value in {**values, "total": total}.items() if name not in hidden}


def test_s01_a_small_cell_takes_the_total_or_its_neighbour_with_it() -> None:
    shown = shown_of({"a": 12, "b": 3, "c": 0}, 15)
    assert "b" not in shown
    assert shown["c"] == 0
    assert "total" not in shown or "a" not in shown


def test_s02_two_small_cells_hide_their_sum_as_well() -> None:
    shown = shown_of({"a": 12, "b": 3, "c": 4}, 19)
    assert not {"b", "c"} & shown.keys()
    assert not {"a", "total"} <= shown.keys()  # 19 less 12 is their sum, 7


def test_s03_a_small_numerator_leaves_no_share() -> None:
    assert not {"x", "y"} & shown_of({"x": 3, "y": 11}, 14, total_known=True).keys()  # 21.4 % needs the numerator


def test_s04_all_and_none_may_be_shown() -> None:
    assert shown_of({"x": 14, "y": 0}, 14) == {"x": 14, "y": 0, "total": 14}


def test_s05_a_small_complement_hides_the_count() -> None:
    assert shown_of({"x": 27, "y": 3}, 30, total_known=True) == {"total": 30}


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 80)), min_size=2, max_size=6), st.booleans())
def test_no_small_count_of_a_row_is_known_to_within_ten(values: list[int], total_known: bool) -> None:
    total = sum(values)
    assume(total >= LEAST or not total_known)
    names = [f"v{i}" for i in range(len(values))]
    shown = shown_of(dict(zip(names, values, strict=True)), total, total_known=total_known)
    assert not [name for name, value in shown.items() if 0 < value < LEAST]
    equations: list[tuple[dict[int, int], int]] = [({i: 1}, values[i]) for i, name in enumerate(names) if name in shown]
    if "total" in shown:
        equations.append((dict.fromkeys(range(len(values)), 1), total))
    for i, name in enumerate(names):
        if name not in shown:
            low, high = span(len(values), equations, [i])
            assert high - low > 10
    if "total" not in shown:
        low, high = span(len(values), equations, range(len(values)))
        assert high - low > 10


def test_a_table_without_a_small_count_is_shown_whole() -> None:
    assert len(shown_of({"a": 11, "b": 50, "c": 0}, 61)) == 4


def test_a_count_that_follows_from_what_was_shown_before_is_refused() -> None:
    from infusion_audit_reports.suppression import Exposed

    known = [Cell("a", 20, "row", "all", known=True), Cell("b", 3, "row", "all"), Cell("total", 23, "all", "row", known=True)]
    with pytest.raises(Exposed):
        hidden_cells(known)


@pytest.mark.parametrize(("value", "shown"), [(0, None), (7, None), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (100, 100)])
def test_the_other_way_hides_seven_and_less_and_rounds_to_five(value: int, shown: int | None) -> None:
    assert rounded(value) == shown


# ---------------------------------------------------------------- periods that overlap

FIRST = date(2026, 1, 1)
PIECES = 6  # a half year in months of 30 days: the smallest pieces of time
SPANS = [(i, i) for i in range(PIECES)] + [(0, 2), (3, 5), (0, 5), (0, 1)]


def release(counts: Sequence[Sequence[int]], first: int, last: int) -> Release:
    """The report of the pieces from ``first`` to ``last``."""
    table = {name: sum(counts[i][at] for i in range(first, last + 1)) for at, name in enumerate(VERDICTS)}
    days = (FIRST + timedelta(30 * first), FIRST + timedelta(30 * last + 29))
    return Release(*days, sum(table.values()), {"KD-01": table})


def exposed(counts: Sequence[Sequence[int]], given_out: Sequence[tuple[tuple[int, int], Release]]) -> list[str]:
    """Every group of 1 to 10 that the reports give away: a verdict in a report, or between an outer one and those inside it."""
    place = {(i, name): 4 * i + at for i in range(PIECES) for at, name in enumerate(VERDICTS)}
    equations: list[tuple[dict[int, int], int]] = []
    for (first, last), given_release in given_out:
        pieces = range(first, last + 1)
        equations.append(({place[i, name]: 1 for i in pieces for name in VERDICTS}, given_release.sessions))
        shown = (given_release.shown or {}).get("KD-01", set[str]())
        equations += [({place[i, name]: 1 for i in pieces}, given_release.tables["KD-01"][name]) for name in shown]
    groups = {frozenset(range(first, last + 1)) for (first, last), _ in given_out}
    rests = {outer - frozenset(chain.from_iterable(g for g in groups if g < outer)) for outer in groups}
    found: list[str] = []
    for group in sorted(map(sorted, (groups | rests) - {frozenset[int]()})):
        for at, name in enumerate(VERDICTS):
            true = sum(counts[i][at] for i in group)
            if 0 < true < LEAST:
                low, high = span(4 * PIECES, equations, [place[i, name] for i in group])
                if high - low <= 10 + 1e-6:
                    found.append(f"{name} of {group} is {true}: {low:g} to {high:g}")
    return found


pieces = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 14), st.integers(0, 14), st.sampled_from([0, 0, 20, 40])), min_size=PIECES, max_size=PIECES
)


@settings(deadline=None, max_examples=120)
@given(pieces, st.lists(st.sampled_from(SPANS), min_size=1, max_size=5), st.booleans())
def test_no_sequence_of_reports_gives_a_small_group_away(
    counts: list[tuple[int, ...]], spans: list[tuple[int, int]], by_part: bool
) -> None:
    given_out: list[tuple[tuple[int, int], Release]] = []
    for first, last in spans:
        whole = release(counts, first, last)
        parts = [release(counts, i, i) for i in range(first, last + 1)] if by_part and last > first else []
        try:
            fine = decide(whole, parts, [each for _, each in given_out])
        except Refused:
            event("refused")
            continue
        given_out.append(((first, last), whole))
        if fine:
            given_out += [((i, i), part) for i, part in zip(range(first, last + 1), parts, strict=False)]
        for _, each in given_out:
            for name in (each.shown or {}).get("KD-01", set[str]()):
                assert not 0 < each.tables["KD-01"][name] < LEAST
        assert not exposed(counts, given_out)
    event(f"{len(given_out)} given out")


def test_the_same_report_again_shows_the_same() -> None:
    counts = [(40, 3, 0, 20), (50, 12, 1, 0), (30, 2, 2, 30), (44, 0, 0, 20), (35, 5, 0, 20), (60, 1, 0, 0)]
    first, again = release(counts, 0, 5), release(counts, 0, 5)
    decide(first, [], [])
    decide(again, [], [first])
    assert again.shown == first.shown


def test_an_overlap_in_part_is_refused() -> None:
    counts = [(40, 3, 0, 20)] * PIECES
    earlier = release(counts, 0, 2)
    decide(earlier, [], [])
    with pytest.raises(Refused, match="in part"):
        decide(release(counts, 2, 4), [], [earlier])


def test_a_few_sessions_by_subtraction_are_refused() -> None:
    counts = [(40, 0, 0, 0), (4, 0, 0, 0), *([(40, 0, 0, 0)] * 4)]
    earlier = release(counts, 0, 0)
    decide(earlier, [], [])
    with pytest.raises(Refused, match="1 to 10 sessions"):
        decide(release(counts, 0, 1), [], [earlier])
    with pytest.raises(Refused, match="fewer than 11"):
        decide(release(counts, 1, 1), [], [])


def test_what_a_neighbour_rule_would_tell_protects_nothing() -> None:
    whole = release([(40, 3, 0, 20)] * PIECES, 0, 0)
    decide(whole, [], [])
    assert whole.shown == {"KD-01": {"not_evaluable", *ELSEWHERE}}


def test_a_release_survives_its_record() -> None:
    whole = release([(40, 3, 0, 20)] * PIECES, 0, 5)
    decide(whole, [], [])
    record: dict[str, Any] = whole.record()
    back = Release.of(record)
    assert (back.first, back.last, back.sessions, back.tables, back.shown) == (
        whole.first,
        whole.last,
        whole.sessions,
        whole.tables,
        whole.shown,
    )
