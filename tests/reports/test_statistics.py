"""The statistics of the report equal the worked values, and scipy's."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from infusion_audit_reports.statistics import Limits, binomial_limits, completeness_bounds, laney, wilson_95

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "stat_vectors.csv"
WORKED = [
    (0, 10, 0.0000, 0.0000, 0.2775),
    (1, 10, 0.1000, 0.0179, 0.4042),
    (5, 10, 0.5000, 0.2366, 0.7634),
    (10, 10, 1.0000, 0.7225, 1.0000),
    (18, 31, 0.5806, 0.4077, 0.7358),
    (40, 78, 0.5128, 0.4039, 0.6205),
    (1, 31, 0.0323, 0.0057, 0.1619),
]
MONTHS = [20, 22, 18, 25, 21, 19, 24, 23, 20, 26, 22, 21]
EVENTS = [2, 3, 1, 4, 2, 3, 2, 6, 1, 3, 2, 2]


def vectors(*functions: str) -> list[dict[str, str]]:
    """The rows of the specification's worked values for these functions."""
    if not VECTORS.exists():
        return []
    return [row for row in csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()) if row["function"] in functions]


needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the worked vectors are not beside the repository")


@pytest.mark.parametrize(("hits", "total", "rate", "low", "high"), WORKED)
def test_the_interval_equals_the_worked_values(hits: int, total: int, rate: float, low: float, high: float) -> None:
    assert wilson_95(hits, total) == pytest.approx((rate, low, high), abs=5e-5)


def test_nothing_judged_has_no_interval() -> None:
    assert wilson_95(0, 0) is None


def test_the_interval_equals_that_of_scipy_for_every_small_clinic() -> None:
    stats = pytest.importorskip("scipy.stats")
    for total in (1, 2, 3, 7, 11, 20, 31, 97, 1000):
        for hits in {0, 1, total // 3, total // 2, total - 1, total}:
            theirs = stats.binomtest(hits, total).proportion_ci(confidence_level=0.95, method="wilson")
            ours = wilson_95(hits, total)
            assert ours is not None
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-7)


def test_missing_outcomes_bound_the_responder_rate() -> None:
    found = completeness_bounds(7, 12, 20)
    assert found is not None
    assert found.complete_case is not None
    assert (found.complete_case.rate, found.worst.rate, found.best.rate) == pytest.approx((7 / 12, 0.35, 0.75))
    assert found.completeness == 0.6
    assert not found.too_incomplete


def test_below_sixty_per_cent_only_the_bounds_are_shown() -> None:
    found = completeness_bounds(7, 11, 20)
    assert found is not None
    assert found.too_incomplete
    assert completeness_bounds(0, 0, 0) is None


def test_a_month_within_laneys_limits_is_no_signal() -> None:
    chart = laney(EVENTS, MONTHS)
    assert chart is not None
    assert (chart.mean, chart.sigma_z) == pytest.approx((0.118774, 1.045944), abs=1e-6)
    assert chart.p[7].high == pytest.approx(0.3212, abs=5e-5)
    assert chart.p_prime[7] == Limits(pytest.approx(6 / 23), 0.0, pytest.approx(0.3304, abs=5e-5), False)  # pyright: ignore[reportArgumentType]
    assert not any(point.signal for point in chart.limits)
    assert not chart.provisional


def test_limits_of_fewer_than_twelve_points_are_provisional_and_signal_nothing() -> None:
    chart = laney([*EVENTS[:10], 15], MONTHS[:11])
    assert chart is not None
    assert chart.provisional
    assert not any(point.signal for point in (*chart.p, *chart.p_prime))


def test_a_month_far_outside_is_a_signal_and_an_empty_month_is_no_point() -> None:
    chart = laney([*EVENTS[:11], 0, 16], [*MONTHS[:11], 0, 21])
    assert chart is not None
    assert len(chart.p) == 12
    assert chart.p[-1].signal


def test_nothing_that_varies_has_a_chart_without_a_signal() -> None:
    chart = laney([0] * 12, [9] * 12)
    assert chart is not None
    assert chart.sigma_z == 0
    assert not any(point.signal for point in chart.limits)
    assert laney([1], [9]) is None


@pytest.mark.parametrize(("total", "outer", "inner"), [(11, (1, 10), (2, 9)), (30, (7, 24), (10, 21)), (100, (36, 67), (42, 61))])
def test_funnel_limits_equal_the_worked_values(total: int, outer: tuple[int, int], inner: tuple[int, int]) -> None:
    assert binomial_limits(0.513, total, 0.998) == outer
    assert binomial_limits(0.513, total, 0.95) == inner


def test_funnel_limits_equal_those_of_scipy() -> None:
    binom = pytest.importorskip("scipy.stats").binom
    for total in (1, 11, 37, 500, 3000):
        for target in (0.01, 0.2, 0.513, 0.97):
            for coverage in (0.95, 0.998):
                tail = (1 - coverage) / 2
                assert binomial_limits(target, total, coverage) == (binom.ppf(tail, total, target), binom.ppf(1 - tail, total, target))
    assert binomial_limits(0, 9, 0.95) == (0, 0)
    assert binomial_limits(1, 9, 0.95) == (9, 9)


@needs_vectors
def test_the_interval_equals_the_vectors_of_the_specification() -> None:
    checked = 0
    for row in vectors("wilson_95"):
        hits, total = map(int, re.findall(r"\d+", row["inputs"]))
        found = wilson_95(hits, total)
        if row["expected"] == "not shown":
            assert found is None
        else:
            assert found is not None
            assert f"p={found.rate:.4f}; lo={found.low:.4f}; hi={found.high:.4f}" == row["expected"]
        checked += 1
    assert checked == 12


@needs_vectors
def test_bounds_charts_and_funnels_equal_the_vectors_of_the_specification() -> None:
    (row,) = vectors("bounds")
    total, followed, responders, _ = map(int, re.findall(r"\d+", row["inputs"]))
    found = completeness_bounds(responders, followed, total)
    assert found is not None
    assert found.complete_case is not None
    words = (
        f"complete-case {responders}/{followed}={found.complete_case.rate:.4f}; worst {responders}/{total}={found.worst.rate:g}; "
        f"best {responders + total - followed}/{total}={found.best.rate:g}; completeness {followed}/{total}={found.completeness:.2f}"
    )
    assert words == row["expected"]
    worked, _ = vectors("laney_p")
    totals, hits = ([int(each) for each in re.findall(r"\d+", part)] for part in worked["inputs"].split(";"))
    chart = laney(hits, totals)
    assert chart is not None
    seen = f"pbar={chart.mean:.6f}; sigma_z={chart.sigma_z:.6f}; month 8 p={chart.p[7].rate:.4f}; UCL_p={chart.p[7].high:.4f}; "
    assert seen + f"UCL_pprime={chart.p_prime[7].high:.4f}; no signal" == worked["expected"]
    funnels = vectors("funnel_exact")
    assert len(funnels) == 5
    for row in funnels:
        target, total = re.fullmatch(r"target ([\d.]+); n=(\d+)", row["inputs"]).groups()  # pyright: ignore[reportOptionalMemberAccess]
        outer, inner = (binomial_limits(float(target), int(total), coverage) for coverage in (0.998, 0.95))
        assert row["expected"] == f"99.8%: {outer[0]}..{outer[1]}; 95%: {inner[0]}..{inner[1]} responders"
