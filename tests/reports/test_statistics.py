"""The interval of every rate."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from infusion_audit_reports.statistics import wilson_95

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


@pytest.mark.parametrize(("hits", "total", "rate", "low", "high"), WORKED)
def test_the_interval_equals_the_worked_values(hits: int, total: int, rate: float, low: float, high: float) -> None:
    assert wilson_95(hits, total) == pytest.approx((rate, low, high), abs=5e-5)


def test_nothing_judged_has_no_interval() -> None:
    assert wilson_95(0, 0) is None


@pytest.mark.skipif(not VECTORS.exists(), reason="the worked vectors are not beside the repository")
def test_the_interval_equals_the_vectors_of_the_specification() -> None:
    checked = 0
    for row in csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()):
        if row["function"] != "wilson_95":
            continue
        hits, total = map(int, re.findall(r"\d+", row["inputs"]))
        found = wilson_95(hits, total)
        if row["expected"] == "not shown":
            assert found is None
        else:
            assert found is not None
            assert f"p={found.rate:.4f}; lo={found.low:.4f}; hi={found.high:.4f}" == row["expected"]
        checked += 1
    assert checked == 12


def test_the_interval_equals_that_of_scipy_for_every_small_clinic() -> None:
    stats = pytest.importorskip("scipy.stats")
    for total in (1, 2, 3, 7, 11, 20, 31, 97, 1000):
        for hits in {0, 1, total // 3, total // 2, total - 1, total}:
            theirs = stats.binomtest(hits, total).proportion_ci(confidence_level=0.95, method="wilson")
            ours = wilson_95(hits, total)
            assert ours is not None
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-7)
