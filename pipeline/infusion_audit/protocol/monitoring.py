"""The settings of monitoring: how often to assess, what counts as an assessment, and which values call for action."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, cast, get_args

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from infusion_audit.protocol.types import Amount, Comparator, Number, Positive, Settings, Table
from infusion_audit.suggest import did_you_mean

RespiratoryKind = Literal["respiratory_rate", "spo2", "etco2"]


def _trigger(value: object) -> object:
    """``"<= -3"`` as a comparator and an exact number."""
    written = re.fullmatch(r"\s*(<=|>=|<|>)\s*([+-]?\d+(?:\.\d+)?)\s*", value) if isinstance(value, str) else None
    if not written:
        raise ValueError('must be a comparator and a number in quotes, such as "< 90"')
    return {"comparator": written[1], "limit": written[2]}


def _respiratory(value: object) -> object:
    kinds = get_args(RespiratoryKind)
    if value == "any":
        return value
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be "any" or a list of {", ".join(kinds)}')
    if wrong := [kind for kind in map(str, cast(list[object], value)) if kind not in kinds]:
        raise ValueError("; ".join(f'"{kind}" is not one of {", ".join(kinds)}{did_you_mean(kind, kinds)}' for kind in wrong))
    return cast(list[str], value)


class Phase(Table):
    until_min: Annotated[StrictInt, Field(gt=0)]
    interval_min: Annotated[StrictInt, Field(gt=0)]


class Trigger(Table):
    """A comparator and a number: the values of one kind of observation that call for action."""

    comparator: Comparator
    limit: Number


def _calls(comparator: str, limit: int) -> Trigger:
    return Trigger.model_validate({"comparator": comparator, "limit": limit})


TriggerText = Annotated[Trigger, BeforeValidator(_trigger)]


class Triggers(Settings):
    rass: TriggerText = _calls("<=", -3)
    poss: TriggerText = _calls(">=", 3)
    ramsay: TriggerText = _calls(">=", 5)
    moaas: TriggerText = _calls("<=", 2)
    aldrete_consciousness: TriggerText = _calls("<=", 0)
    respiratory_rate: TriggerText = _calls("<", 8)
    spo2: TriggerText = _calls("<", 90)
    etco2: TriggerText = _calls(">", 60)

    def listed(self) -> list[dict[str, object]]:
        """Each kind with its comparator and number."""
        found = {kind: getattr(self, kind) for kind in type(self).model_fields if kind not in Settings.model_fields}
        return [{"kind": kind, **cast(Trigger, trigger).model_dump()} for kind, trigger in found.items()]


class Monitoring(Settings):
    interval_min: Positive = Decimal(15)
    grace_min: Amount = Decimal(5)
    phases: tuple[Phase, ...] = ()
    baseline_min: Amount = Decimal(30)
    recovery_min: Amount = Decimal(30)
    pause_exempt_min: Amount = Decimal(60)
    respiratory: Annotated[Literal["any"] | list[RespiratoryKind], BeforeValidator(_respiratory)] = "any"
    one_event_min: Amount = Decimal(10)
    transient_min: Amount = Decimal(5)
    triggers: Triggers = Triggers()

    @model_validator(mode="after")
    def _in_order(self) -> Monitoring:
        ends = [phase.until_min for phase in self.phases]
        if ends != sorted(set(ends)):
            raise ValueError("phases: until_min must rise from phase to phase")
        intervals = [phase.interval_min for phase in self.phases]
        if intervals != sorted(intervals):
            # else one more assessment could turn a gap that is allowed into one that is not
            raise ValueError("phases: interval_min must not fall from phase to phase")
        return self
