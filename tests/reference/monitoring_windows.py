"""Assessments before the start (KM-11, KM-12) and after the end (KM-21, KM-22)."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .monitoring import RESPIRATORY, SEDATION
from .monitoring_rules import has_infusion_row, infusion_rows, missing, shortest_longest, worst_of
from .rows import Observation
from .sessions import Session
from .settings import Settings
from .times import DAY, Moment
from .verdicts import NOT_APPLICABLE, Answer, Facts, decide

Tests = dict[str, Callable[[str], bool]]


def valid(observations: list[Observation], tests: Tests) -> list[Moment]:
    """When values of these kinds were charted, with both readings of an ambiguous time."""
    return [o.at for o in observations if o.kind in tests and tests[o.kind](o.value)]


def each_requirement(domain: str, settings: Settings) -> list[Tests]:
    """The kinds that satisfy one requirement together."""
    listed = settings.values["monitoring.respiratory"]
    if domain == "sedation":
        return [SEDATION]
    return [RESPIRATORY] if listed == "any" else [{kind: RESPIRATORY[kind]} for kind in listed]


def baseline(session: Session, facts: Facts, settings: Settings, domain: str) -> Answer:
    """The last assessment lies shortly before the start."""
    return worst_of([one_baseline(session, facts, settings, tests) for tests in each_requirement(domain, settings)])


def one_baseline(session: Session, facts: Facts, settings: Settings, tests: Tests) -> Answer:
    """One requirement, at the earliest and the latest start that ambiguous times allow."""
    window = settings.minutes("monitoring.baseline_min")
    starts = {session.start, max(session.start, min((r.start.late for r in session.rows), default=session.start))}
    shortest: list[Fraction | None] = []
    longest: list[Fraction | None] = []
    for start in starts:
        looked = [m for m in valid(facts.observations, tests) if m.early <= start and start - m.early <= max(DAY, window)]
        near = [start - (m.late if m.late <= start else m.early) for m in looked]
        shortest.append(min(near, default=None))
        longest.append(min((start - m.early for m in looked if m.late <= start), default=None))
    low = min((x for x in shortest if x is not None), default=None)
    high = None if None in longest else max(x for x in longest if x is not None)
    covered = facts.coverage.covers(session.start - window, max(starts), set(tests), facts.department, inclusive=True)
    # A delivery that was kept out may have begun the session earlier, and an assessment that was may be the baseline.
    unseen = facts.lost_observations(session, set(tests)) > 0
    high = None if session.delivery_lost else high
    violates: bool | None = None
    if session.delivery_lost and (low is not None or unseen):
        violates = None
    elif high is not None and high <= window:
        violates = False
    elif (low is None or low > window) and covered and not unseen:
        violates = True
    return Answer(decide(has_infusion_row(session), violates), minutes(low), minutes(high))


def minutes(length: Fraction | None) -> Fraction | None:
    """Seconds as minutes."""
    return None if length is None else length / 60


@dataclass(frozen=True)
class Stay:
    """The end of an infusion and the discharge, each with its bounds (none: unknown)."""

    low: Fraction
    high: Fraction | None
    discharge: Moment | None


def stay_of(session: Session, facts: Facts, recovery: Fraction) -> Stay:
    """When the infusion ended and when the patient left; a discharge that may be a transfer, or precedes the end, is unknown."""
    low, high = session.ends()
    mine = {row.encounter for row in session.rows}
    ends = [facts.encounters[e].ended if e in facts.encounters and facts.encounters[e].patient == session.patient else None for e in mine]
    if not ends or any(end is None for end in ends):
        return Stay(low, high, None)
    known = [end for end in ends if end is not None]
    discharge = Moment(max(m.early for m in known), max(m.late for m in known))
    others = [e.started.early for name, e in facts.encounters.items() if e.patient == session.patient and name not in mine and e.started]
    moved = any(session.start < at <= (low if high is None else high) + recovery for at in others)
    if discharge.late < low or (moved and (high is None or discharge.early < high + recovery)):
        return Stay(low, high, None)
    return Stay(low, high, discharge)


def recovered(session: Session, facts: Facts, settings: Settings, domain: str) -> Answer:
    """Assessed at the interval until recovery is over, and not discharged before."""
    if not infusion_rows(session):
        return Answer(decide(has_infusion_row(session), None) if has_infusion_row(session) is None else NOT_APPLICABLE)
    stay = stay_of(session, facts, settings.minutes("monitoring.recovery_min"))
    return worst_of([one_recovery(session, stay, facts, settings, tests) for tests in each_requirement(domain, settings)])


def one_recovery(session: Session, stay: Stay, facts: Facts, settings: Settings, tests: Tests) -> Answer:
    """One requirement: a gap counts as too long when it is so for every end that is possible."""
    recovery = settings.minutes("monitoring.recovery_min")
    times = valid(facts.observations, tests)
    low, high, gone = stay.low, stay.high, stay.discharge
    early = gone is not None and gone.late < low + recovery
    ends = [low]
    if not early and (high is not None or gone is not None):
        limits = [x for x in (high, gone.late - recovery if gone else None) if x is not None]
        ends.append(min(limits))
    top = gone.late if early and gone else max(ends) + recovery
    both = sorted({x for m in times for x in (m.early, m.late) if low < x < top})

    def judged(begin: Fraction, until: Fraction) -> tuple[Fraction, bool]:
        """How much of a gap lies in the recovery after every possible end, and whether it is too long after each."""
        parts = [(max(begin, end), min(until, top if early else end + recovery)) for end in ends]
        lengths = [max(Fraction(0), b - a) for a, b in parts]
        return min(lengths), all(n > settings.allowed_gap(a - session.start) for n, (a, _) in zip(lengths, parts, strict=True))

    pairs = itertools.pairwise([low, *both, top])
    covered = [part for begin, until in pairs for part in facts.coverage.parts(begin, until, set(tests), facts.department)]
    parts = [judged(begin, until) for begin, until in covered]  # an assessment may hide where nothing is covered
    late = any(is_late for _, is_late in parts)
    needed = sum(missing(length, settings) for length, is_late in parts if is_late)
    unseen = facts.lost_observations(session, set(tests))
    found = late and unseen > 0 and needed <= unseen
    missed = late and not found and (high is not None or gone is not None)
    worst, met = None, False
    if high is not None:
        last = max(low, min(high + recovery, gone.late) if gone else high + recovery)
        inside = sorted(m.early for m in times if m.early == m.late and low < m.early < last)
        pieces = list(itertools.pairwise([low, *inside, last]))
        worst = max(b - a for a, b in pieces)
        met = all(b - a <= settings.allowed_gap(a - session.start) for a, b in pieces)
    stays = gone is not None and high is not None and gone.early >= high + recovery
    violates = True if early else None if session.delivery_lost else True if missed else False if met and stays else None
    longest = None if session.delivery_lost else minutes(worst)
    return Answer(decide(has_infusion_row(session), violates), shortest_longest([n for n, _ in parts], unseen) / 60, longest)
