"""Funnels: exact limits around the own rate, a test before anybody is marked, nobody named and nobody ranked."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infusion_audit_reports.funnel import Unit, funnel, overdispersion
from infusion_audit_reports.statistics import funnel_limits
from infusion_audit_reports.units import code
from tests.reports.conftest import PAYLOADS
from tests.reports.inspection import Page


@settings(deadline=None)  # scipy takes seconds to import
@given(st.integers(1, 4000), st.integers(1, 999).map(lambda share: share / 1000))
def test_the_limits_equal_those_of_scipy(total: int, target: float) -> None:
    binom = pytest.importorskip("scipy.stats").binom
    tails = [0.025, 0.975, 0.001, 0.999]
    (inner, outer) = funnel_limits(target, total, 0.95, 0.998)
    for k, tail in zip((*inner, *outer), tails, strict=True):
        # the smallest count that reaches the tail, give or take the last digit of a double
        assert binom.cdf(k, total, target) >= tail - 1e-9
        assert k == 0 or binom.cdf(k - 1, total, target) < tail + 1e-9


def test_a_unit_far_below_is_marked_and_the_others_are_not() -> None:
    units = [Unit(f"S-{i}", 90, 100) for i in range(9)] + [Unit("S-9", 70, 100)]
    found = funnel(units, sum(unit.hits for unit in units), 1000)
    assert found is not None
    assert found.overall == pytest.approx(0.88)
    assert {placed.unit.code: placed.outside for placed in found.placed if placed.outside} == {"S-9": "99.8"}
    assert not found.overdispersed  # one outlier is winsorised away


def test_where_units_differ_throughout_nobody_is_marked() -> None:
    units = [Unit(f"P-{i}", 60 + 35 * (i % 2), 100) for i in range(10)]
    found = funnel(units, sum(unit.hits for unit in units), 1000)
    assert found is not None
    assert found.overdispersed
    assert not [placed for placed in found.placed if placed.outside]


def test_a_unit_with_fewer_than_eleven_sessions_is_not_plotted_but_counts_in_the_overall_rate() -> None:
    units = [Unit("a", 1, 10), Unit("b", 11, 11), Unit("c", 20, 22)]
    found = funnel(units, 32, 43)
    assert found is not None
    assert [placed.unit.code for placed in found.placed] == ["b", "c"]
    assert found.left_out == 1
    assert found.overall == pytest.approx(32 / 43)
    assert funnel(units[:2], 12, 21) is None


def test_the_dispersion_equals_one_made_with_scipy() -> None:
    numpy, mstats = pytest.importorskip("numpy"), pytest.importorskip("scipy.stats.mstats")
    units = [Unit(str(i), hits, 40 + i) for i, hits in enumerate([30, 33, 38, 20, 41, 39, 35, 36, 44, 12, 43, 40, 37, 45, 50])]
    overall = 0.8
    z = numpy.array([(unit.hits / unit.total - overall) / (overall * (1 - overall) / unit.total) ** 0.5 for unit in units])
    winsorised = mstats.winsorize(z, limits=(0.1, 0.1))
    found, threshold = overdispersion(units, overall)
    assert found == pytest.approx(float((winsorised**2).mean()))
    assert threshold == pytest.approx(1 + 2 * (2 / 15) ** 0.5)


def test_four_units_cannot_be_tested() -> None:
    assert overdispersion([Unit(str(i), 9, 12) for i in range(4)], 0.75) == (None, None)


def test_nobody_is_named_on_the_page_and_the_order_is_that_of_the_codes(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    page = Page.read(site / "variation.html")
    assert "Dr. Example" not in page.text
    assert PAYLOADS[2] not in page.text.replace("Riverside Hospital " + PAYLOADS[2], "")
    for part, letter in (("site_id", "S"), ("prescriber_id", "P")):
        known = {code(letter, name) for (name,) in connection.execute(f"select distinct {part} from session").fetchall()}
        shown = re.findall(rf">({letter}-[0-9a-f]{{6}})</th>", (site / "variation.html").read_text("utf-8"))
        assert set(shown) == known
        assert shown[: len(known)] == sorted(known)
