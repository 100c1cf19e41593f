"""Deliveries of one patient grouped into sessions."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from .amounts import Charting
from .coverage import Coverage
from .lines import Line, Segment
from .rows import Administration
from .settings import Settings
from .units import UNKNOWN, ZERO, Amount, total


@dataclass(frozen=True, eq=False)
class Push:
    """A dose at one time."""

    line: Line
    start: Fraction
    end: Fraction
    amount: Amount
    perhaps: bool
    row: Administration

    @property
    def latest(self) -> Fraction:
        """The latest instant at which it may have been given."""
        return self.row.start.late

    @property
    def begun(self) -> Fraction:
        """The latest instant at which it may have begun."""
        return self.row.start.late

    @property
    def done(self) -> Fraction:
        """The latest instant at which any of it may have been given, as far as the row charts a stop."""
        return max(self.latest, self.row.stop.late if self.row.stop else self.latest)

    @property
    def timed(self) -> bool:
        """Whether its times are each one instant."""
        times = (self.row.start, self.row.stop)
        return all(t is None or t.early == t.late for t in times)


@dataclass(frozen=True, eq=False)
class Demand:
    """What KD-06 judges: the mg of one demand and whether it was delivered (none: cannot be told)."""

    mg: Amount
    delivered: bool | None


@dataclass(frozen=True, eq=False)
class Pca:
    """PCA doses that were delivered together: one demand row, or a total with the demands inside its period."""

    line: Line
    start: Fraction
    end: Fraction
    amount: Amount
    demands: tuple[Demand, ...]
    rows: tuple[Administration, ...]

    @property
    def latest(self) -> Fraction:
        """The latest instant at which any of it may have been given."""
        row = self.rows[0]
        return max(self.end, row.start.late, row.stop.late if row.stop and row.event == "pca_total" else row.start.late)

    @property
    def begun(self) -> Fraction:
        """The latest instant at which its period may have begun."""
        return self.rows[0].start.late

    @property
    def done(self) -> Fraction:
        """The latest instant at which any of it may have been given."""
        return self.latest


@dataclass(frozen=True, eq=False)
class Reading:
    """A pump's cumulative total for a line."""

    line: Line
    at: Fraction
    amount: Amount
    row: Administration


def pushes(rows: list[Administration], charting: Charting) -> list[Push]:
    """The pushes among the rows; one of nothing, in whatever unit, is none."""
    result: list[Push] = []
    for row in rows:
        if row.is_push and (row.volume if row.dose is None else row.dose) != 0:
            start = row.start.early
            end = row.stop.early if row.stop and row.stop.early > start else start
            result.append(Push(row.line_key, start, end, charting.given_dose(row), row.perhaps, row))
    return result


def demand_of(row: Administration, charting: Charting) -> Pca:
    """The doses of one `pca_demand` row."""
    mg = charting.dose(row)
    known = isinstance(row.count, Fraction)
    amount = mg * row.count if isinstance(row.count, Fraction) else mg.perhaps()
    delivered = row.count != 0 if known and not row.perhaps else None
    if row.count == 0:
        delivered = False
    start = row.start.early
    return Pca(row.line_key, start, start, amount.perhaps() if row.perhaps else amount, (Demand(mg, delivered),), (row,))


def total_of(row: Administration, charting: Charting) -> Pca:
    """The doses of one `pca_total` row; a count that contradicts the total leaves both as bounds."""
    dose, charted = charting.dose(row), charting.milligrams(row, row.total_dose, row.total_dose_unit)
    counted = dose * row.count if isinstance(row.count, Fraction) and row.dose is not None else None
    amount = charted if row.total_dose is not None else counted if counted is not None else UNKNOWN
    contradicts = row.total_dose is not None and counted is not None and counted != charted
    if contradicts and counted is not None:
        amount = amount.either(counted)
    delivered = True if amount.low > 0 else False if amount == ZERO else None
    judged = UNKNOWN if contradicts else dose
    start = row.start.early
    end = row.stop.early if row.stop and row.stop.early > start else start
    if row.perhaps:
        amount, delivered = amount.perhaps(), None if delivered else delivered
    return Pca(row.line_key, start, end, amount, (Demand(judged, delivered),), (row,))


def pca(rows: list[Administration], charting: Charting) -> list[Pca]:
    """PCA doses; what demands delivered inside the period of a total of the same order and line is the same drug."""
    totals = [total_of(r, charting) for r in rows if r.event == "pca_total"]
    demands = [demand_of(r, charting) for r in rows if r.event == "pca_demand"]
    result: list[Pca] = []
    for period in totals:
        row = period.rows[0]
        same = [d for d in demands if (d.line, d.rows[0].group_key) == (period.line, row.group_key) and d.amount != ZERO]
        inside = [d for d in same if period.start <= d.start < period.end]
        demands = [d for d in demands if d not in inside]
        if inside:
            amount = period.amount.either(total([d.amount for d in inside]))
            judged = period.demands + tuple(x for d in inside for x in d.demands)
            period = replace(period, amount=amount, demands=judged, rows=period.rows + tuple(x for d in inside for x in d.rows))
        result.append(period)
    return result + demands


@dataclass(eq=False)
class Session:
    """Deliveries of one patient with no long interruption between them."""

    patient: str
    start: Fraction
    pushes: list[Push] = field(default_factory=lambda: [])
    segments: list[Segment] = field(default_factory=lambda: [])
    pca: list[Pca] = field(default_factory=lambda: [])
    readings: list[Reading] = field(default_factory=lambda: [])
    earlier_readings: dict[Line, Reading] = field(default_factory=lambda: {})
    lone_readings: list[Reading] = field(default_factory=lambda: [])
    department: str = ""
    administrations: Coverage | None = None  # what the table covers; none: everything
    lost_kinds: set[str | None] = field(default_factory=lambda: set())
    lost_events: set[str] = field(default_factory=lambda: set())  # of the rows that were kept out; empty where unreadable
    set_rows: list[Administration] = field(default_factory=lambda: [])  # all rows of the patient that set, pause or stop a rate

    @property
    def rows(self) -> list[Administration]:
        """All source rows of the deliveries, the first delivered first."""
        timed = [(p.start, p.row) for p in self.pushes]
        timed += [(s.start, r) for s in self.segments for r in s.rows]
        timed += [(p.start, r) for p in self.pca for r in p.rows]
        timed += [(r.at, r.row) for r in self.lone_readings]
        return [row for _, row in sorted(timed, key=lambda x: x[0])]

    def ends(self) -> tuple[Fraction, Fraction | None]:
        """The proven and the possible end (none: unbounded)."""
        fixed = [p.end for p in self.pushes] + [p.end for p in self.pca if p.amount != ZERO] + [r.at for r in self.lone_readings]
        low = max(fixed + [s.proven.end or s.proven.start for s in self.segments], default=self.start)
        high = [low, *(s.possible.end for s in self.segments)]
        return low, None if any(end is None for end in high) else max(end for end in high if end is not None)

    @property
    def delivery_lost(self) -> bool:
        """Whether a row was kept out that may have been a delivery: the session may have begun earlier or ended later."""
        return bool(self.lost_events - {"rate_verify", "pause", "stop"})

    @property
    def pause_lost(self) -> bool:
        """Whether a row was kept out that may have begun a pause."""
        return bool(self.lost_events - {"bolus", "infusion", "rate_verify", "pca_demand", "pca_total", "infused_total"})

    def lost(self, kind: str) -> bool:
        """Whether a row of this kind (or of an unreadable kind) was kept out."""
        return kind in self.lost_kinds or None in self.lost_kinds


def sessions(
    patient: str, pushed: list[Push], segments: list[Segment], pumped: list[Pca], readings: list[Reading], settings: Settings
) -> list[Session]:
    """Split the deliveries of one patient where nothing was delivered for more than the session gap."""
    lines_with_segments = {s.line for s in segments}
    timed: list[tuple[Fraction, Fraction, Push | Segment | Pca | Reading]] = []
    timed += [(p.start, p.end, p) for p in pushed]
    timed += [(s.start, s.possible.end or s.proven.end or s.start, s) for s in segments if not s.rate.is_zero]
    timed += [(p.start, p.end, p) for p in pumped if p.amount != ZERO]
    timed += [(r.at, r.at, r) for r in readings if r.line not in lines_with_segments and r.amount != ZERO]
    result: list[Session] = []
    end = Fraction(0)
    for start, until, item in sorted(timed, key=lambda x: x[0]):
        if not result or start - end > settings.minutes("session.gap_min"):
            result.append(Session(patient, start))
            end = until
        end = max(end, until)
        session = result[-1]
        match item:
            case Push():
                session.pushes.append(item)
            case Segment():
                session.segments.append(item)
            case Pca():
                session.pca.append(item)
            case Reading():
                session.lone_readings.append(item)
    assign_readings(result, readings)
    return result


def assign_readings(found: list[Session], readings: list[Reading]) -> None:
    """Give each pump reading to the last session that began before it, and remember the one before on the line."""
    for reading in sorted(readings, key=lambda r: r.at):
        owners = [s for s in found if s.start <= reading.at]
        if owners:
            owners[-1].readings.append(reading)
    latest: dict[Line, Reading] = {}
    for session in found:
        session.earlier_readings = dict(latest)
        latest.update({r.line: r for r in session.readings})
