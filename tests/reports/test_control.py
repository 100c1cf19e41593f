"""Control charts: limits of each phase from its own baseline, signals by two rules, rare events by exact limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infusion_audit_reports.control import Baseline, Count, Covered, g_chart, geometric_limits, p_chart, rare
from infusion_audit_reports.statistics import laney

# the worked vector L01 of the specification
MONTHS = [20, 22, 18, 25, 21, 19, 24, 23, 20, 26, 22, 21]
EVENTS = [2, 3, 1, 4, 2, 3, 2, 6, 1, 3, 2, 2]
LABELS = [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(60)]


def counts(hits: list[int], totals: list[int]) -> list[Count]:
    return [Count(*each) for each in zip(LABELS, hits, totals, strict=False)]


def test_the_worked_months_have_the_worked_limits_and_no_signal() -> None:
    (phase,) = p_chart(counts(EVENTS, MONTHS))
    assert (phase.centre, phase.sigma_z) == pytest.approx((0.118774, 1.045944), abs=1e-6)
    assert not phase.overdispersed
    assert phase.points[7].value == pytest.approx(0.2609, abs=5e-5)
    assert phase.points[7].high == pytest.approx(0.3212, abs=5e-5)  # p, not p': sigma_z is at most 1.1
    assert not phase.provisional
    assert not phase.signals


def test_eleven_months_are_provisional_and_signal_nothing() -> None:
    (phase,) = p_chart(counts([*EVENTS[:10], 22], MONTHS[:11]))
    assert phase.provisional
    assert not phase.signals
    assert phase.expected_signals == 0


def test_where_months_vary_more_than_chance_the_limits_are_laneys() -> None:
    hits = [100, 300, 120, 290, 110, 310, 90, 305, 115, 295, 105, 300]
    (phase,) = p_chart(counts(hits, [1000] * 12))
    chart = laney(hits, [1000] * 12)
    assert chart is not None
    assert phase.overdispersed
    assert [(point.low, point.high) for point in phase.points] == [(limit.low, limit.high) for limit in chart.p_prime]
    assert not phase.signals  # a plain p-chart would call nearly all of them signals
    assert sum(not limit.low <= limit.rate <= limit.high for limit in chart.p) == 12


def test_eight_in_a_row_on_one_side_are_a_signal_and_seven_are_none() -> None:
    frozen = [10, 12, 8, 11, 9, 10, 12, 8, 11, 9, 10, 10]
    seven = [*frozen, *([12] * 7), 8]
    assert not [point for phase in p_chart(counts(seven, [100] * 20), [Baseline("2024-01", "2024-12")]) for point in phase.signals]
    eight = [*frozen, *([12] * 8)]
    (phase,) = p_chart(counts(eight, [100] * 20), [Baseline("2024-01", "2024-12")])
    assert [(point.label, point.signal) for point in phase.signals] == [("2025-08", "run")]


def test_a_point_on_the_line_ends_a_run() -> None:
    months = counts([*([10] * 12), *([11] * 4), 10, *([11] * 5)], [100] * 22)
    (phase,) = p_chart(months, [Baseline("2024-01", "2024-12")])
    assert not phase.signals


def test_without_a_frozen_baseline_the_first_twenty_months_set_the_limits() -> None:
    months = counts([*([10] * 20), *([60] * 10)], [100] * 30)
    (phase,) = p_chart(months)
    assert phase.centre == pytest.approx(0.1)
    assert phase.baseline == ("2024-01", "2025-08", 20)
    assert [point.label for point in phase.signals] == LABELS[20:30]


shares = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda pair: (min(pair), pair[1])), min_size=4, max_size=48)


@given(shares, st.integers(1, 47), st.integers(1, 24))
def test_after_a_rebase_the_limits_are_those_of_the_new_baseline_alone(months: list[tuple[int, int]], at: int, frozen: int) -> None:
    at = min(at, len(months) - 1)
    last = min(at + frozen, len(months)) - 1
    charted = p_chart(counts(*map(list, zip(*months, strict=True))), [Baseline(LABELS[at], LABELS[last], "new order set")])
    after = charted[-1]
    alone = laney([x for x, _ in months[at:]], [n for _, n in months[at:]], last + 1 - at)
    if alone is None:
        assert after.provisional
    else:
        assert [(point.low, point.high) for point in after.points] == [(limit.low, limit.high) for limit in alone.limits]
    # and what comes after does not reach back
    before = p_chart(counts([x for x, _ in months[:at]], [n for _, n in months[:at]]))
    assert charted[:-1] == before


@given(shares)
def test_months_after_a_frozen_baseline_move_no_limit_of_its_months(months: list[tuple[int, int]]) -> None:
    hits, totals = (list(each) for each in zip(*months, strict=True))
    frozen = [Baseline(LABELS[0], LABELS[2])]
    short, long = p_chart(counts(hits[:3], totals[:3]), frozen), p_chart(counts(hits, totals), frozen)
    assert [point[:4] for point in long[0].points[:3]] == [point[:4] for point in short[0].points]


def test_a_baseline_without_a_month_is_provisional_and_signals_nothing() -> None:
    (phase,) = p_chart(counts([*([10] * 20), 90], [100] * 21), [Baseline("2023-01", "2023-12")])
    assert phase.provisional
    assert not phase.signals
    (gaps,) = g_chart(days_of([3] * 20), Covered([(date(2024, 1, 1), date(2024, 12, 31))]), [Baseline("2023-01", "2023-12")])
    assert gaps.provisional
    assert not gaps.signals


def test_the_expected_false_signals_are_those_of_chance() -> None:
    (phase,) = p_chart(counts([*EVENTS, *EVENTS], [*MONTHS, *MONTHS]))
    assert phase.expected_signals == pytest.approx(24 * 0.0027 + 17 / 128)


def test_a_run_of_eight_ends_as_often_as_stated() -> None:
    ways = [[(number >> bit) & 1 for bit in range(11)] for number in range(1 << 11)]  # every way that 11 fair points can fall
    found = 0
    for row in ways:
        (phase,) = p_chart(counts([50] * 12 + [60 if up else 40 for up in row], [100] * 23), [Baseline("2024-01", "2024-12")])
        found += sum(point.signal == "run" for point in phase.points)
    assert found / len(ways) == pytest.approx((11 - 7) / 128)


# ---------------------------------------------------------------- rare events


def test_the_geometric_limits_equal_those_of_scipy() -> None:
    geom = pytest.importorskip("scipy.stats").geom
    for mean in (0.5, 1, 3, 6.1, 12, 30.4, 100, 365):
        median, high = geometric_limits(mean)
        chance = 1 / (1 + mean)  # scipy counts the day of the event: its support begins at 1
        assert geom.sf(high + 1, chance) <= 0.00135 < geom.sf(high, chance)
        assert geom.cdf(int(median) + 2, chance) >= 0.5 >= geom.sf(int(median) + 2, chance)
    assert geometric_limits(0) == (0.0, 0)


def days_of(gaps: list[int], first: date = date(2024, 1, 1)) -> dict[date, int]:
    events: dict[date, int] = {first: 1}
    day = first
    for gap in gaps:
        day += timedelta(gap)
        events[day] = events.get(day, 0) + 1
    return events


def test_days_between_findings_come_back_and_two_on_a_day_are_zero_apart() -> None:
    gaps = [9, 0, 14, 20, 3]
    events = days_of(gaps)
    (phase,) = g_chart(events, Covered([(date(2024, 1, 1), date(2024, 12, 31))]))
    assert [point.value for point in phase.points] == gaps
    assert phase.provisional


def test_findings_that_come_closer_together_are_a_signal_and_a_long_silence_is_one() -> None:
    steady = [12, 20, 8, 15, 25, 9, 14, 11, 30, 7, 16, 13]
    covered = Covered([(date(2024, 1, 1), date(2029, 12, 31))])
    frozen = [Baseline("2024-01", "2024-07")]
    (phase,) = g_chart(days_of([*steady, *([3] * 8)]), covered, frozen)
    assert phase.points[-1].signal == "run"
    assert phase.points[-1].value < phase.centre
    (phase,) = g_chart(days_of([*steady, 200]), covered, frozen)
    assert phase.points[-1].signal == "outside"
    assert geometric_limits(sum(steady) / 12)[1] < 200


def test_a_gap_across_days_that_no_run_covers_is_no_gap() -> None:
    events = days_of([10, 10, 60, 10])
    covered = Covered([(date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 3, 1), date(2024, 12, 31))])
    (phase,) = g_chart(events, covered)
    assert [point.value for point in phase.points] == [10, 10, 10]


def test_a_gap_across_the_beginning_of_a_phase_belongs_to_neither() -> None:
    events = days_of([10, 10, 30, 10, 10])
    phases = g_chart(events, Covered([(date(2024, 1, 1), date(2024, 12, 31))]), [Baseline("2024-02", None, "new pumps")])
    assert [[point.value for point in phase.points] for phase in phases] == [[10, 10], [10, 10]]
    assert phases[1].why == "new pumps"


def test_fewer_than_five_expected_a_month_are_rare() -> None:
    months = counts([20] * 12, [25] * 12)
    assert rare(months, 59)
    assert not rare(months, 60)
    assert not rare([], 0)
