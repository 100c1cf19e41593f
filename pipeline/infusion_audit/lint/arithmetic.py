"""Lint: do the numbers of a protocol fit together, and with those of the other protocols?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from infusion_audit.protocol.problem import Problem

if TYPE_CHECKING:
    from infusion_audit.lint import Subject
    from infusion_audit.protocol.model import Protocol
    from infusion_audit.protocol.rule import Rule

# (context, highest rate, lowest rate)
_CONTEXTS = (("in chronic pain", "KD-02", "KD-03"), ("after surgery", "KD-04", "KD-05"))
_DAY_MIN = 24 * 60
_USUAL_KG = Decimal(70)


def _rule(protocol: Protocol, rule_id: str) -> Rule | None:
    """An enabled rule with a limit."""
    rule = protocol.rules.get(rule_id)
    return rule if rule and rule.enabled and rule.limit else None


def _limit(protocol: Protocol, rule_id: str) -> Fraction | None:
    rule = _rule(protocol, rule_id)
    return Fraction(rule.limit) if rule and rule.limit else None


def _shown(value: Fraction) -> str:
    """One decimal at most; an exact whole number has none."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.1f}".removesuffix(".0")


def _plain(value: Decimal | Fraction) -> str:
    return f"{float(value):g}"


def pl12_minutes_to_the_maximum(subject: Subject) -> Iterator[Problem]:
    """A maximum total that the allowed bolus and rates reach within a day."""
    cap, protocol = _limit(subject.protocol, "KD-07"), subject.protocol
    if cap is None or protocol.total.interpretation not in ("session", "rolling_24h"):
        return
    bolus = min(_limit(protocol, "KD-01") or Fraction(0), cap) if protocol.total.count_bolus else Fraction(0)
    for context, high_id, low_id in _CONTEXTS:
        rates = sorted({rate for rate in (_limit(protocol, high_id), _limit(protocol, low_id)) if rate}, reverse=True)
        times = [(given, rate, (cap - given) * 60 / rate) for given in sorted({bolus, Fraction(0)}, reverse=True) for rate in rates]
        if times and min(minutes for *_, minutes in times) < _DAY_MIN:
            table = "; ".join(
                f"{_shown(minutes)} min at {_plain(rate)} mg/kg/h"
                + (f" after a bolus of {_plain(given)} mg/kg" if given else " without a bolus")
                for given, rate, minutes in sorted(times, key=lambda each: each[2])
            )
            yield Problem(
                "PL-12",
                "rules.KD-07.limit",
                f"{context} the maximum of {_plain(cap)} mg/kg is reached after {table}",
                "A longer session that keeps to the other statements does not meet this one. Decide which of them leads.",
            )


def _packs(subject: Subject) -> list[Protocol]:
    return [subject.protocol, *subject.others]


def pl13_duration_exceeds_the_maximum(subject: Subject) -> Iterator[Problem]:
    """A lowest rate and a least duration that together exceed the maximum total, also across protocols."""
    for capped in _packs(subject):
        for timed in _packs(subject):
            cap, rate, shortest = _rule(capped, "KD-07"), _rule(timed, "KD-03"), _rule(timed, "KD-10")
            rate = rate or _rule(capped, "KD-03")
            if not (cap and rate and shortest) or subject.protocol not in (capped, timed):
                continue
            least = Fraction(rate.limit or 0) * Fraction(shortest.limit or 0) / 60
            strict = "gt" in (rate.comparator, shortest.comparator) or cap.comparator == "lt"
            if least > (most := Fraction(cap.limit or 0)) or (strict and least == most):
                ours, theirs = ("KD-07", f"KD-10 of {timed.id}") if capped is subject.protocol else ("KD-10", f"KD-07 of {capped.id}")
                whose = "" if capped is timed else f" ({theirs})"
                yield Problem(
                    "PL-13",
                    f"rules.{ours}.limit",
                    f"{_plain(rate.limit or Decimal(0))} mg/kg/h for more than {_plain(shortest.limit or Decimal(0))} min "
                    f"is more than the maximum of {_plain(cap.limit or Decimal(0))} mg/kg{whose}",
                    "No session can meet these statements together, at any weight: follow one of them.",
                )


def pl14_absolute_limit_meets_limit_per_kg(subject: Subject) -> Iterator[Problem]:
    """The weight at which a limit in mg and a limit in mg/kg meet, also across protocols."""
    pairs = (("KD-09", "KD-07", "the least total"), ("KD-06", "KD-01", "the largest PCA demand"))
    for absolute_id, relative_id, words in pairs:
        for absolute_in in _packs(subject):
            for relative_in in _packs(subject):
                absolute, relative = _limit(absolute_in, absolute_id), _limit(relative_in, relative_id)
                across = absolute_in is not relative_in
                if absolute is None or relative is None or subject.protocol not in (absolute_in, relative_in):
                    continue
                if across and (absolute_id == "KD-06" or (_limit(absolute_in, relative_id) and _limit(relative_in, absolute_id))):
                    continue
                ours = absolute_id if absolute_in is subject.protocol else relative_id
                other = relative_in if absolute_in is subject.protocol else absolute_in
                whose = f" ({relative_id if ours == absolute_id else absolute_id} of {other.id})" if across else ""
                yield Problem(
                    "PL-14",
                    f"rules.{ours}.limit",
                    f"{words} of {_plain(absolute)} mg is above {_plain(relative)} mg/kg for anybody lighter than "
                    f"{_shown(absolute / relative)} kg{whose}",
                    "Below that weight the two statements pull apart: say which leads.",
                )


def pl15_rates_that_fit_no_context(subject: Subject) -> Iterator[Problem]:
    """Rates that fit no context."""
    top, bottom = _limit(subject.protocol, "KD-04"), _limit(subject.protocol, "KD-03")
    if top and bottom and top < bottom:
        yield Problem(
            "PL-15",
            "rules.KD-03.limit",
            f"rates between {_plain(top)} and {_plain(bottom)} mg/kg/h are too high after surgery and too low in chronic pain",
            "A rate there is judged by the session's context alone; a session in the wrong context gets a wrong finding.",
        )


def pl16_rates_that_fit_two_contexts(subject: Subject) -> Iterator[Problem]:
    """Rates that fit two contexts."""
    top, bottom = _limit(subject.protocol, "KD-04"), _limit(subject.protocol, "KD-03")
    if top and bottom and top >= bottom:
        yield Problem(
            "PL-16",
            "rules.KD-04.limit",
            f"rates between {_plain(bottom)} and {_plain(top)} mg/kg/h fit chronic pain and the time after surgery alike",
            "A session in the wrong context passes unseen there: check both limits.",
        )


def pl18_benchmark_regimen_fails_a_dose_rule(subject: Subject) -> Iterator[Problem]:
    """A benchmark whose own regimen fails a dose rule of the protocol."""
    protocol, kg = subject.protocol, _USUAL_KG
    floor, top, cap = _rule(protocol, "KD-03"), _rule(protocol, "KD-02"), _rule(protocol, "KD-07")
    for benchmark_id, benchmark in protocol.benchmarks.items():
        failing: list[str] = []
        for regimen in benchmark.regimens:
            rate, amount = regimen.at(kg)
            fails = [
                *([f"KD-02 ({_shown_per_kg(rate)} mg/kg/h)"] if top and top.limit and rate > top.limit * kg else []),
                *([f"KD-03 ({_shown_per_kg(rate)} mg/kg/h)"] if floor and floor.limit and rate < floor.limit * kg else []),
                *([f"KD-07 ({_shown_per_kg(amount)} mg/kg)"] if cap and cap.limit and amount > cap.limit * kg else []),
            ]
            if fails:
                failing.append(f"{_plain(regimen.rate)} {regimen.unit} for {_plain(regimen.hours)} h fails {' and '.join(fails)}")
        if failing:
            todo = "Whoever meets the protocol is not treated as those patients were."
            yield Problem("PL-18", f"benchmarks.{benchmark_id}.regimens", f"at {kg} kg its regimen of {'; of '.join(failing)}", todo)


def _shown_per_kg(amount: Decimal) -> str:
    return f"{amount / _USUAL_KG:.2f}".rstrip("0").rstrip(".")


def pl21_tolerance_band(subject: Subject) -> Iterator[Problem]:
    """A tolerance band above 5 %."""
    for rule_id, rule in subject.protocol.rules.items():
        if rule.enabled and rule.marginal_percent > 5:
            yield Problem(
                "PL-21",
                f"rules.{rule_id}.marginal_percent",
                f"{_plain(rule.marginal_percent)} % is more than charting can explain",
                "The band never changes a verdict, but it calls violations marginal: 2 % for a dose, 5 % for a total.",
            )


def pl22_follow_up_window(subject: Subject) -> Iterator[Problem]:
    """A follow-up window that overlaps the session or the next series."""
    gap_h = subject.protocol.series.gap_d * 24
    for benchmark_id, benchmark in subject.protocol.benchmarks.items():
        if benchmark.window_h:
            start, end = benchmark.window_h
            key = f"benchmarks.{benchmark_id}.window_h"
            if start < 0:
                yield Problem("PL-22", key, "begins before the session ends", "A score during the infusion is no follow-up.")
            if end > gap_h:
                what = f"ends {_plain(end)} h after the session; after {_plain(gap_h)} h (series.gap_d) a new series may begin"
                yield Problem("PL-22", key, what, "A score after the next session speaks of that one.")


def pl23_gaps(subject: Subject) -> Iterator[Problem]:
    """A session gap above 24 h, or a series gap shorter than the session gap."""
    gap, series = subject.protocol.session.gap_min, subject.protocol.series.gap_d * _DAY_MIN
    if gap > _DAY_MIN:
        what = f"{_plain(gap)} min is longer than a day: infusions of different days become one session"
        yield Problem("PL-23", "session.gap_min", what, "Sessions are usually apart when nothing was given for some hours.")
    if series < gap:
        what = (
            f"{_plain(subject.protocol.series.gap_d)} d is shorter than the session gap of {_plain(gap)} min: every session begins a series"
        )
        yield Problem("PL-23", "series.gap_d", what, "Give the series gap in days, longer than the session gap.")
