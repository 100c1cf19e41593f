"""The dosing rules KD-01 to KD-08."""

from fractions import Fraction

from .boluses import Bolus, inferred, merged_boluses
from .rates import Piece, pieces
from .sessions import Session
from .settings import Settings
from .times import DAY, HOUR
from .totals import largest_window, session_total
from .units import Amount
from .verdicts import COMPLIANT, VIOLATION, Answer, Facts, decide, lower, per_kg, rate_per_kg, upper


def kd01(session: Session, facts: Facts, settings: Settings) -> Answer:
    """Every merged bolus, or the first one alone, stays below its limit."""
    first_only = settings.text("bolus.apply_to") == "first_only"
    found = merged_boluses(session, settings, first=first_only)
    applies = bolus_applies(session, found)
    if not found:
        return Answer(decide(applies, None))
    bounds = [per_kg(b.amount, facts.weight) for b in (perhaps_first(found) if first_only else found)]
    lows = [x for x, _ in bounds if x is not None]
    highs = [y for _, y in bounds if y is not None]
    low = (min if first_only else max)(lows, default=None)
    if first_only and session.lost("bolus") and low is not None:
        low = Fraction(0)
    high = max(highs) if len(highs) == len(bounds) and not session.lost("bolus") else None
    return upper(applies, low, high, settings.number("rules.KD-01.limit"), strict=settings.strict("KD-01"))


def bolus_applies(session: Session, found: list[Bolus]) -> bool | None:
    """Whether a bolus was given."""
    return True if any(not b.perhaps for b in found) else None if found or session.lost("bolus") else False


def perhaps_first(found: list[Bolus]) -> list[Bolus]:
    """The boluses each of which may have been the first: none certainly began before it."""
    begun = min((b.begun for b in found if not b.perhaps), default=None)
    return [b for b in found if begun is None or b.start <= begun]


def maintenance(session: Session, settings: Settings, at_least: Fraction) -> list[list[Piece]]:
    """The pieces of summed rate that the rate rules judge, in each reading of what is uncertain."""
    found = inferred(session, settings)
    sure = [s for i in found if not i.perhaps for s in i.segments]
    either = [s for i in found for s in i.segments]
    readings: list[list[Piece]] = []
    for left_out in (sure, either) if len(either) > len(sure) else (sure,):
        segments = [s for s in session.segments if s not in left_out]
        readings += [[p for p in pieces(segments, proven=proven) if p.lasts(at_least)] for proven in (True, False)]
    return readings


def rate_applies(session: Session, facts: Facts, wanted: str, readings: list[list[Piece]]) -> bool | None:
    """Whether the context and a maintenance segment bring the session under a rate rule."""
    if facts.context is not None and facts.context != wanted:
        return False
    certain = all(any(p.rate.mg_per_h.low > 0 or p.rate.per_kg_h or not perhaps(session, p) for p in r) for r in readings)
    exists: bool | None = True if certain else None if any(readings) or session.lost("infusion") else False
    return False if exists is False else None if exists is None or facts.context is None else True


def perhaps(session: Session, piece: Piece) -> bool:
    """Whether every row that ran in a piece may not have been given."""
    at = piece.start
    running = [s for s in session.segments if s.start <= at and (s.possible.end is None or s.possible.end > at or piece.end == at)]
    return all(s.perhaps for s in running)


def highest_rate(session: Session, facts: Facts, settings: Settings, rule: str, wanted: str) -> Answer:
    """The highest summed rate stays at or below its limit."""
    readings = maintenance(session, settings, Fraction(0))
    applies = rate_applies(session, facts, wanted, readings)
    bounds = [[rate_per_kg(p.rate, facts.weight) for p in r] for r in readings if r]
    low = min((max(x or Fraction(0) for x, _ in r) for r in bounds), default=None)
    highs = [y for r in bounds for _, y in r]
    high = None if None in highs or not highs or session.lost("infusion") else max(y for y in highs if y is not None)
    if facts.weight is None and high is None and not low:
        low = None
    return upper(applies, low, high, settings.number(f"rules.{rule}.limit"), strict=settings.strict(rule))


def lowest_rate(session: Session, facts: Facts, settings: Settings, rule: str, wanted: str) -> Answer:
    """The lowest summed rate of segments that last stays at or above its limit."""
    length = settings.minutes("maintenance.min_segment_min")
    readings = maintenance(session, settings, length)
    applies = rate_applies(session, facts, wanted, readings)
    lows: list[Fraction | None] = []
    highs: list[Fraction | None] = []
    for found in readings:
        if found:
            bounds = [rate_per_kg(p.rate, facts.weight) for p in found]
            lows.append(None if any(x is None for x, _ in bounds) else min(x for x, _ in bounds if x is not None))
            # What was perhaps not given proves no low rate.
            given = [y for p, (_, y) in zip(found, bounds, strict=True) if y is not None and not perhaps(session, p)]
            highs.append(min(given, default=None))
    low = None if not lows or None in lows or session.lost("infusion") else min(x for x in lows if x is not None)
    high = None if not highs or None in highs else max(y for y in highs if y is not None)
    if facts.weight is None and high is None:
        low = None
    return lower(applies, low, high, settings.number(f"rules.{rule}.limit"), strict=settings.strict(rule))


def kd06(session: Session, settings: Settings) -> Answer:
    """Each delivered PCA demand lies in its range."""
    smallest, largest = settings.number("rules.KD-06.limit_low"), settings.number("rules.KD-06.limit")
    demands = [d for p in session.pca for d in p.demands if d.delivered is not False]
    certain = [d for d in demands if d.delivered]
    applies: bool | None = True if certain else None if demands or session.lost("pca") else False
    outside: list[tuple[Fraction, Fraction, str]] = []
    undecided = session.lost("pca")
    for demand in demands:
        low, high = demand.mg.low, demand.mg.high
        if high is not None and smallest <= low and high <= largest:
            continue
        if demand.delivered and low > largest:
            outside.append((low - largest, low, "marginal" if low <= largest * Fraction(102, 100) else "material"))
        elif demand.delivered and high is not None and high < smallest:
            outside.append((smallest - high, high, "below_range"))
        else:
            undecided = True
    if outside and applies:
        _, worst, grade = max(outside)
        return Answer(VIOLATION, worst, worst, grade)
    verdict = decide(applies, None if undecided else False)
    biggest = max((d.mg.high for d in certain if d.mg.high is not None), default=None)
    return Answer(verdict, biggest, biggest) if verdict == COMPLIANT else Answer(verdict)


def kd07(session: Session, facts: Facts, settings: Settings) -> Answer:
    """The maximum, over what the protocol says that it counts."""
    match settings.text("total.interpretation"):
        case "per_hour":
            return capped(largest_window(facts.all_sessions, session, HOUR, settings), facts, settings, "KD-07")
        case "rolling_24h":
            return capped(largest_window(facts.all_sessions, session, DAY, settings), facts, settings, "KD-07")
        case "per_bolus":
            return single_bolus(session, facts, settings)
        case _:
            return capped(session_total(session, settings), facts, settings, "KD-07")


def single_bolus(session: Session, facts: Facts, settings: Settings) -> Answer:
    """The largest bolus against the maximum; the setting for the bolus limit does not concern it."""
    found = merged_boluses(session, settings)
    applies = bolus_applies(session, found)
    amounts = [b.amount for b in found]
    unknown = session.lost("bolus") or any(a.high is None for a in amounts)
    low = max((a.low for a in amounts), default=Fraction(0))
    high = None if unknown or not amounts else max(a.high for a in amounts if a.high is not None)
    bounds = per_kg(Amount(low, high), facts.weight)
    return upper(applies, *bounds, settings.number("rules.KD-07.limit"), band=Fraction(5, 100), strict=settings.strict("KD-07"))


def capped(amount: Amount, facts: Facts, settings: Settings, rule: str) -> Answer:
    """A total stays at or below its cap."""
    low, high = per_kg(amount, facts.weight)
    return upper(True, low, high, settings.number(f"rules.{rule}.limit"), band=Fraction(5, 100), strict=settings.strict(rule))
