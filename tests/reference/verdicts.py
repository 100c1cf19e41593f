"""Verdicts, and how three-valued answers and bounds make them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from .amounts import Rate
from .beside import Beside
from .coverage import Coverage
from .rows import Encounter, Intervention, Lost, Observation
from .sessions import Session
from .times import to_datetime
from .units import Amount
from .weights import Weight

COMPLIANT, VIOLATION, NOT_APPLICABLE, NOT_EVALUABLE = "compliant", "violation", "not_applicable", "not_evaluable"


@dataclass(frozen=True)
class Verdict:
    """What one rule says about one session."""

    patient_id: str
    started: Fraction
    rule_id: str
    verdict: str
    observed: Fraction | None = None
    observed_low: Fraction | None = None
    observed_high: Fraction | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Answer:
    """A verdict before it is tied to a session."""

    verdict: str
    low: Fraction | None = None
    high: Fraction | None = None
    grade: str | None = None
    observed: Fraction | None = None


@dataclass(frozen=True)
class Facts:
    """What the rules need to know about a session besides its deliveries."""

    weight: Weight | None
    context: str | None
    observations: list[Observation]
    coverage: Coverage
    department: str
    all_sessions: list[Session]
    beside: Beside
    interventions: list[Intervention] = field(default_factory=lambda: [])
    actions_covered: Coverage | None = None
    lost: list[Lost] = field(default_factory=lambda: [])
    encounters: dict[str, Encounter] = field(default_factory=lambda: {})
    first_day: date | None = None

    def near(self, session: Session, row: Lost) -> bool:
        """Whether a row that was kept out may belong to the session, by its date."""
        low, high = session.ends()
        last = to_datetime(low if high is None else high).date() + timedelta(days=1)
        return row.date is None or (self.first_day is not None and self.first_day - timedelta(days=1) <= row.date <= last)

    def lost_observations(self, session: Session, kinds: set[str]) -> int:
        """How many observations were kept out that may be of these kinds and of this session."""
        return sum(r.table == "observation" and (not r.kind or r.kind in kinds) and self.near(session, r) for r in self.lost)

    def lost_between(self, begin: Fraction, end: Fraction, kind: str) -> bool:
        """Whether an observation that was kept out may be of this kind and of this time, within a day."""
        days = to_datetime(begin).date() - timedelta(days=1), to_datetime(end).date() + timedelta(days=1)
        rows = [r for r in self.lost if r.table == "observation" and r.kind in ("", kind)]
        return any(r.date is None or days[0] <= r.date <= days[1] for r in rows)


def decide(applies: bool | None, violates: bool | None) -> str:
    """Two three-valued answers make one verdict; a part that certainly violates decides."""
    if applies is False:
        return NOT_APPLICABLE
    if applies and violates is not None:
        return VIOLATION if violates else COMPLIANT
    return NOT_EVALUABLE


def per_kg(amount: Amount, weight: Weight | None) -> tuple[Fraction | None, Fraction | None]:
    """Both bounds of an amount over the reference weight."""
    if weight is None:
        return None, None
    return amount.low / weight.high, None if amount.high is None else amount.high / weight.low


def rate_per_kg(rate: Rate, weight: Weight | None) -> tuple[Fraction | None, Fraction | None]:
    """Both bounds of a rate over the reference weight; a rate charted per kg needs none."""
    if rate.mg_per_h.low == 0 == rate.mg_per_h.high:
        return rate.per_kg_h, rate.per_kg_h
    low, high = per_kg(rate.mg_per_h, weight)
    return rate.per_kg_h + (low or 0), None if high is None else rate.per_kg_h + high


def upper(
    applies: bool | None,
    low: Fraction | None,
    high: Fraction | None,
    limit: Fraction,
    *,
    strict: bool = False,
    band: Fraction = Fraction(2, 100),
) -> Answer:
    """An upper limit: outside when the low bound is, inside when the high bound is."""
    violates: bool | None = None
    if low is not None and (low > limit or (strict and low == limit)):
        violates = True
    elif high is not None and (high < limit or (not strict and high == limit)):
        violates = False
    verdict = decide(applies, violates)
    grade = None
    if verdict == VIOLATION and low is not None:
        grade = "marginal" if low <= limit * (1 + band) else "material"
    return Answer(verdict, low, high, grade)


def lower(applies: bool | None, low: Fraction | None, high: Fraction | None, limit: Fraction, *, strict: bool = False) -> Answer:
    """A lower limit: outside when the high bound is, inside when the low bound is."""
    violates: bool | None = None
    if high is not None and (high < limit or (strict and high == limit)):
        violates = True
    elif low is not None and (low > limit or (not strict and low == limit)):
        violates = False
    verdict = decide(applies, violates)
    return Answer(verdict, low, high, "below_range" if verdict == VIOLATION else None)
