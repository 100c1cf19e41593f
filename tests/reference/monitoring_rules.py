"""The monitoring rules KM-01 to KM-03."""

from fractions import Fraction

from .monitoring import PSYCHOMIMETIC, RESPIRATORY, SEDATION, Gap, assessed, gaps
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


def worst_gap(found: list[Gap], kinds: set[str], facts: Facts) -> tuple[bool | None, Fraction | None]:
    """Whether a gap is too long, and the longest in minutes; one outside coverage cannot be told."""
    too_long = [g for g in found if g.length is None or g.length > g.allowed]
    lengths = [g.length for g in found]
    longest = None if None in lengths else max(x for x in lengths if x is not None) / 60
    if any(facts.coverage.covers(g.begin, g.end, kinds, facts.department) for g in too_long):
        return True, longest
    return (None if too_long else False), longest


def monitored(session: Session, facts: Facts, settings: Settings, kinds: dict[str, object]) -> Answer:
    """The longest gap between assessments of these kinds, judged at the proven and at the possible end."""
    tests = {k: t for k, t in {**SEDATION, **RESPIRATORY}.items() if k in kinds}
    times = assessed(facts.observations, tests)
    answers = [worst_gap(gaps(session, times, settings, proven=proven), set(tests), facts) for proven in (True, False)]
    proven, possible = answers[0][0], answers[1][0]
    # A gap that is too long up to the proven end is no shorter when the infusion lasted longer.
    violates = True if proven else False if proven is False and possible is False else None
    verdict = decide(has_infusion_row(session), violates)
    if not infusion_rows(session):  # perhaps one was lost: there is no time to measure gaps in
        return Answer(verdict, None, None)
    return Answer(verdict, answers[0][1], answers[1][1])


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
    verdict = decide(has_infusion_row(session), violates.pop() if len(violates) == 1 else None)
    return Answer(verdict, Fraction(counts[0]), Fraction(counts[1]))
