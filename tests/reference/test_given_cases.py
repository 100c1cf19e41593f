"""The reference engine against the hand-worked cases that came with the specification."""

import json
import os
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from .engine import RULES, judge
from .times import seconds

MINUTE_RULES = {"KM-01", "KM-02", "KM-04", "KM-05", "KM-11", "KM-12", "KM-21", "KM-22"}


def deck() -> dict[str, Any]:
    """The deck beside the repository (or where the environment says), empty when it is not on this machine."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "cases" / "given.json"
    path = Path(os.environ.get("INFUSION_AUDIT_CASES", beside))
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"cases": []}


DECK = deck()
EXPECTATIONS = [
    pytest.param(case, expected, id=f"{case['id']}-{expected['rule']}-{number}")
    for case in DECK["cases"]
    for number, expected in enumerate(case["expect"])
    if expected["rule"] in RULES
]


@pytest.mark.skipif(not EXPECTATIONS, reason="the hand-worked cases are not on this machine")
@pytest.mark.parametrize(("case", "expected"), EXPECTATIONS)
def test_the_reference_gives_the_hand_worked_verdict(case: dict[str, Any], expected: dict[str, Any]) -> None:
    tables = {name: rows for name, rows in case["tables"].items() if name not in case["omit_tables"]}
    for name in ("observation", "encounter", "medication_order", "procedure", "patient", "medication", "intervention", "stock"):
        if name not in case["omit_tables"]:
            tables.setdefault(name, [])
    verdicts = judge(tables, case["settings"], {**DECK["manifest_default"], **case["manifest"]})
    found = [v for v in verdicts if v.rule_id == expected["rule"] and v.patient_id == case["id"]]
    if "session_started_at" in expected:
        found = [v for v in found if v.started == seconds(datetime.fromisoformat(expected["session_started_at"]))]
    assert len(found) == 1
    assert found[0].verdict == expected["verdict"]
    tolerance = Fraction("0.05") if expected["rule"] in MINUTE_RULES else Fraction("0.0006")
    for name in ("observed", "observed_low", "observed_high"):
        if name in expected:
            value = getattr(found[0], name)
            assert (value is None) == (expected[name] is None)
            assert value is None or abs(value - Fraction(expected[name])) <= tolerance
    if "grade" in expected:
        assert found[0].grade == expected["grade"]
