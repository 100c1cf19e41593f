"""Text rows become typed rows, and rows that cannot be typed become lost rows."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from .times import Moment, charted_date, moment, ruled_by_entry
from .units import UNREADABLE, Cell, number

TextRow = dict[str, str]
INFUSION_EVENTS = {"infusion", "rate_change", "rate_verify", "pause", "stop"}
KIND_OF = {"bolus": "bolus", "pca_demand": "pca", "pca_total": "pca", "infused_total": "total", "prime": "prime"} | dict.fromkeys(
    INFUSION_EVENTS, "infusion"
)
ROUTES = {"iv", "im", "po", "sc", "in", "epidural"}
GIVEN = {"completed", "in_progress", "stopped"}
LOST = "lost"  # the context of an order that was kept out
NOT_GIVEN = {"not_given", "held", "refused", "entered_in_error"}


def cell(row: TextRow, name: str) -> str:
    """The trimmed text of a cell, empty when the column is missing."""
    return (row.get(name) or "").strip()


def word(row: TextRow, name: str) -> str:
    """The text of a cell that holds one of a list of words."""
    return cell(row, name).lower()


@dataclass(frozen=True, eq=False)
class Administration:
    """One administration row of the protocol's product that was, or may have been, given intravenously."""

    patient: str
    encounter: str
    order: str
    line: str
    source: str
    event: str
    start: Moment
    stop: Moment | None
    dose: Cell
    dose_unit: str
    rate: Cell
    rate_unit: str
    volume: Cell
    concentration: Cell
    concentration_unit: str
    pump_weight: Cell
    pump_weight_unit: str
    count: Cell
    total_dose: Cell
    total_dose_unit: str
    perhaps: bool
    linked_order: str = ""

    @property
    def kind(self) -> str:
        """Bolus, infusion, pca or total."""
        return KIND_OF[self.event]

    @property
    def is_zero_length_push(self) -> bool:
        """An infusion row that starts and stops at one instant and charts a dose is a push."""
        return self.event == "infusion" and self.stop == self.start and self.dose is not None

    @property
    def is_push(self) -> bool:
        """A bolus, or an infusion row of no length with a dose."""
        return self.event == "bolus" or self.is_zero_length_push

    @property
    def order_in_force(self) -> str:
        """The order that the row names, or that of the record which its pump repeats."""
        return self.order or self.linked_order

    @property
    def line_key(self) -> tuple[str, ...]:
        """The line within the patient; rows without one share a line of unknown identity."""
        return ("known", self.line) if self.line else ("unknown", *self.group_key)

    @property
    def group_key(self) -> tuple[str, str]:
        """What the sources of a dose are reconciled within: the order, else the encounter, else the patient."""
        if self.order:
            return ("order", self.order)
        return ("encounter", self.encounter) if self.encounter else ("patient", self.patient)


@dataclass(frozen=True)
class LostRow:
    """A row of a known patient that was kept out and may have been a dose."""

    patient: str
    kind: str | None
    date: date | None
    event: str


def perhaps_given(row: TextRow, product: str) -> bool | None:
    """Whether the row delivered the product by vein: true, false, or none when a cell that decides is unreadable."""
    if (word(row, "product") or "ketamine") != product:
        return False
    route, status = word(row, "route") or "iv", word(row, "status") or "completed"
    if status in NOT_GIVEN or (route in ROUTES and route != "iv"):
        return False
    return True if route == "iv" and status in GIVEN else None


def administrations(rows: list[TextRow], zone: ZoneInfo, product: str) -> tuple[list[Administration], list[LostRow]]:
    """The rows that count as dose, and the lost ones; a repeated row is read once."""
    kept: list[Administration] = []
    lost: list[LostRow] = []
    seen: set[tuple[tuple[str, str], ...]] = set()
    for row in rows:
        key = tuple(sorted((name, cell(row, name)) for name in row if cell(row, name)))
        given = perhaps_given(row, product)
        event = word(row, "event")
        if key in seen or given is False or event == "prime":
            continue
        seen.add(key)
        start = moment(cell(row, "started_at"), zone)
        if start is None or event not in KIND_OF or not cell(row, "administration_id") or not cell(row, "patient_id"):
            if cell(row, "patient_id"):
                date_charted = charted_date(cell(row, "started_at"))
                lost.append(LostRow(cell(row, "patient_id"), KIND_OF.get(event), date_charted, event))
                if event == "infusion":  # it may have been an inferred bolus
                    lost.append(LostRow(cell(row, "patient_id"), "bolus", date_charted, event))
            continue
        kept.append(typed(row, event, start, zone, given is None))
    return kept, lost


def typed(row: TextRow, event: str, start: Moment, zone: ZoneInfo, perhaps: bool) -> Administration:
    """One typed administration row."""
    recorded = moment(cell(row, "recorded_at"), zone)
    stop = moment(cell(row, "stopped_at"), zone)
    return Administration(
        patient=cell(row, "patient_id"),
        encounter=cell(row, "encounter_id"),
        order=cell(row, "order_id"),
        line=cell(row, "line_id"),
        source=(word(row, "source") or "mar") if word(row, "source") in ("pump", "mar", "") else "unreadable",
        event=event,
        start=ruled_by_entry(start, recorded),
        stop=ruled_by_entry(stop, recorded) if stop else None,
        dose=number(cell(row, "dose")),
        dose_unit=cell(row, "dose_unit"),
        rate=number(cell(row, "rate")),
        rate_unit=cell(row, "rate_unit"),
        volume=number(cell(row, "volume_ml")),
        concentration=number(cell(row, "concentration")),
        concentration_unit=cell(row, "concentration_unit"),
        pump_weight=number(cell(row, "pump_weight")),
        pump_weight_unit=cell(row, "pump_weight_unit"),
        count=number(cell(row, "delivered_count")),
        total_dose=number(cell(row, "total_dose")),
        total_dose_unit=cell(row, "total_dose_unit"),
        perhaps=perhaps,
    )


@dataclass(frozen=True)
class Order:
    """What an order says about weight, concentration and context."""

    patient: str
    encounter: str
    context: str
    dosing_weight: Cell
    dosing_weight_unit: str
    concentration: Cell
    concentration_unit: str


def orders(rows: list[TextRow]) -> dict[str, Order]:
    """The orders by identity; of one that several rows tell differently nothing can be used."""
    contents: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for row in rows:
        contents.setdefault(cell(row, "order_id"), set()).add(tuple(sorted((name, cell(row, name)) for name in row if cell(row, name))))
    lost = {key for key, found in contents.items() if len(found) > 1}
    kept_out = {
        cell(row, "order_id"): Order(cell(row, "patient_id"), "", LOST, UNREADABLE, "", UNREADABLE, "")
        for row in rows
        if cell(row, "order_id") in lost
    }
    return kept_out | {
        cell(row, "order_id"): Order(
            patient=cell(row, "patient_id"),
            encounter=cell(row, "encounter_id"),
            context=word(row, "context"),
            dosing_weight=number(cell(row, "dosing_weight")),
            dosing_weight_unit=cell(row, "dosing_weight_unit"),
            concentration=number(cell(row, "concentration")),
            concentration_unit=cell(row, "concentration_unit"),
        )
        for row in rows
        if cell(row, "order_id") not in lost
    }


@dataclass(frozen=True)
class LostOrder:
    """An order that was kept out: its identity and patient, as far as they can be read."""

    order: str
    patient: str


def lost_orders(rows: list[TextRow]) -> list[LostOrder]:
    """The orders without an identity or a patient, and those that are given twice with different contents."""
    contents: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for row in rows:
        contents.setdefault(cell(row, "order_id"), set()).add(tuple(sorted((k, cell(row, k)) for k in row if cell(row, k))))
    lost = [r for r in rows if not cell(r, "order_id") or not cell(r, "patient_id") or len(contents[cell(r, "order_id")]) > 1]
    return [LostOrder(cell(r, "order_id"), cell(r, "patient_id")) for r in lost]


@dataclass(frozen=True)
class Encounter:
    """Where, from when and until when the patient stayed."""

    department: str
    ended: Moment | None
    patient: str = ""
    started: Moment | None = None


def encounters(rows: list[TextRow], zone: ZoneInfo) -> dict[str, Encounter]:
    """The encounters by identity."""
    return {
        cell(row, "encounter_id"): Encounter(
            cell(row, "department"),
            moment(cell(row, "ended_at"), zone),
            cell(row, "patient_id"),
            moment(cell(row, "started_at"), zone),
        )
        for row in rows
    }


@dataclass(frozen=True)
class Observation:
    """One observation of a patient."""

    patient: str
    encounter: str
    kind: str
    value: str
    unit: str
    method: str
    at: Moment


def observations(rows: list[TextRow], zone: ZoneInfo) -> list[Observation]:
    """The observations whose patient, value and time can be read."""
    result: list[Observation] = []
    for row in rows:
        at = moment(cell(row, "effective_at"), zone)
        if at is None or not cell(row, "patient_id") or not cell(row, "value"):
            continue
        at = ruled_by_entry(at, moment(cell(row, "recorded_at"), zone))
        # A method that is no word of the list is unknown, and so is an empty one.
        kind, method = word(row, "kind"), word(row, "method") if word(row, "method") in ("measured", "stated") else ""
        result.append(
            Observation(cell(row, "patient_id"), cell(row, "encounter_id"), kind, cell(row, "value"), cell(row, "unit"), method, at)
        )
    return result


@dataclass(frozen=True)
class Lost:
    """An observation or intervention that was kept out: its kind and its date, as far as they can be read."""

    patient: str
    table: str
    kind: str
    date: date | None


def lost_observations(rows: list[TextRow], zone: ZoneInfo, kinds: set[str]) -> list[Lost]:
    """Observations of kinds that matter (or of no readable kind) without a readable time or without a value."""
    result: list[Lost] = []
    for row in rows:
        kind, at = word(row, "kind"), moment(cell(row, "effective_at"), zone)
        if cell(row, "patient_id") and (not kind or kind in kinds) and (not kind or at is None or not cell(row, "value")):
            result.append(Lost(cell(row, "patient_id"), "observation", kind, charted_date(cell(row, "effective_at"))))
    return result


@dataclass(frozen=True)
class Intervention:
    """One thing that was done for the patient."""

    patient: str
    kind: str
    at: Moment


ACTIONS = {"oxygen", "airway", "rescue_drug", "escalation"}


def interventions(rows: list[TextRow], zone: ZoneInfo) -> tuple[list[Intervention], list[Lost]]:
    """The interventions that answer an abnormal value, and those that may have been one."""
    kept: list[Intervention] = []
    lost: list[Lost] = []
    for row in rows:
        kind, at = word(row, "kind"), moment(cell(row, "performed_at"), zone)
        known = kind in ACTIONS | {"response_review"}
        if known and at is not None:
            kept.append(Intervention(cell(row, "patient_id"), kind, at))
        elif kind != "response_review":
            lost.append(Lost(cell(row, "patient_id"), "intervention", kind if known else "", charted_date(cell(row, "performed_at"))))
    return [x for x in kept if x.kind in ACTIONS], lost


@dataclass(frozen=True)
class Procedure:
    """A procedure and its end."""

    patient: str
    kind: str
    ended: Moment


@dataclass(frozen=True)
class LostProcedure:
    """A procedure that was kept out and may have been the surgery; its date, as far as it can be read."""

    patient: str
    date: date | None


def lost_procedures(rows: list[TextRow], zone: ZoneInfo) -> list[LostProcedure]:
    """The procedures without a readable kind or end, but those of another kind."""
    broken = [r for r in rows if word(r, "kind") not in ("surgery", "other") or moment(cell(r, "ended_at"), zone) is None]
    return [LostProcedure(cell(r, "patient_id"), charted_date(cell(r, "ended_at"))) for r in broken if word(r, "kind") != "other"]


def procedures(rows: list[TextRow], zone: ZoneInfo) -> list[Procedure]:
    """The procedures whose end can be read."""
    ends = [(row, moment(cell(row, "ended_at"), zone)) for row in rows]
    return [Procedure(cell(row, "patient_id"), word(row, "kind"), end) for row, end in ends if end is not None]
