"""`judge`: canonical tables of text in, one verdict per session and rule out."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .amounts import Charting, one_source_for_each_kind, pushes_once
from .dose_rules import capped, highest_rate, kd01, kd06, kd07, lowest_rate
from .lines import segments_of_patient
from .monitoring import SEDATION, Coverage
from .monitoring_rules import km02, km03, monitored
from .rows import (
    Administration,
    Encounter,
    LostRow,
    Observation,
    Order,
    Procedure,
    TextRow,
    administrations,
    cell,
    encounters,
    observations,
    orders,
    procedures,
)
from .sessions import Reading, Session, pca, pushes, sessions
from .settings import Settings
from .times import DAY, local_date
from .totals import largest_window
from .verdicts import NOT_APPLICABLE, VIOLATION, Answer, Facts, Verdict
from .weights import context, reference_weight

OfPatient = TypeVar("OfPatient", Administration, Observation, Procedure)
Rule = Callable[[Session, Facts, Settings], Answer]
RULES: dict[str, Rule] = {
    "KD-01": kd01,
    "KD-02": lambda s, f, p: highest_rate(s, f, p, "KD-02", "chronic"),
    "KD-03": lambda s, f, p: lowest_rate(s, f, p, "KD-03", "chronic"),
    "KD-04": lambda s, f, p: highest_rate(s, f, p, "KD-04", "postsurgical"),
    "KD-05": lambda s, f, p: lowest_rate(s, f, p, "KD-05", "postsurgical"),
    "KD-06": lambda s, _, p: kd06(s, p),
    "KD-07": kd07,
    "KD-08": lambda s, f, p: capped(largest_window(f.all_sessions, s, DAY, p), f, p, "KD-08"),
    "KM-01": lambda s, f, p: monitored(s, f, p, dict(SEDATION)),
    "KM-02": km02,
    "KM-03": lambda s, f, _: km03(s, f),
}


def judge(tables: dict[str, list[TextRow]], settings: dict[str, Any], manifest: dict[str, Any]) -> list[Verdict]:
    """Judge every session of every patient against every rule."""
    protocol = Settings(settings)
    zone = ZoneInfo(str(manifest.get("timezone", "UTC")))
    rows, lost = administrations(tables.get("administration", []), zone, protocol.text("scope.product"))
    ordered, stays = orders(tables.get("medication_order", [])), encounters(tables.get("encounter", []), zone)
    births = {cell(r, "patient_id"): cell(r, "birth_date") for r in tables.get("patient", [])}
    sexes = {cell(r, "patient_id"): cell(r, "sex").lower() for r in tables.get("patient", [])}
    seen = by_patient(observations(tables.get("observation", []), zone))
    operations = by_patient(procedures(tables.get("procedure", []), zone))
    coverage = Coverage(manifest, "observation" in tables, zone)
    result: list[Verdict] = []
    for patient, given in sorted(by_patient(rows).items()):
        found = sessions_of_patient(patient, given, ordered, stays, protocol)
        mine = seen.get(patient, [])
        for session in found:
            mark_lost_rows(session, [x for x in lost if x.patient == patient], zone)
            encounter = next((r.encounter for r in session.rows if r.encounter), "")
            facts = Facts(
                weight=reference_weight(session, ordered, mine, sexes.get(patient, ""), protocol),
                context=context(session, ordered, operations.get(patient, []), protocol),
                observations=mine,
                coverage=coverage,
                department=stays[encounter].department if encounter in stays else "",
                all_sessions=found,
            )
            young = is_below_age(births.get(patient, ""), local_date(session.start, zone), protocol.number("scope.age_min"))
            for rule_id, rule in RULES.items():
                answer = Answer(NOT_APPLICABLE) if young else rule(session, facts, protocol)
                result.append(verdict_of(session, rule_id, answer))
    return result


def by_patient(items: list[OfPatient]) -> dict[str, list[OfPatient]]:
    """Typed rows by patient."""
    result: dict[str, list[OfPatient]] = {}
    for item in items:
        result.setdefault(item.patient, []).append(item)
    return result


def sessions_of_patient(
    patient: str, rows: list[Administration], ordered: dict[str, Order], stays: dict[str, Encounter], protocol: Settings
) -> list[Session]:
    """The sessions of one patient."""
    charting = Charting(rows, ordered)
    kept = pushes_once(one_source_for_each_kind(rows), charting)
    readings = [Reading(r.line_key, r.start.early, charting.given_dose(r), r) for r in kept if r.event == "infused_total"]
    return sessions(patient, pushes(kept, charting), segments_of_patient(kept, charting, stays), pca(kept, charting), readings, protocol)


def mark_lost_rows(session: Session, lost: list[LostRow], zone: ZoneInfo) -> None:
    """Remember the kinds of the rows that were kept out and may belong to the session."""
    low, high = session.ends()
    first = local_date(session.start, zone) - timedelta(days=1)
    last = local_date(low if high is None else high, zone) + timedelta(days=1)
    session.lost_kinds = {row.kind for row in lost if row.date is None or first <= row.date <= last}


def is_below_age(birth: str, on: date, minimum: Fraction) -> bool:
    """Whether the patient was younger than the protocol's scope on a date; an unknown birth date is judged."""
    try:
        born = date.fromisoformat(birth)
    except ValueError:
        return False
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < minimum


def verdict_of(session: Session, rule_id: str, answer: Answer) -> Verdict:
    """The verdict row; one observed value when the bounds agree, or the known part of a violation."""
    low, high = answer.low, answer.high
    observed = low if low == high else None
    if answer.verdict == VIOLATION and observed is None and high is None:
        observed = low
    if answer.verdict == NOT_APPLICABLE:
        low = high = observed = None
    return Verdict(session.patient, session.start, rule_id, answer.verdict, observed, low, high, answer.grade)
