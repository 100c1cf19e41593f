"""A printed number never tells another story than the verdict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infusion_audit_reports.format import allowed, distance, holds, interval, measured, measured_min, percent, plain
from infusion_audit_reports.statistics import wilson_95


def row(observed: float | None, **changes: Any) -> dict[str, Any]:
    bounds = {"observed_low": observed, "observed_high": observed}
    limits = {"limit_low": None, "limit_high": Decimal("1.000000"), "comparator": "le", "unit": "mg/kg"}
    return {"observed": observed, **bounds, **limits, **changes}


def test_three_decimals_are_enough_where_they_agree_with_the_verdict() -> None:
    assert measured(row(1.25)) == "1.250 mg/kg"


def test_a_number_just_over_the_limit_gets_more_decimals() -> None:
    assert measured(row(1.0003)) == "1.0003 mg/kg"


def test_a_number_at_a_strict_limit_needs_no_more_decimals() -> None:
    assert measured(row(0.35, limit_high=Decimal("0.35"), comparator="lt")) == "0.350 mg/kg"


def test_a_number_just_below_a_lower_limit_gets_more_decimals() -> None:
    assert measured(row(0.49996, limit_low=Decimal("0.5"), limit_high=None, comparator="ge", unit="mg/kg/h")) == "0.49996 mg/kg/h"


def test_a_known_part_is_printed_as_a_lower_bound() -> None:
    assert measured(row(1.2, observed_high=None)) == "at least 1.200 mg/kg"


def test_bounds_are_printed_as_bounds() -> None:
    assert measured(row(None, observed_low=1.1, observed_high=1.4)) == "1.100 to 1.400 mg/kg"


def test_minutes_and_counts_carry_no_needless_zeros() -> None:
    assert measured(row(23.0, limit_high=20, unit="min")) == "23 min"
    assert measured(row(20.0167, limit_high=20, unit="min")) == "20.017 min"
    assert measured(row(0.0, limit_low=1, limit_high=None, comparator="ge", unit="observations")) == "0 observations"


def test_nothing_observed_says_so() -> None:
    assert measured(row(None, unit="min")) == "nothing charted"


@given(
    st.decimals(min_value="0.000001", max_value="100", places=6),
    st.decimals(min_value="0.001", max_value="100", places=3),
    st.sampled_from(["lt", "le", "gt", "ge"]),
)
def test_the_print_held_against_the_limit_gives_the_same_verdict(value: Decimal, limit: Decimal, comparator: str) -> None:
    low, high = (None, limit) if comparator in ("lt", "le") else (limit, None)
    text = measured(row(float(value), limit_low=low, limit_high=high, comparator=comparator)).split()[0]
    assert holds(Decimal(text), low, high, comparator) == holds(Decimal(str(float(value))), low, high, comparator)


def test_limits_read_as_the_protocol_wrote_them() -> None:
    assert allowed(None, Decimal("0.350000"), "lt", "mg/kg") == "< 0.35 mg/kg"
    assert allowed(Decimal("0.5"), None, "ge", "mg/kg/h") == "≥ 0.5 mg/kg/h"
    assert allowed(1.0, 5.0, "between", "mg") == "1 to 5 mg"
    assert plain(Decimal("100.000000")) == "100"


@pytest.mark.parametrize(("share", "text"), [(0, "0"), (0.0001, "< 0.1"), (0.5, "50.0"), (0.99999, "> 99.9"), (1, "100")])
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert percent(share).replace("\u00a0", " ") == f"{text} %"


def test_an_interval_is_printed_with_both_ends() -> None:
    assert interval(wilson_95(5, 10)).replace("\u00a0", " ") == "23.7 to 76.3 %"


def test_the_distance_can_be_ranked_by_a_reader() -> None:
    assert distance(None) == ""
    assert distance(0) == "at the limit"
    assert distance(0.124).replace("\u00a0", " ") == "12.4 % outside"
    assert distance(9) == "10.0 times the limit"


def test_minutes_just_over_what_is_allowed_do_not_read_as_allowed() -> None:
    assert measured_min(20 + 1 / 60, 20) == "20.02 min"
    assert measured_min(20.0, 20.0) == "20 min"
    assert measured_min(19.99, 20) == "20 min"
    assert measured_min(43.25) == "43.2 min"
