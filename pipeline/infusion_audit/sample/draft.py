"""One session as it is planned: what is really given, and therefore what an audit has to find.

The plan is the truth. Charting writes it down, a planted fault changes the plan or the charting, and `truth` always
follows from the plan, in exact fractions, never from reading the charted rows back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from infusion_audit.sample.clinic import Patient, Visit
from infusion_audit.sample.tables import Row

BOLUS_LIMIT = Fraction(35, 100)
RATE_LIMITS = {"chronic": (Fraction(1, 2), Fraction(1)), "postsurgical": (Fraction(6, 100), Fraction(12, 100))}
RATE_RULES = {"chronic": ("KD-03", "KD-02"), "postsurgical": ("KD-05", "KD-04")}
DEMAND_LIMITS = (1, 5)
VIOLATION, NOT_EVALUABLE = "violation", "not_evaluable"


@dataclass(slots=True)
class Push:
    at: int
    mg: Fraction
    times: int = 1


@dataclass(slots=True)
class Step:
    """A set rate from `at` until the next step or the stop, as an exact mg/h and as it is charted."""

    at: int
    mg_per_h: Fraction
    rate: str
    unit: str


@dataclass(slots=True)
class Demand:
    at: int
    mg: Fraction
    delivered: bool


@dataclass(slots=True)
class Draft:
    """The plan of a session (offsets in seconds from its start) and the rows that chart it."""

    patient: Patient
    visit: Visit
    key: str
    kg: Fraction
    weight_mode: str
    context: str
    # the regimen
    style: str = "segments"
    pushes: list[Push] = field(default_factory=list[Push])
    boluses: list[Fraction] | None = None
    steps: list[Step] = field(default_factory=list[Step])
    stop: int = 0
    pause: tuple[int, int] | None = None
    loading: bool = False
    demands: list[Demand] = field(default_factory=list[Demand])
    pca_style: str = ""
    concentration: Fraction | None = None
    pump_kg: Fraction | None = None
    given_otherwise_mg: Fraction = Fraction(0)
    # what can be known of it, where that is less than the plan (None: no bound), and what became of the stock
    total_bounds: tuple[Fraction, Fraction | None] | None = None
    lasted: tuple[int, Fraction | int | None] | None = None
    pca_period: int = 0
    end_open: bool = False
    last_possible_end: int = 0
    scored_at: list[int] = field(default_factory=list[int])
    spoil_stock: Callable[[Draft], None] | None = None
    dispensed_mg: Fraction = Fraction(0)
    removed_mg: Fraction = Fraction(0)
    stock_unknown: bool = False
    lost_stock: bool = False
    # the rows
    order: Row = field(default_factory=dict[str, "str | int"])
    encounter: Row = field(default_factory=dict[str, "str | int"])
    rows: dict[str, list[Row]] = field(default_factory=dict[str, "list[Row]"])
    observations: list[list[str | int]] = field(default_factory=list["list[str | int]"])
    grid: list[int] = field(default_factory=list[int])
    truth: dict[str, str] = field(default_factory=dict[str, str])

    # -------- what is given

    @property
    def start(self) -> int:
        return self.visit.start

    @property
    def end(self) -> int:
        """The last planned delivery."""
        offsets = [self.stop, *[push.at for push in self.pushes], *[one.at for one in self.demands]]
        return self.start + max(offsets)

    def pieces(self) -> list[tuple[int, int, Fraction]]:
        """The infusion as (from, to, mg/h), pauses cut out."""
        if not self.steps:
            return []
        ends = [step.at for step in self.steps[1:]] + [self.stop]
        result: list[tuple[int, int, Fraction]] = []
        for step, end in zip(self.steps, ends, strict=True):
            if self.pause and step.at < self.pause[0] < end:
                result += [(step.at, self.pause[0], step.mg_per_h), (self.pause[1], end, step.mg_per_h)]
            else:
                result.append((step.at, end, step.mg_per_h))
        return result

    def infused_mg(self, until: int | None = None) -> Fraction:
        """What the infusion gives, all of it or up to an offset."""
        cut = self.stop if until is None else until
        return sum((rate * (min(to, cut) - since) / 3600 for since, to, rate in self.pieces() if since < cut), Fraction(0))

    def pushed_mg(self) -> Fraction:
        return sum((push.mg * push.times for push in self.pushes), Fraction(0))

    def total_mg(self) -> Fraction:
        demanded = sum((one.mg for one in self.demands if one.delivered), Fraction(0))
        return self.infused_mg() + self.pushed_mg() + demanded + self.given_otherwise_mg

    def bolus_mg(self) -> list[Fraction]:
        """Each bolus as it counts: pushes that merge are planned as one in `boluses`."""
        if self.boluses is not None:
            return self.boluses
        loading = [rate * (to - since) / 3600 for since, to, rate in self.pieces()[:1]] if self.loading else []
        return [push.mg for push in self.pushes] + loading

    def maintenance(self) -> list[tuple[int, int, Fraction]]:
        return self.pieces()[1:] if self.loading else self.pieces()

    # -------- what an audit has to find (see truth)

    def undecided(self, *rules: str) -> None:
        """These cannot be decided, unless the part that is known already violates."""
        for rule in rules:
            self.truth.setdefault(rule, NOT_EVALUABLE)

    def violated(self, *rules: str) -> None:
        for rule in rules:
            self.truth[rule] = VIOLATION

    def total_between(self, low: Fraction, high: Fraction | None) -> None:
        """The session total is uncertain (None: without bound): what is decided where both bounds agree."""
        self.total_bounds = low, high
        self.truth.pop("KD-07", None)
        if low > self.kg:
            self.truth["KD-07"] = VIOLATION
        elif high is None or high > self.kg:
            self.truth["KD-07"] = NOT_EVALUABLE

    @property
    def rate_rules(self) -> tuple[str, ...]:
        return RATE_RULES[self.context] if self.maintenance() else ()

    @property
    def per_kg_rules(self) -> tuple[str, ...]:
        """The rules that need a weight and concern this session."""
        return (*(("KD-01",) if self.bolus_mg() else ()), *self.rate_rules, "KD-07")

    # -------- rows

    def add(self, table: str, **cells: str | int) -> Row:
        row: Row = {"patient_id": self.patient.patient_id, "encounter_id": f"E{self.key}", **cells}
        self.rows.setdefault(table, []).append(row)
        return row

    def record(self, table: str, **cells: str | int) -> Row:
        """A row about the patient that belongs to no encounter."""
        row: Row = {"patient_id": self.patient.patient_id, **cells}
        self.rows.setdefault(table, []).append(row)
        return row

    def chart(self, event: str, at: int, **cells: str | int) -> Row:
        """An administration row at an offset from the start, charted in the MAR unless said otherwise."""
        return self.add(
            "administration",
            **{
                "administration_id": f"A{self.key}-{len(self.rows.get('administration', ())) + 1:02d}",
                "order_id": f"O{self.key}",
                "line_id": f"L{self.key}",
                "source": "mar",
                "event": event,
                "product": "ketamine",
                "route": "iv",
                "started_at": self.start + at,
                "status": "completed",
                **cells,
            },
        )

    def charted(self, *events: str) -> list[Row]:
        return [row for row in self.rows["administration"] if row["event"] in events]

    def observe(
        self, kind: str, value: str, at: int, unit: str = "", method: str = "", *, laterality: str = "", upper_limit: str = ""
    ) -> None:
        """An observation at an instant; one made outside the visit belongs to no encounter."""
        self.observations.append([kind, value, unit, method, laterality, upper_limit, at, at + 90])

    def score_pain(self, score: int, at: int) -> None:
        self.observe("pain_nrs", str(score), at)
        self.scored_at.append(at)

    def forget_pain(self, since: int, until: int) -> None:
        self.drop_observations(("pain_nrs",), since, until)
        self.scored_at = [at for at in self.scored_at if not since <= at <= until]

    def drop_observations(self, kinds: Iterable[str], since: int, until: int) -> None:
        """Forget the observations of these kinds from one instant to another, both included."""
        gone = frozenset(kinds)
        self.observations = [row for row in self.observations if row[0] not in gone or not since <= int(row[6]) <= until]


def exact(number: Fraction | int) -> str:
    """A number with a finite decimal expansion, written in full."""
    scaled = Fraction(number) * 1_000_000
    assert scaled.denominator == 1, "only finite decimals can be charted"
    whole, rest = divmod(scaled.numerator, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
