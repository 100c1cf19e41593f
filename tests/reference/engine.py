"""`judge`: canonical tables of text in, one verdict per session and rule out."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .abnormal import DOMAINS, acted_on
from .amounts import Charting, one_source_for_each_kind, pushes_once
from .beside import beside_of
from .coverage import Coverage
from .dose_rules import capped, highest_rate, kd01, kd06, kd07, lowest_rate
from .floor_rules import kd09, kd10
from .lines import segments_of_patient
from .monitoring import PSYCHOMIMETIC, SEDATION
from .monitoring_rules import km02, km03, monitored
from .monitoring_windows import baseline, recovered
from .outcome_rules import ko01, kr01, kr02
from .rows import (
    Administration,
    Encounter,
    Intervention,
    Lost,
    LostRow,
    Observation,
    Order,
    Procedure,
    TextRow,
    administrations,
    cell,
    encounters,
    interventions,
    lost_observations,
    lost_orders,
    lost_procedures,
    observations,
    orders,
    procedures,
)
from .selection_rules import ks01, ks02
from .sessions import Reading, Session, pca, pushes, sessions
from .settings import Settings
from .times import DAY, local_date
from .totals import largest_window
from .verdicts import NOT_APPLICABLE, VIOLATION, Answer, Facts, Verdict
from .weights import context, reference_weight

OfPatient = TypeVar("OfPatient", Administration, Observation, Procedure, Intervention, Lost)
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
    "KD-09": lambda s, _, p: kd09(s, p),
    "KD-10": lambda s, _, p: kd10(s, p),
    "KM-01": lambda s, f, p: monitored(s, f, p, dict(SEDATION)),
    "KM-02": km02,
    "KM-03": lambda s, f, _: km03(s, f),
    "KO-01": lambda s, f, _: ko01(s, f),
    "KR-01": kr01,
    "KR-02": lambda s, f, _: kr02(s, f),
    "KS-01": ks01,
    "KS-02": ks02,
    "KM-04": lambda s, f, p: acted_on(s, f, p, "KM-04", "sedation"),
    "KM-05": lambda s, f, p: acted_on(s, f, p, "KM-05", "respiratory"),
    "KM-11": lambda s, f, p: baseline(s, f, p, "sedation"),
    "KM-12": lambda s, f, p: baseline(s, f, p, "respiratory"),
    "KM-21": lambda s, f, p: recovered(s, f, p, "sedation"),
    "KM-22": lambda s, f, p: recovered(s, f, p, "respiratory"),
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
    left_out = [*lost_orders(tables.get("medication_order", [])), *lost_procedures(tables.get("procedure", []), zone)]
    coverage = Coverage(manifest, "observation" in tables, zone)
    administered = Coverage(manifest, "administration" in tables, zone, "administration")
    beside = beside_of(tables, manifest, zone, protocol.text("scope.product"))
    done, lost_actions = interventions(tables.get("intervention", []), zone)
    acts = by_patient(done)
    looked_for = {k for d in (*DOMAINS.values(), PSYCHOMIMETIC) for k in d} | {"pain_nrs"}
    unseen = by_patient([*lost_observations(tables.get("observation", []), zone, looked_for), *lost_actions])
    result: list[Verdict] = []
    for patient, given in sorted(by_patient(rows).items()):
        own = {key: order for key, order in ordered.items() if order.patient == patient}
        found = sessions_of_patient(patient, given, own, stays, protocol)
        mine = seen.get(patient, [])
        for session in found:
            mark_lost_rows(session, [x for x in lost if x.patient == patient], zone)
            encounter = next((r.encounter for r in session.rows if r.encounter), "")
            session.department = stays[encounter].department if encounter in stays else ""
            session.administrations = administered
        for session in found:
            facts = Facts(
                weight=reference_weight(session, own, mine, sexes.get(patient, ""), protocol),
                context=context(session, own, operations.get(patient, []), left_out, protocol),
                observations=mine,
                coverage=coverage,
                department=session.department,
                all_sessions=found,
                beside=beside[patient],
                interventions=acts.get(patient, []),
                actions_covered=Coverage(manifest, "intervention" in tables, zone, "intervention"),
                lost=unseen.get(patient, []),
                encounters=stays,
                first_day=local_date(session.start, zone),
            )
            young = is_below_age(births.get(patient, ""), local_date(session.start, zone), protocol.number("scope.age_min"))
            in_force = is_in_force(local_date(session.start, zone), protocol)
            for rule_id, rule in RULES.items():
                answer = Answer(NOT_APPLICABLE) if young or not in_force else rule(session, facts, protocol)
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
    gap = protocol.minutes("session.gap_min")
    rows, counted = one_source_for_each_kind(rows, gap)
    charting = Charting(rows, ordered)
    kept = pushes_once(counted, charting)
    readings = [Reading(r.line_key, r.start.early, charting.dose(r), r) for r in kept if r.event == "infused_total"]
    segments = segments_of_patient(kept, charting, stays, gap)
    found = sessions(patient, pushes(kept, charting), segments, pca(kept, charting), readings, protocol)
    for session in found:
        session.set_rows = [r for r in kept if r.kind == "infusion" and r.event != "rate_verify" and not r.is_zero_length_push]
    return found


def mark_lost_rows(session: Session, lost: list[LostRow], zone: ZoneInfo) -> None:
    """Remember the kinds of the rows that were kept out and may belong to the session."""
    low, high = session.ends()
    first = local_date(session.start, zone) - timedelta(days=1)
    last = local_date(low if high is None else high, zone) + timedelta(days=1)
    near = [row for row in lost if row.date is None or first <= row.date <= last]
    session.lost_kinds = {row.kind for row in near}
    session.lost_events = {row.event for row in near}


def is_below_age(birth: str, on: date, minimum: Fraction) -> bool:
    """Whether the patient was younger than the protocol's scope on a date; an unknown birth date is judged."""
    try:
        born = date.fromisoformat(birth)
    except ValueError:
        return False
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < minimum


def is_in_force(on: date, protocol: Settings) -> bool:
    """Whether the version of the protocol was in force on the day of the session's start; both ends are days in force."""
    return date.fromisoformat(protocol.text("protocol.effective_from")) <= on <= date.fromisoformat(protocol.text("protocol.effective_to"))


def verdict_of(session: Session, rule_id: str, answer: Answer) -> Verdict:
    """The verdict row; one observed value when the bounds agree, or the known part of a violation."""
    low, high = answer.low, answer.high
    observed = low if low == high else None
    if answer.verdict == VIOLATION and observed is None and high is None:
        observed = low
    if answer.verdict == NOT_APPLICABLE:
        low = high = observed = None
    return Verdict(session.patient, session.start, rule_id, answer.verdict, observed, low, high, answer.grade)
