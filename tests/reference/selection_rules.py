"""The third line and the review of long series: KS-01 and KS-02."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil

from .beside import CLASSES, Medication
from .sessions import Session
from .settings import Settings
from .times import DAY
from .verdicts import NOT_APPLICABLE, Answer, Facts, decide, lower

ENDLESS = Fraction(10**12)


def series_of(session: Session, facts: Facts, settings: Settings) -> list[Session]:
    """The sessions of the series up to this one, the first of the series first."""
    gap = settings.number("series.gap_d") * DAY
    ordered = sorted((s for s in facts.all_sessions if s.start <= session.start), key=lambda s: s.start)
    cuts = [n for n, (a, b) in enumerate(pairwise(ordered), start=1) if b.start - a.start > gap]
    return ordered[cuts[-1] if cuts else 0 :]


def ks01(session: Session, facts: Facts, settings: Settings) -> Answer:
    """Enough classes of conventional analgesics were tried before the first session of the series."""
    if len(series_of(session, facts, settings)) > 1:
        return Answer(NOT_APPLICABLE)
    beside, index = facts.beside, session.start
    oldest = index - settings.number("selection.lookback_d") * DAY
    least = settings.number("selection.min_days") * DAY
    counts = [
        sum(tried([m for m in beside.medications if m.drug_class == c], index, oldest, least, certain=certain) for c in CLASSES)
        for certain in (True, False)
    ]
    form = any(m.origin == "form" and (m.start is None or m.start <= index) for m in beside.medications)
    covered = beside.coverage["medication"].covers(oldest, index, set(), facts.department)
    high = Fraction(min(counts[1] + beside.lost.get("medication", 0), len(CLASSES))) if form or covered else None
    applies = None if facts.context is None else facts.context != "postsurgical"
    return replace(lower(applies, Fraction(counts[0]), high, settings.number("rules.KS-01.limit")), grade=None)


def tried(rows: list[Medication], index: Fraction, oldest: Fraction, least: Fraction, *, certain: bool) -> bool:
    """Whether a class was certainly (or possibly) tried: one row says so, or its drugs ran long enough."""
    if any(failed(m, index, certain=certain) or on_form(m, index - least, certain=certain) for m in rows):
        return True
    ran: list[tuple[Fraction, Fraction]] = []
    undated = Fraction(0)
    for m in rows:
        if m.supply_d is None and certain:
            continue
        supply = ENDLESS if m.supply_d is None else m.supply_d * DAY
        recent = m.end is None or m.end >= oldest
        if m.start is None:
            undated += supply if recent and not certain else 0
            continue
        if certain and m.end is None:
            recent = m.start + supply >= oldest
        if recent:
            ran.append((m.start, min(m.start + supply, index, ENDLESS if m.end is None else m.end)))
    return joined(ran) + undated >= least


def joined(times: list[tuple[Fraction, Fraction]]) -> Fraction:
    """The length of several stretches of time, what they share counted once."""
    edges = sorted({edge for time in times for edge in time})
    return sum((b - a for a, b in pairwise(edges) if any(x <= a and b <= y for x, y in times)), Fraction(0))


def failed(m: Medication, index: Fraction, *, certain: bool) -> bool:
    """Whether a failure or intolerance was documented before the session."""
    if not certain:
        return m.outcome in ("failed", "not_tolerated", "unreadable") and (m.start is None or m.start <= index)
    over = m.end
    if over is None and m.start is not None and m.supply_d is not None:
        over = m.start + m.supply_d * DAY
    return m.outcome in ("failed", "not_tolerated") and over is not None and over <= index


def on_form(m: Medication, latest_start: Fraction, *, certain: bool) -> bool:
    """Whether a form says that the class was tried."""
    if m.outcome == "contraindicated" or (m.start is not None and m.start > latest_start):
        return False
    if certain:
        return m.origin == "form" and m.outcome != "unreadable"
    return m.origin in ("form", "unreadable")


def ks02(session: Session, facts: Facts, settings: Settings) -> Answer:
    """The response was reviewed before a session that comes late in its series."""
    days = (session.start - series_of(session, facts, settings)[0].start) / DAY
    since = session.start - settings.number("series.review_d") * DAY
    violates: bool | None = None
    coverage = facts.beside.coverage["intervention"]
    near = [at for at in facts.beside.reviews if at.late >= since and at.early <= session.start]
    if any(at.early >= since and at.late <= session.start for at in near):
        violates = False
    elif not near and coverage.covers(since, session.start, {"response_review"}, facts.department, inclusive=True):
        violates = None if review_lost(facts, settings) else True
    return Answer(decide(days > settings.number("rules.KS-02.limit"), violates), days, days)


def review_lost(facts: Facts, settings: Settings) -> bool:
    """Whether a row that was kept out may have been a review in time; dates are good to a day."""
    day = facts.first_day
    assert day is not None
    oldest = day - timedelta(days=1 + ceil(settings.number("series.review_d")))
    return any(on is None or oldest <= on <= day + timedelta(days=1) for on in facts.beside.lost_reviews)
