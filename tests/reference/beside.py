"""What the rules on selection, outcome and stock read beside the doses of a patient."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .coverage import Coverage
from .rows import ACTIONS, GIVEN, ROUTES, TextRow, cell, word
from .times import Moment, charted_date, moment
from .units import Cell, amount_unit, number

CLASSES = {"acetaminophen", "nsaid", "opioid", "gabapentinoid", "snri", "tricyclic", "anticonvulsant", "topical"}
OUTCOMES = {"failed", "not_tolerated", "contraindicated", "effective", "unknown"}
Instant = Fraction | None


@dataclass(frozen=True)
class Medication:
    """One drug of the history; times that contradict each other are unknown."""

    drug_class: str
    start: Instant
    end: Instant
    supply_d: Instant
    outcome: str
    origin: str


@dataclass(frozen=True)
class Move:
    """One stock row; mg of none: the unit is no mass."""

    action: str
    mg: Instant
    at: Fraction
    user: str
    witness: str


@dataclass
class Beside:
    """One patient's rows beside the doses, how many rows of each table were lost, and what the tables cover."""

    coverage: dict[str, Coverage]
    medications: list[Medication] = field(default_factory=lambda: [])
    reviews: list[Moment] = field(default_factory=lambda: [])
    lost_reviews: list[date | None] = field(default_factory=lambda: [])
    moves: list[Move] = field(default_factory=lambda: [])
    other_routes: list[Fraction] = field(default_factory=lambda: [])
    lost: dict[str, int] = field(default_factory=lambda: {})

    def lose(self, table: str) -> None:
        """Count a row that cannot be read."""
        self.lost[table] = self.lost.get(table, 0) + 1


def beside_of(tables: dict[str, list[TextRow]], manifest: dict[str, Any], zone: ZoneInfo, product: str) -> "dict[str, Beside]":
    """What each patient has beside the doses."""
    coverage = {t: Coverage(manifest, t in tables, zone, t) for t in ("medication", "intervention", "stock")}
    found = {cell(r, "patient_id"): Beside(coverage) for rows in tables.values() for r in rows}
    readers = {"medication": read_medication, "intervention": read_review, "stock": read_move}
    for table, read in readers.items():
        seen: set[tuple[tuple[str, str], ...]] = set()
        for row in tables.get(table, []):
            key = tuple(sorted((name, cell(row, name)) for name in row if cell(row, name)))
            if key not in seen:
                read(row, found[cell(row, "patient_id")], zone)
            seen.add(key)
    for row in tables.get("administration", []):
        at, route = moment(cell(row, "started_at"), zone), word(row, "route")
        given = (word(row, "status") or "completed") in GIVEN and (word(row, "product") or "ketamine") == product
        if at is not None and given and route in ROUTES - {"iv"}:
            found[cell(row, "patient_id")].other_routes.append(at.early)
    return found


def early(row: TextRow, name: str, zone: ZoneInfo) -> Instant:
    """The instant of a cell, the earlier one where the clocks were set back."""
    found = moment(cell(row, name), zone)
    return found.early if found else None


def known(value: Cell) -> Instant:
    """The number of a cell that can be read."""
    return value if isinstance(value, Fraction) else None


def read_medication(row: TextRow, into: Beside, zone: ZoneInfo) -> None:
    """One medication row; without a readable class it is lost."""
    if word(row, "drug_class") not in CLASSES | {"other"}:
        into.lose("medication")
        return
    start, end = early(row, "started_at", zone), early(row, "ended_at", zone)
    if start is not None and end is not None and end < start:
        start = end = None
    outcome, origin = word(row, "outcome"), word(row, "origin")
    outcome = outcome if outcome in OUTCOMES or not outcome else "unreadable"
    origin = origin if origin in ("record", "form", "") else "unreadable"
    into.medications.append(Medication(word(row, "drug_class"), start, end, known(number(cell(row, "days_supply"))), outcome, origin))


def read_review(row: TextRow, into: Beside, zone: ZoneInfo) -> None:
    """One intervention row; a lost one may have been a review, unless its kind says otherwise."""
    at, kind = moment(cell(row, "performed_at"), zone), word(row, "kind")
    if kind == "response_review" and at is not None:
        into.reviews.append(at)
    elif kind not in ACTIONS:
        into.lost_reviews.append(charted_date(cell(row, "performed_at")))


def read_move(row: TextRow, into: Beside, zone: ZoneInfo) -> None:
    """One stock row."""
    at, amount = early(row, "occurred_at", zone), number(cell(row, "amount"))
    action, unit = word(row, "action"), cell(row, "unit")
    if at is None or amount is None or action not in ("dispense", "waste", "return") or not unit:
        into.lose("stock")
        return
    mass = amount_unit(unit)
    value, mg = known(amount), None
    if value is not None and (value == 0 or (mass and not mass.per_kg and not mass.volume)):
        mg = value * mass.factor if mass else value
    into.moves.append(Move(action, mg, at, cell(row, "user_id"), cell(row, "witness_id")))
