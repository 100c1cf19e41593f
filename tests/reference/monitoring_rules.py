"""The monitoring rules KM-01 to KM-03."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from .monitoring import PSYCHOMIMETIC, RESPIRATORY, SEDATION, Gap, assessed, gaps, possible_pauses
from .sessions import Session
from .settings import Settings
from .verdicts import COMPLIANT, NOT_APPLICABLE, NOT_EVALUABLE, VIOLATION, Answer, Facts, decide


def infusion_rows(session: Session) -> list[bool]:
    """For each charted infusion row, whether it is uncertain that it was given."""
    rows = [s.perhaps for s in session.segments for _ in s.rows]
    return rows + [p.perhaps for p in session.pushes if p.row.event != "bolus"]


def has_infusion_row(session: Session) -> bool | None:
    """Whether an infusion was charted in the session."""
    rows = infusion_rows(session)
    return True if any(not uncertain for uncertain in rows) else None if rows or session.lost("infusion") else False


@dataclass(frozen=True)
class Part:
    """A covered part of a gap: nobody looked in it, for an assessment may hide where nothing is covered."""

    gap: Gap
    length: Fraction
    is_late: bool


def parts_of(found: list[Gap], session: Session, facts: Facts, settings: Settings, kinds: set[str]) -> list[Part]:
    """The covered parts of all gaps, each held to the interval in force where it begins."""
    perhaps = tuple(possible_pauses(session, settings))
    result: list[Part] = []
    for gap in found:
        for begin, end in [] if gap.end is None else facts.coverage.parts(gap.begin, gap.end, kinds, facts.department):
            length = replace(gap, pauses=perhaps).elapsed(begin, end) if session.pause_lost else gap.elapsed(begin, end)
            result.append(Part(gap, length, length > settings.allowed_gap(begin - session.start)))
    return result


def too_long(found: list[Gap]) -> list[Gap]:
    """The gaps that are too long, an open-ended one too."""
    return [gap for gap in found if gap.length is None or gap.length > gap.allowed]


def shortest_longest(lengths: list[Fraction], unseen: int) -> Fraction:
    """How long the longest gap is at least, wherever so many unread assessments were: each best parts the longest piece left."""
    pieces = dict.fromkeys(range(len(lengths)), 1)
    for _ in range(unseen if lengths else 0):
        pieces[max(pieces, key=lambda i: lengths[i] / pieces[i])] += 1
    return max((lengths[i] / n for i, n in pieces.items()), default=Fraction(0))


def missing(known: Fraction, settings: Settings) -> int:
    """How many more assessments would at least have met the interval."""
    return max(0, ceil(known / max(settings.roomiest_gap(), Fraction(1, 1_000_000))) - 1)


def monitored(session: Session, facts: Facts, settings: Settings, kinds: dict[str, object]) -> Answer:
    """The longest gap between assessments of these kinds, judged at the proven and at the possible end."""
    tests = {k: t for k, t in {**SEDATION, **RESPIRATORY}.items() if k in kinds}
    times = assessed(facts.observations, tests)
    proven, possible = (gaps(session, times, settings, proven=proven) for proven in (True, False))
    parts = parts_of(proven, session, facts, settings, set(tests))
    sure = [x for x in parts if x.is_late]
    # An assessment that was kept out may lie in a gap, as far as there are enough of them.
    unseen = facts.lost_observations(session, set(tests))
    found = bool(unseen) and sum(missing(x.length, settings) for x in sure) <= unseen
    violates: bool | None = None
    if sure and not found:
        violates = True
    elif not too_long(proven) and not too_long(possible) and not session.delivery_lost:
        # A gap that is too long up to the proven end is no shorter when the infusion lasted longer.
        violates = False
    verdict = decide(has_infusion_row(session), violates)
    if not infusion_rows(session):  # perhaps one was lost: there is no time to measure gaps in
        return Answer(verdict, None, None)
    high = [g.length for g in possible]
    longest = None if None in high or session.delivery_lost else max(x for x in high if x is not None) / 60
    return Answer(verdict, shortest_longest([x.length for x in parts], unseen) / 60, longest)


def worst_of(answers: list[Answer]) -> Answer:
    """One answer from several parts that must all be met."""
    order = (VIOLATION, NOT_EVALUABLE, COMPLIANT, NOT_APPLICABLE)
    verdict = min((a.verdict for a in answers), key=order.index)
    lows, highs = [a.low for a in answers], [a.high for a in answers]
    low = None if None in lows else max(x for x in lows if x is not None)
    return Answer(verdict, low, None if None in highs else max(x for x in highs if x is not None))


def km02(session: Session, facts: Facts, settings: Settings) -> Answer:
    """Respiratory status is assessed at the interval: any sign, or each one that the protocol lists."""
    listed = settings.values["monitoring.respiratory"]
    if listed == "any":
        return monitored(session, facts, settings, dict(RESPIRATORY))
    return worst_of([monitored(session, facts, settings, {kind: RESPIRATORY[kind]}) for kind in listed])


def km03(session: Session, facts: Facts) -> Answer:
    """At least one psycho-perceptual observation until an hour after the end."""
    times = assessed(facts.observations, PSYCHOMIMETIC)
    counts: list[int] = []
    violates: set[bool | None] = set()
    for end in session.ends():
        until = None if end is None else end + 3600
        counts.append(len([t for t in times if session.start < t and (until is None or t <= until)]))
        covered = until is not None and facts.coverage.covers(session.start, until, set(PSYCHOMIMETIC), facts.department)
        violates.add(False if counts[-1] else True if covered else None)
    violates_so = violates.pop() if len(violates) == 1 else None
    if not counts[0] and facts.lost_observations(session, set(PSYCHOMIMETIC)):
        return Answer(decide(has_infusion_row(session), None), Fraction(counts[0]))
    return Answer(decide(has_infusion_row(session), violates_so), Fraction(counts[0]), Fraction(counts[1]))
