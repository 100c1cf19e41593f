"""The floors of amount and duration: KD-09 and KD-10."""

from fractions import Fraction

from .sessions import Session
from .settings import Settings
from .totals import session_total
from .verdicts import VIOLATION, Answer, decide, lower


def kd09(session: Session, settings: Settings) -> Answer:
    """The total reaches a floor in mg."""
    amount = session_total(session, settings)
    return lower(True, amount.low, amount.high, settings.number("rules.KD-09.limit"))


def kd10(session: Session, settings: Settings) -> Answer:
    """More than a number of minutes pass from the first delivery to the last."""
    sure = proven_deliveries(session)
    low = max(Fraction(0), max((until for _, until in sure), default=Fraction(0)) - min((since for since, _ in sure), default=Fraction(0)))
    end = session.ends()[1]
    high = None if end is None or session.lost_kinds or session.lone_readings else end - session.start
    limit = settings.minutes("rules.KD-10.limit")
    violates = False if low > limit else True if high is not None and high <= limit else None
    verdict = decide(True, violates)
    return Answer(verdict, low / 60, None if high is None else high / 60, "below_range" if verdict == VIOLATION else None)


def proven_deliveries(session: Session) -> list[tuple[Fraction, Fraction]]:
    """For each delivery that certainly took place, the latest time at which it had begun and the earliest at which it ended."""
    result = [(max(p.start, p.row.start.late), p.end) for p in session.pushes if not p.perhaps]
    result += [(max(s.start, s.rows[0].start.late), s.proven.end or s.start) for s in session.segments if not s.perhaps]
    for dose in session.pca:
        if dose.amount.low > 0:
            result.append((dose.end, dose.start))
        inside = list(zip(dose.rows, dose.demands, strict=True))[1:]
        result += [(r.start.early, r.start.early) for r, d in inside if d.delivered and d.mg.low > 0]
    return result
