"""What each row charted becomes milligrams and milligrams per hour: concentration, pump weight, conversion."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce

from .rows import Administration, Order
from .units import UNKNOWN, ZERO, Amount, Cell, amount_unit, exactly, kilograms, mg_per_ml, rate_unit, unit_parts


@dataclass(frozen=True)
class Charted:
    """A rate as the row holds it, with what its conversion needs."""

    value: Fraction
    unit: tuple[str, ...]
    concentration: Amount | None
    pump_weight: Fraction | None

    def is_like(self, other: "Charted") -> bool:
        """Whether two charted rates differ in nothing but their value."""
        mine = (self.unit, self.concentration, self.pump_weight)
        return self.unit != ("",) and mine == (other.unit, other.concentration, other.pump_weight)


@dataclass(frozen=True)
class Rate:
    """A set rate: what is known in mg/h, and a part that is only known per kg because no pump weight is charted."""

    mg_per_h: Amount
    per_kg_h: Fraction = Fraction(0)
    charted: Charted | None = field(default=None, compare=False)

    @property
    def is_zero(self) -> bool:
        """Whether nothing can have been delivered at this rate."""
        return self.mg_per_h == ZERO and self.per_kg_h == 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.mg_per_h + other.mg_per_h, self.per_kg_h + other.per_kg_h)

    def either(self, other: "Rate") -> "Rate":
        """The bounds when one of the two rates is true."""
        if self == other:
            return self
        if self.per_kg_h or other.per_kg_h:
            return Rate(UNKNOWN)
        return Rate(self.mg_per_h.either(other.mg_per_h))

    def is_same(self, other: "Rate") -> bool:
        """Whether two rates are known to be one: equal in mg/h, or charted alike with what is unknown about them."""
        if self.charted and other.charted and self.charted.is_like(other.charted):
            return self.charted.value == other.charted.value
        return self == other and self.mg_per_h.high is not None

    def is_below(self, other: "Rate") -> bool | None:
        """Whether this rate is lower than another; none when that cannot be told."""
        if self.charted and other.charted and self.charted.is_like(other.charted):
            return self.charted.value < other.charted.value
        if self.per_kg_h or other.per_kg_h:
            comparable = self.mg_per_h == ZERO == other.mg_per_h
            return self.per_kg_h < other.per_kg_h if comparable else None
        if self.mg_per_h.high is not None and self.mg_per_h.high < other.mg_per_h.low:
            return True
        return False if other.mg_per_h.high is not None and self.mg_per_h.low >= other.mg_per_h.high else None

    def over(self, hours: Fraction) -> Amount:
        """The milligrams delivered in a time."""
        if hours == 0:
            return ZERO
        return self.mg_per_h * hours + (UNKNOWN if self.per_kg_h else ZERO)


class Charting:
    """Resolves what a row leaves to its line and its order."""

    def __init__(self, rows: list[Administration], orders: dict[str, Order]) -> None:
        self.rows = rows
        self.orders = orders

    def earlier_on_line(self, row: Administration, charted: Callable[[Administration], bool]) -> Administration | None:
        """The row itself when it charts something, else the latest earlier row of its line that does."""
        if charted(row):
            return row
        earlier = [r for r in self.rows if r.line_key == row.line_key and r.start.early < row.start.early and charted(r)]
        return max(earlier, key=lambda r: r.start.early, default=None)

    def concentration(self, row: Administration) -> Amount | None:
        """The concentration in mg/mL with both bounds when row (or line) and order disagree; none when unknown."""
        order = self.orders.get(row.order_in_force)
        ordered = mg_per_ml(order.concentration, order.concentration_unit) if order else None
        of_bag = self.earlier_on_line(row, lambda r: r.concentration is not None and not r.is_push)
        of_syringe = self.earlier_on_line(row, lambda r: r.concentration is not None and r.is_push)
        may_be_pushed = row.is_push or row.kind == "total"
        sources = [row] if row.concentration is not None else [of_bag, of_syringe] if may_be_pushed else [of_bag]
        charted = [mg_per_ml(r.concentration, r.concentration_unit) for r in sources if r is not None]
        if any(c is None for c in charted):
            return None
        candidates = [exactly(c) for c in [*charted, ordered] if c is not None]
        return reduce(Amount.either, candidates) if candidates else None

    def pump_weight(self, row: Administration) -> Fraction | None:
        """The weight that the pump was programmed with, or the order's dosing weight in its place."""
        source = self.earlier_on_line(row, lambda r: r.pump_weight is not None)
        if source is not None:
            return kilograms(source.pump_weight, source.pump_weight_unit)
        order = self.orders.get(row.order_in_force)
        return kilograms(order.dosing_weight, order.dosing_weight_unit) if order else None

    def milligrams(self, row: Administration, value: Cell, unit_text: str) -> Amount:
        """A charted amount in mg; nothing is nothing in any unit."""
        if value == 0:
            return ZERO
        unit = amount_unit(unit_text)
        if not isinstance(value, Fraction) or unit is None:
            return UNKNOWN
        if unit.volume:
            concentration = self.concentration(row)
            return UNKNOWN if concentration is None else concentration * (value * unit.factor)
        if unit.per_kg:
            weight = self.pump_weight(row)
            return UNKNOWN if weight is None else exactly(value * unit.factor * weight)
        return exactly(value * unit.factor)

    def dose(self, row: Administration) -> Amount:
        """The dose of a push, a demand or a pump reading: an amount, or a volume when no amount is charted."""
        if row.dose is None and row.volume is not None:
            return self.milligrams(row, row.volume, "mL")
        return self.milligrams(row, row.dose, row.dose_unit)

    def given_dose(self, row: Administration) -> Amount:
        """The dose, from zero when the row may not have been given."""
        return self.dose(row).perhaps() if row.perhaps else self.dose(row)

    def rate(self, row: Administration) -> Rate:
        """The set rate of a row."""
        rate = self.charted_rate(row)
        if row.perhaps:
            return Rate(rate.mg_per_h.perhaps() + (UNKNOWN if rate.per_kg_h else ZERO))
        if not isinstance(row.rate, Fraction):
            return rate
        charted = Charted(row.rate, tuple(unit_parts(row.rate_unit)), self.concentration(row), self.pump_weight(row))
        return replace(rate, charted=charted)

    def charted_rate(self, row: Administration) -> Rate:
        """The set rate of a row, as if it was given."""
        if row.rate == 0:
            return Rate(ZERO)
        unit = rate_unit(row.rate_unit)
        if not isinstance(row.rate, Fraction) or unit is None:
            return Rate(UNKNOWN)
        value = row.rate * unit.factor
        if unit.volume:
            concentration = self.concentration(row)
            return Rate(UNKNOWN if concentration is None else concentration * value)
        if unit.per_kg:
            weight = self.pump_weight(row)
            return Rate(ZERO, per_kg_h=value) if weight is None else Rate(exactly(value * weight))
        return Rate(exactly(value))

    def bag_hours(self, row: Administration) -> Fraction | None:
        """The longest time for which the charted bag volume can have run at the set rate."""
        unit = rate_unit(row.rate_unit)
        if not isinstance(row.volume, Fraction) or not isinstance(row.rate, Fraction) or unit is None or row.rate == 0:
            return None
        if unit.volume:
            return row.volume / (row.rate * unit.factor)
        concentration, rate = self.concentration(row), self.charted_rate(row)
        if concentration is None or concentration.high is None or rate.per_kg_h or rate.mg_per_h.low == 0:
            return None
        return row.volume * concentration.high / rate.mg_per_h.low


@dataclass(eq=False)
class Stretch:
    """Rows of one source, kind, order and encounter with no more than a session's gap between them."""

    rows: list[Administration]
    until: Fraction

    @property
    def first(self) -> Administration:
        """The row that began first."""
        return self.rows[0]

    @property
    def has_delivery(self) -> bool:
        """Whether it set a rate or gave a dose: verifications, pauses and stops alone are none."""
        return any(r.event not in ("rate_verify", "pause", "stop") for r in self.rows)

    @property
    def delivers(self) -> bool:
        """Whether it is not only perhaps that it gave something."""
        doses = [r.perhaps for r in self.rows if r.event not in ("rate_verify", "pause", "stop")]
        return not doses or not all(doses)

    def is_near(self, other: "Stretch", gap: Fraction) -> bool:
        """Whether no more than some time lies between the two; none at all when they overlap."""
        return other.first.start.early - self.until <= gap and self.first.start.early - other.until <= gap

    def may_be(self, pump: "Stretch") -> bool:
        """Whether this stretch of the record is of the order of a pump's, or of none that contradicts it."""
        mine, other = self.first, pump.first
        if reconciled_as(mine) != reconciled_as(other):
            return False
        if mine.order and other.order:
            return mine.order == other.order
        return not mine.encounter or not other.encounter or mine.encounter == other.encounter


def reconciled_as(row: Administration) -> str:
    """The kind within which the sources of a row are reconciled: a reading of the record is its word on the infusion."""
    return "infusion" if row.kind == "total" else row.kind


def ran_until(row: Administration, rows: list[Administration], gap: Fraction) -> Fraction:
    """The stop of a row, else the start of the next one of its line, else as long as a session's gap."""
    if row.stop is not None:
        return max(row.start.early, row.stop.late)
    if row.event in ("pause", "stop", "infused_total"):
        return row.start.early
    line = [r for r in rows if (r.source, r.kind, r.line_key) == (row.source, row.kind, row.line_key)]
    later = [r.start.early for r in line if r.start.early > row.start.early]
    return min(later, default=row.start.early + gap)


def stretches(rows: list[Administration], gap: Fraction) -> list[Stretch]:
    """The rows of each source, kind, order and encounter, apart where nothing was charted for longer than a session's gap."""
    found: list[Stretch] = []
    last: dict[tuple[object, ...], Stretch] = {}
    for row in sorted(rows, key=lambda r: r.start.early):
        key = (row.source, reconciled_as(row), row.group_key, row.encounter)
        until = ran_until(row, rows, gap)
        now = last.get(key)
        if now is None or row.start.early - now.until > gap:
            last[key] = Stretch([row], until)
            found.append(last[key])
        else:
            now.rows.append(row)
            now.until = max(now.until, until)
    return found


def one_source_for_each_kind(rows: list[Administration], gap: Fraction) -> tuple[list[Administration], list[Administration]]:
    """All rows and those that count: not what of the MAR's infusions and PCA repeats the pump's; perhaps what may repeat it."""
    found: dict[int, Administration] = {id(r): r for r in rows}
    dropped: set[int] = set()
    lines_of_pump = {r.line_key for r in rows if r.source == "pump" and r.kind == "infusion"}
    readings = [r for r in rows if r.kind == "total" and r.source == "mar" and r.line_key not in lines_of_pump]
    charted = stretches([r for r in rows if r.kind in ("infusion", "pca") and not r.is_push] + readings, gap)
    # A source that cannot be read may be the record's or the pump's: then nothing is dropped for certain.
    record = [s for s in charted if s.first.source != "pump"]
    for pump in (s for s in charted if s.first.source != "mar" and s.has_delivery):
        others = [s for s in record if s.first.source != pump.first.source]
        beside = [s for s in others if s.may_be(pump) and s.is_near(pump, gap)]
        overlapping = [s for s in beside if s.is_near(pump, Fraction(0))]
        sole = len({s.first.group_key for s in overlapping}) == 1
        for stretch in beside:
            same = stretch.first.group_key == pump.first.group_key
            if same or stretch in overlapping or not overlapping:
                found.update({id(r): replace(found[id(r)], perhaps=True) for r in stretch.rows})
            if "unreadable" not in (pump.first.source, stretch.first.source) and (same or (sole and stretch in overlapping)):
                dropped.update(id(r) for r in stretch.rows if pump.delivers)
        if sole and not pump.first.order and pump.first.source == "pump":
            found.update({id(r): replace(found[id(r)], linked_order=overlapping[0].first.order) for r in pump.rows})
    return list(found.values()), [row for key, row in found.items() if key not in dropped]


def pushes_once(rows: list[Administration], charting: Charting) -> list[Administration]:
    """Drop each MAR push that a pump push of the same amount within 2 minutes repeats."""
    free = [r for r in rows if r.is_push and r.source == "pump"]
    free.sort(key=lambda r: r.start.early)
    kept: list[Administration] = []
    same: dict[int, Administration] = {}
    for row in sorted(rows, key=lambda r: r.start.early):
        twin = None
        if row.is_push and row.source == "mar":
            twin = next((p for p in free if same_push(row, p, charting)), None)
        if twin is None:
            kept.append(row)
        else:
            free.remove(twin)
            same[id(twin)] = row
    found = [joined(r, same[id(r)]) if id(r) in same else r for r in kept]
    return [replace(r, perhaps=True) if may_be_charted_twice(r, rows, charting) else r for r in found]


def may_be_charted_twice(push: Administration, rows: list[Administration], charting: Charting) -> bool:
    """Whether the source of a push cannot be read and another row, of two such an earlier one, may be the same push."""
    if not push.is_push or push.source != "unreadable":
        return False
    place = next((n for n, r in enumerate(rows) if r is push), len(rows))
    others = [r for n, r in enumerate(rows) if r.is_push and (r.source != "unreadable" or n < place)]
    return any(same_push(push, r, charting) for r in others)


def joined(pump: Administration, mar: Administration) -> Administration:
    """The one push that both charted: under the order that either names, and certainly given where either says so."""
    return replace(pump, linked_order=pump.linked_order or mar.order, perhaps=pump.perhaps and mar.perhaps)


def same_push(mar: Administration, pump: Administration, charting: Charting) -> bool:
    """Whether two rows of one order are one push: the same amount, at most 2 minutes apart."""
    amount = charting.dose(mar)
    one_order = mar.order == pump.order or not mar.order or not pump.order
    near = one_order and abs(mar.start.early - pump.start.early) <= 120
    return near and amount.high is not None and amount == charting.dose(pump)
