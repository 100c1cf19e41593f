"""What a protocol file says beside its rules: the published figures it may be read against, and what no extract can show."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt, model_validator

from infusion_audit.protocol.types import Number, Positive, Table, Text

Certainty = Literal["certain", "uncertain"]
Interval = tuple[Number, Number]


class Regimen(Table):
    """How the patients behind a benchmark were dosed, in numbers that can be held against the dose rules."""

    rate: Positive
    unit: Literal["mg/h", "mg/kg/h"]
    hours: Positive  # of one session
    sessions: Annotated[StrictInt, Field(ge=1)] = 1

    def at(self, weight_kg: Decimal) -> tuple[Decimal, Decimal]:
        """The rate in mg/h and the amount of one session in mg for a patient of this weight; nothing is divided."""
        rate = self.rate * weight_kg if self.unit == "mg/kg/h" else self.rate
        return rate, rate * self.hours


class Benchmark(Table):
    """One published figure, with everything a reader needs to know what it may stand beside.

    A text that is not known stays empty; the linter says so, and the report prints "not stated".
    """

    title: Text
    figure: Number
    unit: Text
    interval: Interval | None = None  # 95 %
    measure: Literal["between_groups", "trial_arm", "self_controlled"]
    display: Literal["text", "line", "band"] = "text"  # how it may stand beside an audit figure
    comparison: Number | None = None  # the figure of the comparison group; never drawn
    ratio: Number | None = None  # relative risk as published; never computed from the two figures
    ratio_interval: Interval | None = None
    population: str = ""
    indication: str = ""  # only sessions with this indication may stand beside it; empty: all
    design: str = ""
    window: str = ""
    window_h: Interval | None = None  # the same in hours after the end of the session
    responder_definition: str = ""
    responder_percent: Positive | None = None  # least relief in per cent that makes a responder
    regimen: str = ""
    regimens: tuple[Regimen, ...] = ()
    caveat: str = ""  # printed with the figure, always
    source: Text
    citation: str = ""
    quote: str | None = None
    seed_line: StrictInt | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Benchmark:
        for name in ("interval", "ratio_interval", "window_h"):
            if (pair := getattr(self, name)) and pair[0] > pair[1]:
                raise ValueError(f"{name}: the lower end is above the upper end")
        if self.interval and not self.interval[0] <= self.figure <= self.interval[1]:
            raise ValueError("interval: does not hold the figure")
        if self.source == "seed" and (not self.quote or self.seed_line is None):
            raise ValueError('source = "seed" needs quote and seed_line')
        return self


class NotAuditable(Table):
    """A statement of the source that no input table can show, listed so that nobody takes silence for compliance."""

    statement: Text
    why: Text
    citation: str = ""
    certainty: Certainty | None = None
