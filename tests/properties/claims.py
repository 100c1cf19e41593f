"""What may happen to a patient's verdicts when the rows change in a certain way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from ..support.chart import Row
from ..support.folder import Tables
from ..support.variants import (
    SET_RATE,
    blanked,
    doubled_mg_and_kg,
    iso,
    one_push_raised,
    plain_segments,
    raised,
    shifted,
    split_segments,
    time_of,
    verified,
)
from .judged import Outcome, Sessions

DAY = 86400
UPPER_LIMITS = ("KD-01", "KD-02", "KD-04", "KD-07", "KD-08")
RATES_BY_CONTEXT = ("KD-02", "KD-03", "KD-04", "KD-05")
Broken = tuple[float, str, Outcome | None, Outcome | None]  # start, rule, before, after
Claim = Callable[[Sessions, Sessions], Iterator[Broken]]


def pairs(before: Sessions, after: Sessions, shift: float = 0) -> Iterator[Broken]:
    """Every outcome before with the one after; none where the session is gone."""
    for start, rules in before.items():
        for rule, outcome in rules.items():
            yield start, rule, outcome, after.get(start + shift, {}).get(rule)


def same(shift: float = 0, without: tuple[str, ...] = ()) -> Claim:
    """Nothing changes, except rules that the change may touch."""

    def claim(before: Sessions, after: Sessions) -> Iterator[Broken]:
        if len(before) != len(after):
            yield 0.0, "number of sessions", (len(before),), (len(after),)
        yield from (p for p in pairs(before, after, shift) if p[2] != p[3] and p[1] not in without)

    return claim


def no_acquittal(*rules: str, accuses: str = "") -> Claim:
    """A session keeps its verdict or cannot be judged any more; nothing that could not be judged becomes compliant."""
    allowed = {
        "violation": ("violation", "not_evaluable"),
        "compliant": ("compliant", "not_evaluable", accuses),
        "not_evaluable": ("not_evaluable", "violation", "not_applicable"),
    }

    def claim(before: Sessions, after: Sessions) -> Iterator[Broken]:
        for broken in pairs(before, after):
            old, new = broken[2], broken[3]
            if old is None or new is None or not broken[1].startswith(rules or "K"):
                continue
            if str(old[0]) in allowed and str(new[0]) not in allowed[str(old[0])]:
                yield broken

    return claim


def no_cure(before: Sessions, after: Sessions) -> Iterator[Broken]:
    """A violation of an upper limit stays one."""
    for broken in pairs(before, after):
        old, new = broken[2], broken[3]
        if broken[1] in UPPER_LIMITS and old is not None and old[0] == "violation" and (new is None or new[0] != "violation"):
            yield broken


def no_worse(*rules: str) -> Claim:
    """One more assessment brings no rule nearer to a violation, and no gap grows."""
    better = {"compliant": ("compliant",), "not_evaluable": ("not_evaluable", "compliant"), "not_applicable": ("not_applicable",)}

    def claim(before: Sessions, after: Sessions) -> Iterator[Broken]:
        for broken in pairs(before, after):
            old, new = broken[2], broken[3]
            if broken[1] not in rules or old is None:
                continue
            grown = new is not None and any(x is not None and y is not None and y > x for x, y in zip(old[3:], new[3:], strict=True))  # type: ignore[operator]
            if new is None or grown or str(new[0]) not in better.get(str(old[0]), (new[0],)):
                yield broken

    return claim


@dataclass(frozen=True)
class Property:
    """A change of one patient's rows (none: it does not fit this patient) and what must hold."""

    name: str
    change: Callable[[Tables], Tables | None]
    claim: Claim


def blank(name: str, table: str, fields: tuple[str, ...], where: Callable[[Row], bool], claim: Claim, *, first: bool = True) -> Property:
    """A property of emptied cells."""
    return Property(f"blank {name}", lambda tables: blanked(tables, table, fields, where, first=first), claim)


def is_push(row: Row) -> bool:
    """A push or a demand."""
    return row["event"] in ("bolus", "pca_demand")


def one_demand(row: Row) -> bool:
    """A demand that was, or was not, delivered once."""
    return row["event"] == "pca_demand" and row.get("delivered_count") in ("0", "1")


def sets_rate(row: Row) -> bool:
    """A row that sets a rate other than zero."""
    return row["event"] in SET_RATE and row.get("rate") != "0"


def charted_by_staff(row: Row) -> bool:
    """A drug that no form tells of: a form counts without dates."""
    return row.get("origin") in (None, "record")


def failed(row: Row) -> bool:
    """A drug that failed or was not tolerated."""
    return row.get("outcome") in ("failed", "not_tolerated")


def without_weights(tables: Tables) -> Tables | None:
    """No weight of the patient anywhere; none when a rate per kg is judged as charted without one."""
    if any("/kg" in r.get("rate_unit", "").lower().replace(" ", "") for r in tables.get("administration", [])):
        return None
    kept = [r for r in tables.get("observation", []) if r["kind"] != "weight"]
    orders = [{k: v for k, v in r.items() if not k.startswith("dosing_weight")} for r in tables.get("medication_order", [])]
    return {**tables, "observation": kept, "medication_order": orders}


def without_concentrations(tables: Tables) -> Tables:
    """No concentration of the patient anywhere."""
    strip = ("medication_order", "administration")
    return {
        n: [{k: v for k, v in r.items() if n not in strip or not k.startswith("concentration")} for r in rows] for n, rows in tables.items()
    }


def without_last_stop(tables: Tables) -> Tables | None:
    """The last row of a line that lasts longer than a bolus, without its stop."""
    rows = tables.get("administration", [])
    for row in plain_segments(tables):
        start, stop = time_of(row, "started_at"), time_of(row, "stopped_at")
        if start is None or stop is None or (stop - start).total_seconds() <= 900:
            continue
        times = [time_of(r, "started_at") for r in rows if r is not row]
        if all(t is not None and t <= start for t in times):
            return {**tables, "administration": [{**r, "stopped_at": ""} if r is row else r for r in rows]}
    return None


def with_last_lost(tables: Tables, *events: str) -> Tables | None:
    """The last row of some kind with a time that nobody can read."""
    rows = [r for r in tables.get("administration", []) if r.get("route") == "iv" and r.get("product") == "ketamine"]
    times = [(time_of(r, "started_at"), r) for r in rows if r["event"] in ("bolus", *SET_RATE)]
    known = sorted(((t, r) for t, r in times if t is not None), key=lambda x: x[0])
    if len(known) < 2 or known[-1][0] == known[0][0] or known[-1][1]["event"] not in events:
        return None
    last = known[-1][1]
    return {**tables, "administration": [{**r, "started_at": "soon"} if r is last else r for r in tables["administration"]]}


def assessed_more(tables: Tables, seconds: int) -> Tables | None:
    """One more normal assessment of every kind that a rule asks for, some time after the first delivery or the last."""
    times = [t for r in tables.get("administration", []) for n in ("started_at", "stopped_at") if (t := time_of(r, n)) is not None]
    if not times:
        return None
    at = (min(times) if seconds < 1800 else max(times)) + timedelta(seconds=seconds % 1800)
    patient = tables["administration"][0]["patient_id"]
    new = [
        {"patient_id": patient, "kind": kind, "value": value, "unit": unit, "effective_at": iso(at)}
        for kind, value, unit in (("rass", "0", ""), ("spo2", "97", "%"), ("respiratory_rate", "14", "/min"))
    ]
    return {**tables, "observation": [*tables.get("observation", []), *new]}


def without(tables: Tables, table: str) -> Tables | None:
    """All rows of a table gone."""
    return {**tables, table: []} if tables.get(table) else None


WATCHED = ("KM-01", "KM-02", "KM-11", "KM-12", "KM-21", "KM-22")
ACTED_ON = ("KM-04", "KM-05")


PROPERTIES = [
    Property("shift by a day", lambda t: shifted(t, 1), same(DAY)),
    Property("shift by four weeks", lambda t: shifted(t, 28), same(28 * DAY)),
    Property("double mg and kg", doubled_mg_and_kg, same(without=("KD-06", "KD-09", "KR-01"))),
    Property("split segments in two", lambda t: split_segments(t, 2), same()),
    Property("split segments in three", lambda t: split_segments(t, 3), same()),
    Property("verify rates", verified, same()),
    Property("raise every dose", raised, no_cure),
    Property("raise one push", one_push_raised, no_cure),
    blank("dose", "administration", ("dose", "volume_ml"), is_push, no_acquittal()),
    blank("dose unit", "administration", ("dose_unit",), is_push, no_acquittal()),
    blank("rate", "administration", ("rate",), sets_rate, no_acquittal()),
    blank("rate unit", "administration", ("rate_unit",), sets_rate, no_acquittal()),
    blank("all rates", "administration", ("rate", "rate_unit"), sets_rate, no_acquittal(), first=False),
    blank("delivered count", "administration", ("delivered_count",), one_demand, no_acquittal()),
    blank("discharge", "encounter", ("ended_at",), lambda _: True, no_acquittal(), first=False),
    blank("context", "medication_order", ("context",), lambda _: True, same(without=(*RATES_BY_CONTEXT, "KS-01")), first=False),
    Property("blank weights", without_weights, no_acquittal()),
    Property("blank concentrations", without_concentrations, no_acquittal()),
    blank("end-tidal unit", "observation", ("unit",), lambda r: r["kind"] == "etco2", no_acquittal(), first=False),
    blank("assessment", "observation", ("value",), lambda r: r["kind"] != "weight", no_acquittal(accuses="violation")),
    blank("assessment time", "observation", ("effective_at",), lambda r: r["kind"] != "weight", no_acquittal(accuses="violation")),
    blank("action time", "intervention", ("performed_at",), lambda _: True, no_acquittal(*ACTED_ON), first=False),
    blank("action", "intervention", ("kind",), lambda _: True, no_acquittal(*ACTED_ON), first=False),
    Property("no actions", lambda t: without(t, "intervention"), no_acquittal(*ACTED_ON, accuses="violation")),
    Property("no assessments", lambda t: without(t, "observation"), no_acquittal(*WATCHED, "KM-03", accuses="violation")),
    Property("one more assessment soon", lambda t: assessed_more(t, 17 * 60), no_worse(*WATCHED)),
    Property("one more assessment in recovery", lambda t: assessed_more(t, 1800 + 11 * 60), no_worse(*WATCHED)),
    Property("blank last stop", without_last_stop, no_acquittal()),
    blank("days of supply", "medication", ("days_supply",), lambda _: True, no_acquittal("KS-01"), first=False),
    blank("starts of drugs", "medication", ("started_at",), charted_by_staff, no_acquittal("KS-01"), first=False),
    blank("drug class", "medication", ("drug_class",), lambda _: True, no_acquittal("KS-01")),
    blank("failures", "medication", ("outcome",), failed, no_acquittal("KS-01", accuses="violation"), first=False),
    blank("reviews", "intervention", ("performed_at",), lambda _: True, no_acquittal("KS-02"), first=False),
    blank("pain scores", "observation", ("value",), lambda r: r["kind"] == "pain_nrs", no_acquittal("KO-01"), first=False),
    blank("stock amount", "stock", ("amount",), lambda _: True, no_acquittal("KR-")),
    blank("stock unit", "stock", ("unit",), lambda _: True, no_acquittal("KR-")),
    blank("who wasted", "stock", ("user_id",), lambda r: r["action"] == "waste", no_acquittal("KR-"), first=False),
    blank("witness", "stock", ("witness_id",), lambda _: True, no_acquittal("KR-", accuses="violation")),
    # A lost row may have ended an earlier one, so what is left can look like more than was given.
    Property("lose the last push", lambda t: with_last_lost(t, "bolus"), no_acquittal("KD-01", "KD-07", "KD-08", accuses="violation")),
    Property(
        "lose the last infusion",
        lambda t: with_last_lost(t, *SET_RATE),
        no_acquittal(*RATES_BY_CONTEXT, "KD-07", "KD-08", accuses="violation"),
    ),
]
