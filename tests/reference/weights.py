"""The reference weight and the context of a session."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil

from .rows import LostOrder, LostProcedure, Observation, Order, Procedure
from .sessions import Session
from .settings import Settings
from .times import DAY, HOUR, to_datetime
from .units import kilograms, number

LB_PER_KG = Fraction("2.2046")
INCHES = {
    "cm": 1 / Fraction("2.54"),
    "m": 100 / Fraction("2.54"),
    "mm": 1 / Fraction("25.4"),
    "in": Fraction(1),
    "inch": Fraction(1),
    "ft": Fraction(12),
}


@dataclass(frozen=True)
class Weight:
    """The reference weight in kg, between two bounds."""

    low: Fraction
    high: Fraction


def orders_of(session: Session, orders: dict[str, Order]) -> list[Order]:
    """The orders that the session's deliveries name."""
    return [orders[o] for o in sorted({r.order_in_force for r in session.rows}) if o in orders]


def usable(kg: Fraction | None, settings: Settings) -> Fraction | None:
    """The weight when it is within the protocol's range."""
    if kg is None or not settings.number("weight.min_kg") <= kg <= settings.number("weight.max_kg"):
        return None
    return kg


def observed_kg(weight: Observation, settings: Settings) -> Fraction | None:
    """A charted weight in kg."""
    return usable(kilograms(number(weight.value), weight.unit), settings)


def dosing_weights(session: Session, orders: dict[str, Order], settings: Settings) -> list[Fraction | None]:
    """The dosing weights of the session's orders; none for one that cannot be used."""
    if settings.text("weight.basis") == "actual":
        return []
    charted = [o for o in orders_of(session, orders) if o.dosing_weight is not None]
    return [usable(kilograms(o.dosing_weight, o.dosing_weight_unit), settings) for o in charted]


def observed_weights(
    session: Session, observations: list[Observation], settings: Settings, blank: str = "measured"
) -> list[list[Observation]]:
    """The weights of steps 2 to 5, each step's in time order; one of unknown method is taken as measured or as stated."""
    encounter = next((r.encounter for r in session.rows if r.encounter), "")
    weights = sorted((o for o in observations if o.kind == "weight"), key=lambda o: o.at.early)
    oldest = session.start - settings.number("weight.lookback_d") * DAY
    before = [o for o in weights if oldest <= o.at.early <= session.start]
    measured = [o for o in before if (o.method or blank) == "measured"]
    here = [o for o in measured if encounter and o.encounter == encounter]
    stated = [o for o in before if (o.method or blank) == "stated"]
    after = [o for o in weights if session.start < o.at.early <= session.start + 24 * HOUR and (o.method or blank) == "measured"]
    return [here, measured, stated, list(reversed(after))]


def ideal_weight(session: Session, observations: list[Observation], sex: str, settings: Settings) -> Weight | None:
    """Devine's formula on the height charted last before the start, else first after it; none without a sex and a height of 60 inches."""
    base = {"male": Fraction(50), "female": Fraction("45.5")}.get(sex)
    heights = [o for o in observations if o.kind == "height"]
    before = [o for o in heights if o.at.early <= session.start]
    if base is None or not heights:
        return None
    at = max(o.at.early for o in before) if before else min(o.at.early for o in heights)
    inches = [height_inches(o) for o in heights if o.at.early == at]
    known = [usable(base + Fraction("2.3") * (x - 60), settings) for x in inches if x is not None]
    if len(known) < len(inches) or None in known:
        return None
    return Weight(min(kg for kg in known if kg is not None), max(kg for kg in known if kg is not None))


def height_inches(height: Observation) -> Fraction | None:
    """A charted height in inches, from 60 inches to 250 cm."""
    value, inches = number(height.value), INCHES.get(height.unit.lower().replace(" ", ""))
    if not isinstance(value, Fraction) or inches is None or not 60 <= value * inches <= 250 * INCHES["cm"]:
        return None
    return value * inches


def reference_weight(
    session: Session, orders: dict[str, Order], observations: list[Observation], sex: str, settings: Settings
) -> Weight | None:
    """The weight that doses are judged against; none when the first that exists cannot be used."""
    if settings.text("weight.basis") == "ideal":
        return ideal_weight(session, observations, sex, settings)
    dosing = dosing_weights(session, orders, settings)
    steps = observed_weights(session, observations, settings)
    if dosing:
        chosen = dosing
    else:
        chosen = nearest(steps, settings)
        if any(o.method for step in steps for o in step):  # one of unknown method may have been stated
            chosen += nearest(observed_weights(session, observations, settings, "stated"), settings)
    known = [kg for kg in chosen if kg is not None]
    if len(known) < len(chosen):
        return None
    rivals = [kg for kg in [*dosing, *(observed_kg(o, settings) for step in steps for o in step)] if kg is not None]
    both = [kg for kg in rivals if any(pounds_for_kilograms(kg, own) for own in known)]
    return Weight(min(known + both), max(known + both))


def nearest(steps: list[list[Observation]], settings: Settings) -> list[Fraction | None]:
    """The weights of the first step that has any, at its latest time: different values are bounds; none: there is no weight."""
    first = next((step for step in steps if step), None)
    return [observed_kg(o, settings) for o in first if o.at == first[-1].at] if first else [None]


def pounds_for_kilograms(a: Fraction, b: Fraction) -> bool:
    """Whether two weights differ by about the factor between pounds and kilograms."""
    ratio = max(a, b) / min(a, b)
    return abs(ratio - LB_PER_KG) <= LB_PER_KG * Fraction(3, 100)


def context(
    session: Session, orders: dict[str, Order], procedures: list[Procedure], lost: list[LostOrder | LostProcedure], settings: Settings
) -> str | None:
    """Chronic or postsurgical; none when the orders differ or say another word, or what was kept out may have said either."""
    kept_out = [x for x in lost if isinstance(x, LostOrder)]
    missing = {r.order_in_force for r in session.rows} - {""} - (orders.keys() - {x.order for x in kept_out})
    named = [x for x in kept_out if x.order in missing and x.patient in ("", session.patient)]
    nameless = [x for x in kept_out if missing and not x.order and x.patient == session.patient]
    if named or nameless:
        return None
    ordered = {o.context for o in orders_of(session, orders) if o.context}
    if ordered:
        return ordered.pop() if len(ordered) == 1 and ordered <= {"chronic", "postsurgical"} else None
    window = settings.number("context.postsurgical_window_h") * HOUR
    ends = [p.ended for p in procedures if p.kind == "surgery"]
    inside = [[session.start - window <= at <= session.start for at in (end.early, end.late)] for end in ends]
    if any(all(readings) for readings in inside):
        return "postsurgical"
    if any(any(readings) for readings in inside):
        return None
    first = to_datetime(session.start).date() - timedelta(days=1 + ceil(window / DAY))
    last = to_datetime(session.start).date() + timedelta(days=1)
    operations = [x for x in lost if isinstance(x, LostProcedure) and x.patient == session.patient]
    if any(x.date is None or first <= x.date <= last for x in operations):
        return None
    assumed = settings.text("context.when_unknown")
    return None if assumed == "unknown" else assumed
