"""The dose timeline of one session: rate, running total, assessments and what answered them, over the same clock.

Drawn by hand in about a millisecond, because a report holds hundreds of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import holds, plain
from infusion_audit_reports.sketch import Point, Sketch
from infusion_audit_reports.summaries import Row

_WIDTH, _LEFT, _RIGHT = 780.0, 130.0, 762.0
_PANEL, _LANE, _TOP = 92.0, 22.0, 26.0
_TICKS_MIN = (5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080)
_LANES = (("sedation", "Sedation"), ("respiratory", "Respiration"), ("psychoperceptual", "Psycho-perceptual"))


@dataclass
class Course:
    """What one session's timeline shows; every time is local to the start."""

    name: str
    started: datetime
    ended: datetime | None
    rates: list[Row] = field(default_factory=list[Row])  # from, to, low, high, conversion
    boluses: list[Row] = field(default_factory=list[Row])  # at, words
    demands: list[Row] = field(default_factory=list[Row])  # at, words: delivered PCA
    doses: list[Row] = field(default_factory=list[Row])  # from, to, low, high: per kg
    assessments: list[Row] = field(default_factory=list[Row])  # at, domain, words
    gaps: list[Row] = field(default_factory=list[Row])  # from, to, domain, words: those too long
    abnormal: list[Row] = field(default_factory=list[Row])  # at, domain, words
    actions: list[Row] = field(default_factory=list[Row])  # at, words
    rate_limits: Sequence[tuple[Any, Any, str | None]] = ()
    rate_unit: str = "mg/kg/h"
    dose_unit: str = "mg/kg"
    cap: Any = None
    over_cap: bool = False  # by the verdict, never by the picture


def timeline(course: Course, says: str) -> Chart:
    """The picture, and the same in the order of time as a table."""
    drawing = _Drawing(course)
    title = "Dose timeline"
    return Chart(
        course.name,
        title,
        says,
        drawing.sketch.picture(name=course.name, title=title, says=says, style="chart timeline"),
        ("Time", "What", "Value"),
        _events(course),
        drawing.legend,
    )


class _Drawing:
    """One picture: panels from top to bottom, as many as the session has something to show in."""

    def __init__(self, course: Course) -> None:
        self.course = course
        moments = list(_moments(course))
        self._first, self._last = min(moments), max(moments)
        spare = max((self._last - self._first) * 0.02, timedelta(minutes=2))
        self._first, self._last = self._first - spare, self._last + spare
        self._span = (self._last - self._first).total_seconds()
        lanes = [lane for lane in _LANES if any(row["domain"] == lane[0] for row in (*course.assessments, *course.gaps, *course.abnormal))]
        panels = [panel for panel, shown in ((self._rate, course.rates or course.boluses), (self._total, course.doses)) if shown]
        extra = [each for each in (course.demands, course.actions) if each]
        height = _TOP + len(panels) * (_PANEL + 26) + (len(lanes) + len(extra)) * _LANE + 26
        self.sketch, self.legend = Sketch(_WIDTH, height), list[tuple[str, str]]()
        self._clock(height)
        top = _TOP
        for panel in panels:
            panel(top, top + _PANEL)
            top += _PANEL + 26
        if course.demands:
            self._line_of("PCA", top)
            for row in course.demands:
                self.sketch.line((self._x(row["at"]), top - 2), (self._x(row["at"]), top + 12), row["colour"], 2.5)
            top += _LANE
        for domain, label in lanes:
            self._lane(domain, label, top)
            top += _LANE
        if course.actions:
            self._line_of("Actions", top)
            for row in course.actions:
                self.sketch.dot((self._x(row["at"]), top + 5), 5, "other")
            self.legend.append(("other", "what answered an abnormal value"))
        if course.abnormal:
            self.legend.append(("material", "value that calls for action"))

    def _x(self, moment: datetime) -> float:
        return _LEFT + (moment - self._first).total_seconds() / self._span * (_RIGHT - _LEFT)

    def _clock(self, height: float) -> None:
        """Times along the foot, and where the session began and ended."""
        step = next((each for each in _TICKS_MIN if self._span / 60 / each <= 8), _TICKS_MIN[-1])
        begun = self._first.replace(hour=0, minute=0, second=0, microsecond=0)
        tick = begun + timedelta(minutes=step) * (int((self._first - begun).total_seconds() // (60 * step)) + 1)
        words = "%H:%M" if step < 1440 else "%m-%d"
        while tick < self._last:
            self.sketch.line((self._x(tick), _TOP), (self._x(tick), height - 22))
            self.sketch.text((self._x(tick), height - 7), tick.strftime(words), anchor="middle")
            tick += timedelta(minutes=step)
        marks = [(self.course.started, "start", "end" if self.course.started - self._first > (self._last - self._first) / 10 else "start")]
        if self.course.ended:
            marks.append((self.course.ended, "end", "start" if self._last - self.course.ended > (self._last - self._first) / 10 else "end"))
        for moment, label, anchor in marks:
            self.sketch.line((self._x(moment), 14), (self._x(moment), height - 22), "muted", 1.2)
            self.sketch.text((self._x(moment) + (-4 if anchor == "end" else 4), 12), f"{label} {moment:%H:%M}", "ink", anchor)

    def _scale(self, label: str, unit: str, top: float, bottom: float, highest: float) -> Callable[[float], float]:
        self.sketch.text((_LEFT - 8, top + 10), label, "ink", "end")
        self.sketch.text((_LEFT - 8, top + 26), unit, anchor="end")
        self.sketch.line((_LEFT, bottom), (_RIGHT, bottom), "muted")
        return lambda value: bottom - value / highest * (bottom - top - 6)

    def _rate(self, top: float, bottom: float) -> None:
        course = self.course
        limits = (
            sorted({float(each) for low, high, _ in course.rate_limits for each in (low, high) if each is not None}) if course.rates else []
        )
        highest = max([*(float(row["high"] or row["low"]) for row in course.rates), *limits[-1:], 1e-9]) * 1.2
        y = self._scale(*(("Rate", course.rate_unit) if course.rates else ("Boluses", "")), top, bottom, highest)
        for each in limits:
            self._limit(y(each), plain(each))
        for row in course.rates:
            low, high = float(row["low"] or 0), float(row["high"] or row["low"] or 0)
            left, right = self._x(row["from"]), self._x(row["to"])
            outside = any(not holds(row[end], *each) for end in ("low", "high") if row[end] is not None for each in course.rate_limits)
            colour = "violation" if outside else "compliant"
            self.sketch.box((left, y(high)), right - left, bottom - y(high), colour, 0.18)
            self.sketch.line((left, y(high)), (right, y(high)), colour, 2.5)
            if low < high:
                self.sketch.line((left, y(low)), (right, y(low)), colour, 1.5, "3 3")
        self._boluses(top, bottom)

    def _boluses(self, top: float, bottom: float) -> None:
        """A line for each bolus, and its amount where there is room for it."""
        taken = 0.0
        for number, row in enumerate(self.course.boluses):
            x, wide = self._x(row["at"]), 7.0 * len(row["words"])
            self.sketch.line((x, bottom), (x, top + 8), row["colour"], 2.5)
            self.sketch.dot((x, top + 8), 4.5, row["colour"])
            following = self._x(self.course.boluses[number + 1]["at"]) if number + 1 < len(self.course.boluses) else _RIGHT
            if x + 8 + wide <= following:
                self.sketch.text((x + 8, top + 12), row["words"], "ink")
                taken = x + 8 + wide
            elif x - 8 - wide >= taken and following == _RIGHT:
                self.sketch.text((x - 8, top + 12), row["words"], "ink", "end")

    def _limit(self, y: float, words: str) -> None:
        self.sketch.line((_LEFT, y), (_RIGHT, y), "ink", 1, "6 4")
        self.sketch.text((_RIGHT, y - 3), words, "ink", "end")

    def _total(self, top: float, bottom: float) -> None:
        course = self.course
        low, high = _cumulated(course.doses, "low", self._last), _cumulated(course.doses, "high", self._last)
        cap = None if course.cap is None else float(course.cap)
        highest = max([low[-1][1], high[-1][1], cap or 0, 1e-9]) * 1.2
        y = self._scale("Total", course.dose_unit, top, bottom, highest)
        over = course.over_cap
        colour = "violation" if over else "compliant"
        lower, upper = ([(self._x(at), y(value)) for at, value in line] for line in (low, high))
        self.sketch.area([*upper, *reversed(lower)] if lower != upper else [(upper[0][0], bottom), *upper, (upper[-1][0], bottom)], colour)
        self.sketch.path(upper, colour, 2.5)
        if lower != upper:
            self.sketch.path(lower, colour, 1.5)
        if cap is not None:
            self._limit(y(cap), f"cap {plain(course.cap)}")
        if over and cap is not None and (crossed := crossing(low, cap)):
            self.sketch.dot((self._x(crossed), y(cap)), 5, "violation")
            far = self._x(crossed) > _RIGHT - 190
            at: Point = (self._x(crossed) + (-9 if far else 9), y(cap) + 16)
            self.sketch.text(at, f"cap reached {crossed:%H:%M}", "ink", "end" if far else "start")

    def _line_of(self, label: str, top: float) -> None:
        self.sketch.text((_LEFT - 8, top + 9), label, anchor="end")
        self.sketch.line((_LEFT, top + 5), (_RIGHT, top + 5))

    def _lane(self, domain: str, label: str, top: float) -> None:
        middle = top + 5
        self._line_of(label, top)
        for row in self.course.gaps:
            if row["domain"] == domain:
                left, right = self._x(row["from"]), self._x(row["to"])
                self.sketch.box((left, middle - 7), right - left, 14, "violation", 0.3)
                self.sketch.text(((left + right) / 2, middle + 4.5), row["words"], "ink", "middle")
        for at in sorted({row["at"] for row in self.course.assessments if row["domain"] == domain}):
            self.sketch.line((self._x(at), middle - 7), (self._x(at), middle + 7), "ink", 2)
        for row in self.course.abnormal:
            if row["domain"] == domain:
                self.sketch.dot((self._x(row["at"]), middle), 5, "material")


def _moments(course: Course) -> Iterable[datetime]:
    yield course.started
    if course.ended:
        yield course.ended
    for row in (*course.rates, *course.doses, *course.gaps):
        yield row["from"]
        if row["to"]:
            yield row["to"]
    for row in (*course.boluses, *course.demands, *course.assessments, *course.abnormal, *course.actions):
        yield row["at"]


def _cumulated(doses: Sequence[Row], end: str, last: datetime) -> list[tuple[datetime, float]]:
    """The running total as points: what is given over a time rises evenly, what is given at once jumps."""
    slopes: dict[datetime, float] = {}
    jumps: dict[datetime, float] = {}
    for row in doses:
        given = float(row[end] if row[end] is not None else row["low"] or 0)
        seconds = (row["to"] - row["from"]).total_seconds() if row["to"] else 0
        if seconds > 0:
            slopes[row["from"]] = slopes.get(row["from"], 0.0) + given / seconds
            slopes[row["to"]] = slopes.get(row["to"], 0.0) - given / seconds
        else:
            jumps[row["from"]] = jumps.get(row["from"], 0.0) + given
    points: list[tuple[datetime, float]] = []
    total, slope, before = 0.0, 0.0, None
    for moment in sorted({*slopes, *jumps}):
        total += slope * (moment - before).total_seconds() if before else 0.0
        points.append((moment, total))
        if moment in jumps:
            total += jumps[moment]
            points.append((moment, total))
        slope, before = slope + slopes.get(moment, 0.0), moment
    return [*points, (last, total)]


def crossing(points: Sequence[tuple[datetime, float]], cap: float) -> datetime | None:
    """When a running total went beyond the cap."""
    for (begun, low), (ended, high) in pairwise(points):
        if high > cap:
            return begun if high == low or ended == begun else begun + (ended - begun) * max(0.0, (cap - low) / (high - low))
    return None


def _events(course: Course) -> list[tuple[str, str, str]]:
    """Everything on the picture in the order of time."""
    found: list[tuple[datetime, str, str]] = [(course.started, "Start", "first delivery")]
    if course.ended:
        found.append((course.ended, "End", "last delivery"))
    found += [(row["from"], "Rate", f"{row['conversion']}, until {row['to']:%H:%M}") for row in course.rates]
    found += [(row["at"], "Bolus", row["conversion"]) for row in course.boluses]
    found += [(row["at"], "PCA demand", row["words"]) for row in course.demands]
    found += [(row["from"], f"No {row['domain']} assessment", f"{row['words']}, until {row['to']:%H:%M}") for row in course.gaps]
    found += [(row["at"], row["domain"].capitalize(), row["words"]) for row in course.assessments]
    found += [(row["at"], "Calls for action", row["words"]) for row in course.abnormal]
    found += [(row["at"], "Action", row["words"]) for row in course.actions]
    return [(f"{at:%Y-%m-%d %H:%M}", what, value) for at, what, value in sorted(found, key=lambda each: each[0])]
