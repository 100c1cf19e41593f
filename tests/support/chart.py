"""A patient's chart under construction: times, numbers and units as a site would write them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

Row = dict[str, str]
Seconds = int
MIN = 60
HOUR = 3600
DAY = 86400


def decimal_text(value: Fraction) -> str:
    """The exact decimal when nine places hold it, else a shorter one close by."""
    scaled = value * 10**9
    places = 9 if scaled.denominator == 1 else 6
    quotient = round(value * 10**places)
    text = f"{Decimal(quotient).scaleb(-places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Clock:
    """How a site writes times."""

    zone: str
    style: str  # "utc" writes Z, "offset" the local offset, "local" neither

    def text(self, at: datetime) -> str:
        """One instant in the site's style."""
        if self.style == "utc":
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        local = at.astimezone(ZoneInfo(self.zone))
        return local.isoformat() if self.style == "offset" else local.replace(tzinfo=None).isoformat(sep=" ")


@dataclass
class Chart:
    """The rows of one patient, with times given in seconds after the patient's first instant."""

    rng: Random
    patient: str
    zero: datetime
    clock: Clock
    kg: Fraction
    tables: dict[str, list[Row]] = field(default_factory=lambda: {})
    encounter: str = ""
    order: str = ""
    line: str = ""
    numbers: int = 0
    moments: list[Seconds] = field(default_factory=lambda: [])  # when a rate was set, halted or reached its stop

    def at(self, seconds: Seconds) -> str:
        """The text of an instant."""
        return self.clock.text(self.zero + timedelta(seconds=seconds))

    def name(self, letter: str) -> str:
        """A new identity within the patient."""
        self.numbers += 1
        return f"{self.patient}-{letter}{self.numbers}"

    def add(self, table: str, /, **cells: str) -> Row:
        """One row of a table; empty cells are left out."""
        row = {"patient_id": self.patient, **{k: v for k, v in cells.items() if v}}
        self.tables.setdefault(table, []).append(row)
        return row

    def give(self, event: str, start: Seconds, stop: Seconds | None = None, /, **cells: str) -> Row:
        """One administration row on the current encounter, order and line."""
        base = {"encounter_id": self.encounter, "order_id": self.order, "line_id": self.line, "source": "mar", "product": "ketamine"}
        base |= {"route": "iv", "status": "completed", "administration_id": self.name("A"), "event": event, "started_at": self.at(start)}
        if stop is not None:
            base["stopped_at"] = self.at(stop)
        if event not in ("bolus", "pca_demand", "pca_total", "rate_verify"):
            self.moments += [start] if stop is None else [start, stop]
        return self.add("administration", **{**base, **cells})

    def observe(self, kind: str, value: str, at: Seconds, /, **cells: str) -> Row:
        """One observation row."""
        return self.add(
            "observation", **{"encounter_id": self.encounter, "kind": kind, "value": value, "effective_at": self.at(at), **cells}
        )

    def pick(self, *options: str) -> str:
        """One of several spellings or values."""
        return self.rng.choice(options)

    def spelled(self, unit: str) -> str:
        """A unit in one of the ways that sites write it."""
        unit = unit.replace("mcg", self.pick("mcg", "ug", "\u00b5g", "\u03bcg"))
        if unit.endswith("/h"):
            unit = unit[:-1] + self.pick("h", "h", "hr", "hour")
        elif unit.endswith("/min"):
            unit = unit[:-3] + self.pick("min", "min", "minute")
        unit = unit.replace("mL", self.pick("mL", "ml", "cc")) if unit.startswith("mL") else unit
        return self.pick(
            unit, unit, unit, unit.upper() if "\u00b5" not in unit and "\u03bc" not in unit else unit, unit.replace("/", " / ")
        )


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """An aware time."""
    return datetime(year, month, day, hour, tzinfo=UTC)
