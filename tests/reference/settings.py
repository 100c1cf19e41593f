"""The protocol settings that the reference engine knows, with the contract's defaults."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

DEFAULTS: dict[str, Any] = {
    "protocol.effective_from": "2020-01-01",
    "protocol.effective_to": "9999-12-31",
    "scope.product": "ketamine",
    "scope.age_min": 18,
    "session.gap_min": 240,
    "bolus.apply_to": "every",
    "bolus.merge_window_min": 5,
    "bolus.inferred_max_min": 15,
    "maintenance.min_segment_min": 5,
    "weight.basis": "dosing",
    "weight.lookback_d": 30,
    "weight.min_kg": 25,
    "weight.max_kg": 300,
    "context.postsurgical_window_h": 72,
    "context.when_unknown": "chronic",
    "total.interpretation": "session",
    "total.count_bolus": True,
    "total.count_pca": True,
    "monitoring.interval_min": 15,
    "monitoring.grace_min": 5,
    "monitoring.pause_exempt_min": 60,
    "monitoring.phases": [],
    "monitoring.baseline_min": 30,
    "monitoring.recovery_min": 30,
    "monitoring.respiratory": "any",
    "monitoring.one_event_min": 10,
    "monitoring.transient_min": 5,
    "monitoring.triggers.rass": "<= -3",
    "monitoring.triggers.poss": ">= 3",
    "monitoring.triggers.ramsay": ">= 5",
    "monitoring.triggers.moaas": "<= 2",
    "monitoring.triggers.aldrete_consciousness": "<= 0",
    "monitoring.triggers.respiratory_rate": "< 8",
    "monitoring.triggers.spo2": "< 90",
    "monitoring.triggers.etco2": "> 60",
    "rules.KD-01.comparator": "<",
    "rules.KD-02.comparator": "<=",
    "rules.KD-03.comparator": ">=",
    "rules.KD-04.comparator": "<=",
    "rules.KD-05.comparator": ">=",
    "rules.KD-07.comparator": "<=",
    "rules.KD-08.comparator": "<=",
    "rules.KD-01.limit": "0.35",
    "rules.KD-02.limit": "1",
    "rules.KD-03.limit": "0.5",
    "rules.KD-04.limit": "0.12",
    "rules.KD-05.limit": "0.06",
    "rules.KD-06.limit_low": "1",
    "rules.KD-06.limit": "5",
    "rules.KD-07.limit": "1",
    "rules.KD-08.limit": "1",
    "rules.KD-09.limit": "80",
    "rules.KD-10.limit": "120",
    "rules.KR-01.limit": "1",
    "rules.KS-01.limit": "2",
    "rules.KS-02.limit": "90",
    "selection.lookback_d": 365,
    "selection.min_days": 14,
    "series.gap_d": 90,
    "series.review_d": 30,
    "rules.KM-04.limit": "10",
    "rules.KM-05.limit": "10",
}


@cache
def exact(text: str) -> Fraction:
    """The number that a text writes."""
    return Fraction(text)


class Settings:
    """Dotted settings over the defaults; numbers are exact."""

    def __init__(self, overrides: Mapping[str, Any]) -> None:
        self.values = {**DEFAULTS, **overrides}

    def text(self, key: str) -> str:
        """A setting that is a word."""
        return str(self.values[key])

    def number(self, key: str) -> Fraction:
        """A setting that is a number."""
        return exact(str(self.values[key]))

    def flag(self, key: str) -> bool:
        """A setting that is true or false."""
        return bool(self.values[key])

    def strict(self, rule: str) -> bool:
        """Whether a value exactly at a rule's limit is outside it."""
        return self.text(f"rules.{rule}.comparator") in ("<", ">")

    def minutes(self, key: str) -> Fraction:
        """A setting in minutes, as seconds."""
        return self.number(key) * 60

    def roomiest_gap(self) -> Fraction:
        """The longest gap that the schedule allows anywhere."""
        phases = [Fraction(phase["interval_min"]) * 60 for phase in self.values["monitoring.phases"]]
        return max(phases or [self.minutes("monitoring.interval_min")]) + self.minutes("monitoring.grace_min")

    def allowed_gap(self, since_start: Fraction) -> Fraction:
        """The longest gap between assessments that may begin so many seconds after the start."""
        interval = self.minutes("monitoring.interval_min")
        for phase in reversed(self.values["monitoring.phases"]):
            interval = Fraction(phase["interval_min"]) * 60
            earlier = [p for p in self.values["monitoring.phases"] if p["until_min"] < phase["until_min"]]
            if not earlier or since_start >= max(p["until_min"] for p in earlier) * 60:
                break
        return interval + self.minutes("monitoring.grace_min")
