"""Values that call for action, and whether something was done about them in time (KM-04, KM-05)."""

from dataclasses import dataclass
from fractions import Fraction

from .falls import Act, acts
from .monitoring import RESPIRATORY, SEDATION
from .monitoring_rules import has_infusion_row
from .monitoring_windows import each_requirement, minutes
from .rows import ACTIONS, Observation
from .sessions import Session
from .settings import Settings
from .units import number
from .verdicts import COMPLIANT, NOT_APPLICABLE, NOT_EVALUABLE, VIOLATION, Answer, Facts

MMHG_IN_KPA = Fraction("133.322387415") / 1000
UNITS = {
    "respiratory_rate": {"", "/min", "1/min", "min-1", "bpm", "rpm", "breaths/min", "breath/min", "brpm", "{breaths}/min"},
    "spo2": {"", "%", "percent", "pct"},
    "etco2": {"mmhg", "mm[hg]", "torr"},
}
DOMAINS = {"sedation": SEDATION, "respiratory": RESPIRATORY}
Events = list[list[Observation]]


def is_beyond(value: Fraction, threshold: str) -> bool:
    """Whether a value lies beyond a threshold such as ``"< 90"``."""
    comparator, limit = threshold.split()
    bound = Fraction(limit)
    return {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}[comparator]


def is_abnormal(seen: Observation, settings: Settings) -> bool | None:
    """Whether a valid value calls for action; none when its unit leaves that open."""
    value = number(seen.value, signed=True)
    if not isinstance(value, Fraction):
        return False if seen.value.strip().upper() == "S" and seen.kind == "poss" else None  # a text: nobody knows what it says
    threshold = settings.text(f"monitoring.triggers.{seen.kind}")
    if seen.kind in SEDATION:
        return is_beyond(value, threshold)
    unit = seen.unit.lower().replace(" ", "").replace("minute", "min")
    if unit in UNITS[seen.kind]:
        return is_beyond(value, threshold)
    in_kpa = value / MMHG_IN_KPA
    if seen.kind == "etco2" and unit == "kpa":
        return is_beyond(in_kpa, threshold)
    if seen.kind == "etco2" and not unit:
        readings = {is_beyond(value, threshold)} | ({is_beyond(in_kpa, threshold)} if in_kpa <= 120 else set())
        return readings.pop() if len(readings) == 1 else None
    return None


def is_text(seen: Observation) -> bool:
    """Whether its value is no number: what it says is unknown, while a number outside the scale is no assessment."""
    return not isinstance(number(seen.value, signed=True), Fraction)


def is_exact(seen: Observation) -> bool:
    """Whether its time is unambiguous."""
    return seen.at.early == seen.at.late


def is_transient(seen: Observation, series: list[Observation], settings: Settings) -> bool | None:
    """Whether a normal value of the same kind followed shortly after."""
    within = settings.minutes("monitoring.transient_min")
    near = [o for o in series if o.kind == seen.kind and o.at.late > seen.at.early and o.at.early - seen.at.early <= within]
    normal = [(is_abnormal(o, settings), is_exact(o)) for o in near]
    if any(abnormal is False and exact for abnormal, exact in normal):
        return True
    return None if any(abnormal is not True for abnormal, _ in normal) else False


def grouped(values: list[Observation], settings: Settings) -> Events:
    """Values close together are one event."""
    result: Events = []
    for seen in sorted(values, key=lambda o: o.at.early):
        if result and seen.at.early - result[-1][-1].at.early <= settings.minutes("monitoring.one_event_min"):
            result[-1].append(seen)
        else:
            result.append([seen])
    return result


@dataclass(frozen=True)
class Answered:
    """What was done about one event: seconds to the first act that may and that must have been one."""

    ignored: bool | None
    transient: bool | None
    possibly: Fraction | None
    certainly: Fraction | None


@dataclass(frozen=True)
class Judge:
    """Judges the events of one session and domain."""

    session: Session
    facts: Facts
    settings: Settings
    domain: str
    limit: Fraction

    def lost(self, *tables: str) -> bool:
        """Whether a row was kept out that may hold a value of this domain, or an action, of this session."""
        for row in self.facts.lost:
            mine = row.table == "intervention" or not row.kind or row.kind in DOMAINS[self.domain]
            if row.table in tables and mine and self.facts.near(self.session, row):
                return True
        return False

    def covered(self) -> bool:
        """Whether every value of the session and its recovery would have been supplied."""
        high = self.session.ends()[1]
        end = None if high is None else high + self.settings.minutes("monitoring.recovery_min")
        needed = each_requirement(self.domain, self.settings)
        covers = self.facts.coverage.covers
        return all(covers(self.session.start, end, set(tests), self.facts.department, inclusive=True) for tests in needed)

    def answer(self, event: list[Observation], done: list[Act], series: list[Observation]) -> Answered:
        """What was done about one event."""
        start, last = event[0].at.early, event[-1].at.early
        usable = [a for a in done if (a.last is None or a.last >= start) and (not a.natural_end or a.begin - start <= self.limit)]
        possibly = min((max(a.begin - start, Fraction(0)) for a in usable), default=None)
        certainly = min((a.begin - start for a in usable if a.certain and a.begin >= start), default=None)
        each = [is_transient(o, series, self.settings) for o in event]
        transient = False if False in each else None if None in each else True
        ignored: bool | None = None
        if transient or (certainly is not None and certainly <= self.limit):
            ignored = False
        elif transient is False and (possibly is None or possibly > self.limit) and self.nothing_hidden(event, start, last):
            ignored = True
        return Answered(ignored, transient, possibly, certainly)

    def nothing_hidden(self, event: list[Observation], start: Fraction, last: Fraction) -> bool:
        """Whether an act, or a normal repeat, would have been seen."""
        place, feed = self.facts.department, self.facts.actions_covered
        acted = feed is not None and all(feed.covers(start, start + self.limit, {k}, place, inclusive=True) for k in ACTIONS)
        until = last + self.settings.minutes("monitoring.transient_min")
        repeated = all(self.facts.coverage.covers(start, until, self.together_with(o.kind), place, inclusive=True) for o in event)
        return acted and repeated and not self.lost("observation", "intervention") and not self.session.lost("infusion")

    def together_with(self, kind: str) -> set[str]:
        """The kinds that satisfy the same requirement."""
        return next((set(tests) for tests in each_requirement(self.domain, self.settings) if kind in tests), {kind})

    def verdict(self) -> Answer:
        """The worst event decides."""
        tests, low, high = DOMAINS[self.domain], *self.session.ends()
        recovery = self.settings.minutes("monitoring.recovery_min")
        series = [o for o in self.facts.observations if o.kind in tests and (tests[o.kind](o.value) or is_text(o))]
        inside = [o for o in series if o.at.late >= self.session.start and (high is None or o.at.early <= high + recovery)]
        states = [(o, is_abnormal(o, self.settings)) for o in inside]
        sure = [o for o, abnormal in states if abnormal and is_exact(o) and o.at.early <= low + recovery]
        perhaps = [o for o, abnormal in states if abnormal is not False and not any(o is x for x in sure)]
        done = acts(self.session, self.facts, self.settings)
        found = [self.answer(event, done, series) for event in grouped(sure, self.settings)]
        unseen = bool(perhaps) or not self.covered() or self.lost("observation")
        infusion = has_infusion_row(self.session)
        if infusion is False or (not found and not unseen):
            return Answer(NOT_APPLICABLE)
        ignored = [x.ignored for x in found]
        verdict = VIOLATION if infusion and True in ignored else COMPLIANT
        if verdict == COMPLIANT and (not found or not infusion or unseen or None in ignored):
            verdict = NOT_EVALUABLE
        return Answer(verdict, worst([(x.transient, x.possibly) for x in found]), worst([(x.transient, x.certainly) for x in found]))


def worst(times: list[tuple[bool | None, Fraction | None]]) -> Fraction | None:
    """The longest wait in minutes; none when nothing was done, unless nothing had to be."""
    if any(at is None and not transient for transient, at in times):
        return None
    return minutes(max((at for _, at in times if at is not None), default=None))


def acted_on(session: Session, facts: Facts, settings: Settings, rule_id: str, domain: str) -> Answer:
    """Every event was answered in time."""
    return Judge(session, facts, settings, domain, settings.minutes(f"rules.{rule_id}.limit")).verdict()
