"""Whether the outcome can be measured (KO-01), and whether the stock adds up (KR-01, KR-02)."""

import re
from fractions import Fraction

from .beside import Move
from .rows import Observation
from .sessions import Session
from .settings import Settings
from .times import DAY
from .totals import session_total
from .units import number
from .verdicts import NOT_APPLICABLE, Answer, Facts, decide

SCALES = ("", "nrs", "/10", "0-10", "nrs/10", "nrs0-10", "points", "point", "score", "{score}", "1")
Window = tuple[Fraction, Fraction]


def pain(o: Observation) -> Fraction | None:
    """A score of the scale from 0 to 10, at most one decimal."""
    value = number(o.value, signed=True)
    right = o.kind == "pain_nrs" and re.sub(" ", "", o.unit).lower() in SCALES
    return value if right and isinstance(value, Fraction) and 0 <= value <= 10 and (value * 10).denominator == 1 else None


def ko01(session: Session, facts: Facts) -> Answer:
    """A pain score other than 0 before the session, and one two weeks after it; what is missing accuses nobody."""
    scored = [o for o in facts.observations if pain(o) is not None]
    begin = session.start
    before = [o for o in scored if o.at.late >= begin - DAY and o.at.early <= begin]
    last = {pain(o) for o in before if o.at.early == max(x.at.early for x in before)}
    straddles = any(o.at.early < begin - DAY or o.at.late > begin for o in before)
    out_of_order = any(o.at.early != o.at.late for o in before) and len({pain(o) for o in before}) > 1
    # A score that was kept out may have been the last one.
    unseen = facts.lost_between(begin - DAY, begin, "pain_nrs")
    applies = None if unseen or straddles or out_of_order or len(last) != 1 else last != {Fraction(0)}
    low, high = session.ends()
    following = min((s.start for s in facts.all_sessions if s.start > begin), default=None)
    found = False
    if high is not None:
        until = low + 14 * DAY if following is None else min(low + 14 * DAY, following)
        found = any(high + 2 * DAY <= o.at.early and o.at.late <= until for o in scored)
    return Answer(decide(applies, False if found else None))


def window(session: Session) -> Window:
    """The time whose stock rows may belong to the session."""
    low, high = session.ends()
    return session.start - DAY, (low if high is None else max(low, high)) + DAY


def moves_in(times: Window, facts: Facts) -> list[Move]:
    """The stock rows in a time."""
    return [m for m in facts.beside.moves if times[0] <= m.at <= times[1]]


def covered(session: Session, facts: Facts) -> bool:
    """Whether the stock table covers the session's window."""
    high = session.ends()[1]
    return high is not None and facts.beside.coverage["stock"].covers(*window(session), set(), session.department, inclusive=True)


def reconciled_together(session: Session, facts: Facts) -> list[Session]:
    """The sessions that may share a stock row with this one, directly or through others."""
    group, grown = [session], True
    while grown:
        near = [s for s in facts.all_sessions if s not in group and any(shares(s, g, facts) for g in group)]
        group, grown = group + near, bool(near)
    return group


def shares(one: Session, other: Session, facts: Facts) -> bool:
    """Whether a stock row lies in both windows."""
    first, second = moves_in(window(one), facts), moves_in(window(other), facts)
    return any(m is n for m in first for n in second)


def kr01(session: Session, facts: Facts, settings: Settings) -> Answer:
    """Dispensed less administered, wasted and returned is nothing, within a tolerance."""
    group = reconciled_together(session, facts)
    moves = [m for m in facts.beside.moves if any(w[0] <= m.at <= w[1] for w in map(window, group))]
    lost = bool(facts.beside.lost.get("stock"))
    if not moves:
        return Answer(NOT_APPLICABLE) if covered(session, facts) and not lost else Answer(decide(None, None))
    everything = Settings({**settings.values, "total.count_bolus": True, "total.count_pca": True})
    given = [session_total(s, everything) for s in group]
    gap = settings.minutes("session.gap_min")
    oral = any(s.start - gap <= at <= (window(s)[1] - DAY) + gap for s in group for at in facts.beside.other_routes)
    unknown = {m.action != "dispense" for m in moves if m.mg is None}
    balance = sum(((m.mg or Fraction(0)) * (1 if m.action == "dispense" else -1) for m in moves), Fraction(0))
    high = None if False in unknown else balance - sum(a.low for a in given)
    low = None if True in unknown or oral or any(a.high is None for a in given) else balance - sum(a.high or 0 for a in given)
    dispensed = sum((m.mg or Fraction(0) for m in moves if m.action == "dispense"), Fraction(0))
    tolerance = max(settings.number("rules.KR-01.limit"), dispensed / 50)
    if lost:
        return Answer(decide(True, None))
    violates: bool | None = None
    if all(covered(s, facts) for s in group):
        if (low is not None and low > tolerance) or (high is not None and high < -tolerance):
            violates = True
        elif low is not None and high is not None and -tolerance <= low and high <= tolerance:
            violates = False
    return Answer(decide(True, violates), low, high)


def kr02(session: Session, facts: Facts) -> Answer:
    """Each waste has a witness who is somebody else."""
    wastes = [m for m in moves_in(window(session), facts) if m.action == "waste" and owner(m, facts) is session]
    sure = covered(session, facts) and not facts.beside.lost.get("stock")
    if not wastes:
        return Answer(decide(False if sure else None, None))
    if any(not m.witness or m.witness == m.user for m in wastes):
        return Answer(decide(True, True))
    return Answer(decide(True, False if sure and all(m.user for m in wastes) else None))


def owner(waste: Move, facts: Facts) -> Session:
    """The session that a waste belongs to: the last that had begun, else the next."""
    near = [s for s in facts.all_sessions if window(s)[0] <= waste.at <= window(s)[1]]
    begun = [s for s in near if s.start <= waste.at]
    return max(begun, key=lambda s: s.start) if begun else min(near, key=lambda s: s.start)
