"""From set-rate rows to segments of an infusion line, each with a proven and a possible extent."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from .amounts import Charting, Rate
from .rows import Administration, Encounter
from .times import HOUR, Moment
from .units import UNKNOWN, ZERO, Amount

Line = tuple[str, ...]


@dataclass(frozen=True)
class Extent:
    """The half-open time in which a segment ran; an end of none is unbounded."""

    start: Fraction
    end: Fraction | None

    @property
    def hours(self) -> Fraction | None:
        """The length in hours."""
        return None if self.end is None else (self.end - self.start) / HOUR


@dataclass(frozen=True, eq=False)
class Segment:
    """A line at one set rate."""

    line: Line
    rate: Rate
    proven: Extent
    possible: Extent
    open: bool
    amount_unknown: bool
    perhaps: bool
    rows: tuple[Administration, ...]

    @property
    def start(self) -> Fraction:
        """The start, the earlier reading when the local time is ambiguous."""
        return min(self.proven.start, self.possible.start)

    def amount(self, since: Fraction | None = None) -> Amount:
        """The milligrams delivered (after an instant)."""
        low = self.rate.over(clipped(self.proven, since).hours or Fraction(0)).low
        hours = clipped(self.possible, since).hours
        if self.amount_unknown or hours is None:
            return Amount(low, None) if not self.amount_unknown else UNKNOWN
        return Amount(low, self.rate.over(hours).high)


def clipped(extent: Extent, since: Fraction | None) -> Extent:
    """What is left of an extent after an instant."""
    if since is None or since <= extent.start:
        return extent
    return Extent(since, None if extent.end is None else max(since, extent.end))


@dataclass(eq=False)
class Setting:
    """One row (or several at one instant) that sets the rate of a line."""

    start: Moment
    rate: Rate
    rows: list[Administration]
    stops: list[Moment] = field(default_factory=lambda: [])
    doubtful: bool = False  # another row may run, or none: this one, or one before it, was perhaps not given
    endless: bool = False  # one of those that may run has no stop
    halted: bool = False  # the row that leaves it open is a pause or a stop

    @property
    def perhaps(self) -> bool:
        """Whether none of its rows was certainly given."""
        return all(r.perhaps for r in self.rows)

    def may_run(self, at: Fraction) -> bool:
        """Whether it runs after an instant if nothing takes its place."""
        if self.perhaps and self.rate.is_zero:
            return False
        return not self.stops or max(s.late for s in self.stops) > at

    @property
    def is_infusion(self) -> bool:
        """Whether an `infusion` row set it."""
        return not self.halted and any(r.event == "infusion" for r in self.rows)

    @property
    def encounter(self) -> str:
        """The encounter of the row."""
        return self.rows[0].encounter


def settings_of(rows: list[Administration], charting: Charting) -> list[Setting]:
    """The set-rate rows of a line in time order, simultaneous ones combined, differing verifications included."""
    result: list[Setting] = []
    for row in sorted(rows, key=lambda r: r.start.early):
        if row.event not in ("infusion", "rate_change"):
            continue
        stops = [row.stop] if row.stop else []
        if result and result[-1].start.early == row.start.early:
            result[-1].rate = result[-1].rate.either(charting.rate(row))
            result[-1].rows.append(row)
            result[-1].stops += stops
        else:
            result.append(Setting(row.start, charting.rate(row), [row], stops))
    halts = [r for r in rows if r.event in ("pause", "stop")]
    result = doubted(result, halts)
    halts = [r for r in halts if not all(h.perhaps for h in halts if h.start.early == r.start.early)]
    for row in sorted((r for r in rows if r.event == "rate_verify" and r.rate is not None), key=lambda r: r.start.early):
        running = [s for s in result if s.start.early <= row.start.early]
        if not running:
            continue
        current = running[-1]
        halted = any(current.start.early < h.start.early <= row.start.early for h in halts)
        over = [stop.early <= row.start.early for stop in current.stops]
        halted = halted or (any(over) if not current.doubtful else all(over) and not current.endless)
        shown = charting.rate(row)
        if charting.rate(replace(row, perhaps=False)).is_same(current.rate):
            continue
        if not halted and shown != current.rate and not shown.is_same(current.rate) and current.rate.either(shown) != current.rate:
            verified = Setting(row.start, current.rate.either(shown), [row], list(current.stops), current.doubtful, current.endless)
            result.insert(result.index(current) + 1, verified)
    return result


def doubted(settings: list[Setting], halts: list[Administration]) -> list[Setting]:
    """The settings of a line where a row that was perhaps not given leaves open what runs: it, nothing, or any that ran before it."""
    result: list[Setting] = []
    may_run: list[Setting] = []
    for at in sorted({s.start.early for s in settings} | {h.start.early for h in halts}):
        here = [h for h in halts if h.start.early == at]
        set_now = next((s for s in settings if s.start.early == at), None)
        if any(not h.perhaps for h in here):
            may_run = []
        if here and may_run and any(s.may_run(at) for s in may_run):
            may_run.append(Setting(here[0].start, Rate(ZERO), here, [here[0].start]))
            if set_now is None:
                result.append(replace(one_of(may_run, may_run[0].rows), halted=True))
        if set_now is not None:
            # A start on a line of unknown identity leaves what has a stop to run beside it.
            beside = set_now.is_infusion and not set_now.rows[0].line and all(s.stops for s in may_run)
            if not set_now.perhaps or beside or not any(s.may_run(at) for s in may_run):
                may_run = []
            may_run.append(set_now)
            result.append(set_now if len(may_run) == 1 else one_of(may_run, set_now.rows))
    return result


def one_of(settings: list[Setting], rows: list[Administration]) -> Setting:
    """What is set where any of several settings may be the one that runs, or none."""
    highs = [s.rate.mg_per_h.high for s in settings if not s.rate.per_kg_h]
    known = [high for high in highs if high is not None]
    rate = Amount(Fraction(0), max(known) if len(known) == len(settings) else None)
    start = settings[-1].start
    stops = [stop for s in settings for stop in s.stops]
    before_start = [stop for s in settings for stop in s.stops if stop.late < s.start.early]
    stops = before_start or [stop if stop.early > start.early else start for stop in stops]
    stops += [start for s in settings if s.perhaps and s.rate.is_zero and not before_start]
    endless = not before_start and any(not s.stops and s.may_run(s.start.early) for s in settings)
    return Setting(start, Rate(rate), rows, stops, doubtful=True, endless=endless)


class LineBuilder:
    """Builds the segments of one line."""

    def __init__(self, line: Line, rows: list[Administration], charting: Charting, encounters: dict[str, Encounter], gap: Fraction) -> None:
        self.line = line
        self.gap = gap
        self.charting = charting
        self.encounters = encounters
        self.settings = settings_of([r for r in rows if r.kind == "infusion" and not r.is_zero_length_push], charting)
        self.halts = [r for r in rows if r.event in ("pause", "stop")]
        self.readings = [r for r in rows if r.event == "infused_total" and not r.perhaps]
        self.verified = [r.start.early for r in rows if r.event == "rate_verify" and not r.perhaps]
        self.pushes = [r for r in rows if r.is_push]

    def segments(self) -> list[Segment]:
        """All segments of the line."""
        self.before: list[Segment] = []
        for setting in self.settings:
            self.before.append(self.segment(setting))
        return self.before

    def next_row(self, setting: Setting, *, certainly: bool = False, ignore_infusions: bool = False) -> tuple[Moment, str] | None:
        """The next row that sets or ends the rate, and its encounter; of all, or of those that were certainly given."""
        rows = [(r.start, r.encounter, False) for r in self.halts if not (certainly and r.perhaps)]
        rows += [(s.start, s.encounter, s.is_infusion) for s in self.settings if not certainly or not (s.halted or s.perhaps)]
        later = [(m, e) for m, e, infusion in rows if m.early > setting.start.early and not (infusion and ignore_infusions)]
        return min(later, key=lambda x: x[0].early, default=None)

    def segment(self, setting: Setting) -> Segment:
        """One segment with its bounds."""
        following = self.next_row(setting)
        if setting.stops and not setting.endless:
            return self.stopped(setting, following)
        sure = self.next_row(setting, certainly=True)
        if following and self.ends_it(following, setting) and sure and self.ends_it(sure, setting):
            return self.closed(setting, min([following[0], *setting.stops], key=lambda m: m.early), following[0])
        return self.missing_stop(setting, following[0] if following else None)

    def ends_it(self, following: tuple[Moment, str], setting: Setting) -> bool:
        """Whether a later row is of the encounter of a row without a stop, or begins soon enough after it."""
        moment, encounter = following
        if not encounter or not setting.encounter or encounter == setting.encounter:
            return True
        return moment.early - max(setting.start.early, self.encounter_end(setting) or setting.start.early) <= self.gap

    def stopped(self, setting: Setting, following: tuple[Moment, str] | None) -> Segment:
        """A segment with its own stop, cut by a later row of the line."""
        first = min(setting.stops, key=lambda m: m.early)
        last = max(setting.stops, key=lambda m: m.late)
        if first.late < setting.start.early:
            end = following[0].early if following else self.encounter_end(setting)
            return self.make(
                setting, Extent(setting.start.early, setting.start.early), Extent(setting.start.early, end), unknown=True, open=True
            )
        low, high = first, last
        if following is not None:
            low = min(first, following[0], key=lambda m: m.early)
            high = min(last, following[0], key=lambda m: m.late)
            if self.line[0] == "unknown":
                # A later start on a line of unknown identity may be another line: then this one ran to its own end.
                starts = any(s.is_infusion and s.start.early == following[0].early for s in self.settings)
                other = self.next_row(setting, certainly=True, ignore_infusions=True) if starts else following
                high = min(last, other[0], key=lambda m: m.late) if other else last
        return self.closed(setting, low, high)

    def closed(self, setting: Setting, low: Moment, high: Moment) -> Segment:
        """A segment with a known end; the shortest and the longest reading of ambiguous times bound it."""
        starts = {setting.start.early, setting.start.late}
        readings = [(s, e) for s in starts for e in (low.early, low.late) if e >= s]
        shortest = min(readings, key=lambda r: (r[1] - r[0], r[0]))
        readings = [(s, e) for s in starts for e in (high.early, high.late) if e >= s]
        longest = max(readings, key=lambda r: (r[1] - r[0], r[0]))
        return self.make(setting, Extent(*shortest), Extent(*longest))

    def missing_stop(self, setting: Setting, other_encounter: Moment | None) -> Segment:
        """A segment whose stop is not charted: proven by verifications and readings, bounded by discharge and bag."""
        start = setting.start.early
        limit = other_encounter.early if other_encounter else None
        solved = self.solved_ends(setting, limit)
        if solved is not None:
            return self.make(setting, Extent(start, solved[0]), Extent(start, solved[1]), open=solved[0] < solved[1])
        proofs = [p for p in self.verified if p >= start and (limit is None or p < limit)]
        proofs += [r.start.early for r in self.readings_within(setting, limit)]
        low = max([start, *proofs])
        ends = [self.encounter_end(setting)]
        for row in [] if setting.doubtful else setting.rows:
            hours = self.charting.bag_hours(row)
            ends.append(None if hours is None else start + hours * HOUR)
        high = min([end for end in (limit, *ends) if end is not None and end >= low], default=None)
        return self.make(setting, Extent(start, low), Extent(start, high), open=True)

    def encounter_end(self, setting: Setting) -> Fraction | None:
        """The end of the encounter of the row, or of its order."""
        order = self.charting.orders.get(setting.rows[0].order_in_force)
        identity = setting.encounter or (order.encounter if order else "")
        encounter = self.encounters.get(identity)
        return encounter.ended.late if encounter and encounter.ended else None

    def readings_within(self, setting: Setting, limit: Fraction | None) -> list[Administration]:
        """The readings that are of a row without a stop: up to the next row, and to a session's gap after the end of its encounter."""
        start, end = setting.start.early, self.encounter_end(setting)
        within = [r for r in self.readings if r.start.early >= start and (limit is None or r.start.early < limit)]
        return [r for r in within if end is None or end < start or r.start.early <= end + self.gap]

    def begun(self, start: Fraction) -> Fraction:
        """Since when the line gave something without a pause longer than a session's gap, up to an instant."""
        given = [(s.start, s.possible.end or s.proven.end or s.start) for s in self.before if not s.rate.is_zero]
        given += [(r.start.early, r.stop.early if r.stop else r.start.early) for r in self.pushes]
        (begin, until), *others = sorted((first, last) for first, last in [*given, (start, start)] if first <= start)
        for first, last in others:
            begin = first if first - until > self.gap else begin
            until = max(last, until)
        return begin

    def solved_ends(self, setting: Setting, limit: Fraction | None) -> tuple[Fraction, Fraction] | None:
        """The earliest and latest end of an open segment that a pump total shows: the reading, or where its amount was reached."""
        start = setting.start.early
        begin = self.begun(start)
        readings = self.readings_within(setting, limit)
        if not readings:
            return None
        reading = max(readings, key=lambda r: r.start.early)
        amount, rate = self.charting.dose(reading), setting.rate.mg_per_h
        # the pump's total holds the pushes of the line too, and what ran before
        others = [self.charting.dose(r).high for r in self.pushes if begin <= r.start.early <= reading.start.early]
        others += [s.amount().high for s in self.before if s.start >= begin]
        held = sum((mg for mg in others if mg is not None), Fraction(0))
        amount = Amount(max(Fraction(0), amount.low - held), None if amount.high is None else max(Fraction(0), amount.high - held))
        if setting.rate.per_kg_h:
            rate = UNKNOWN
        earliest = start if rate.high is None else start + amount.low / rate.high * HOUR
        latest = reading.start.early if amount.high is None or not rate.low else start + amount.high / rate.low * HOUR
        return min(reading.start.early, earliest), min(reading.start.early, latest)

    def make(self, setting: Setting, proven: Extent, possible: Extent, *, unknown: bool = False, open: bool = False) -> Segment:
        """The segment of a setting."""
        perhaps = setting.doubtful or setting.perhaps
        return Segment(self.line, setting.rate, proven, possible, open, unknown, perhaps, tuple(setting.rows))


def segments_of_patient(rows: list[Administration], charting: Charting, encounters: dict[str, Encounter], gap: Fraction) -> list[Segment]:
    """All segments of a patient; on lines of unknown identity a later start may have replaced an earlier one."""
    by_line: dict[Line, list[Administration]] = {}
    for row in rows:
        by_line.setdefault(row.line_key, []).append(row)
    result = [s for line, members in by_line.items() for s in LineBuilder(line, members, charting, encounters, gap).segments()]
    starts = [s.start for s in result if s.line[0] == "unknown" and any(r.event == "infusion" for r in s.rows)]
    return [cut_by_later_start(s, starts) if s.line[0] == "unknown" else s for s in result]


def cut_by_later_start(segment: Segment, starts: list[Fraction]) -> Segment:
    """The segment with its proven part ended by the next start on any line of unknown identity."""
    later = [start for start in starts if start > segment.start]
    if not later or segment.proven.end is None or min(later) >= segment.proven.end:
        return segment
    proven = Extent(segment.proven.start, max(segment.proven.start, min(later)))
    return Segment(
        segment.line, segment.rate, proven, segment.possible, segment.open, segment.amount_unknown, segment.perhaps, segment.rows
    )
