"""The shape of a protocol file: every table, key, type and allowed value, and what must fit together."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StrictBool, StrictInt, model_validator

from infusion_audit.suggest import did_you_mean

Severity = Literal["info", "minor", "major", "critical"]
RespiratoryKind = Literal["respiratory_rate", "spo2", "etco2"]

_COMPARATORS = {"<": "lt", "<=": "le", "≤": "le", "=<": "le", ">": "gt", ">=": "ge", "≥": "ge", "=>": "ge"}
# Which side of the quantity a comparator guards, for every way to write it.
SIDES = {
    word: {"l": "an upper", "g": "a lower", "b": "a two-sided"}[code[0]]
    for word, code in [*_COMPARATORS.items(), *((code, code) for code in ("lt", "le", "gt", "ge", "between"))]
}
_SYMBOLS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "between": "between"}


def _number(value: object) -> Decimal:
    """An exact decimal; 6 decimals are what the engine's columns hold, so that nothing is ever rounded."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("must be a number")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?", str(value).strip(), re.ASCII):
        raise ValueError("must be a number with a decimal point")
    number = Decimal(str(value).strip())
    if abs(number) >= 10**12 or number != round(number, 6):
        raise ValueError("must have at most 6 decimals and 12 digits before the point")
    return number


def _comparator(value: object) -> object:
    return _COMPARATORS.get(value, value) if isinstance(value, str) else value


def _respiratory(value: object) -> object:
    kinds = get_args(RespiratoryKind)
    if value == "any":
        return value
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be "any" or a list of {", ".join(kinds)}')
    if wrong := [kind for kind in map(str, cast(list[object], value)) if kind not in kinds]:
        raise ValueError("; ".join(f'"{kind}" is not one of {", ".join(kinds)}{did_you_mean(kind, kinds)}' for kind in wrong))
    return cast(list[str], value)


Number = Annotated[Decimal, BeforeValidator(_number)]
Amount = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Comparator = Annotated[Literal["lt", "le", "gt", "ge", "between"], BeforeValidator(_comparator)]
Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(_Table):
    """What the file is, how far it may be trusted and who approved it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Text
    title: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    standing: str = ""
    approved_by: str = ""
    source_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Identity:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        return self


class _Settings(_Table):
    """A group of settings and where its numbers come from."""

    source: str = "site_policy"
    quote: str | None = None
    seed_line: StrictInt | None = None


class Scope(_Settings):
    product: Annotated[str, BeforeValidator(lambda v: v.strip().lower() if isinstance(v, str) else v), Field(min_length=1)]
    age_min: Amount = Decimal(18)


class Session(_Settings):
    gap_min: Positive


class Bolus(_Settings):
    apply_to: Literal["every", "first_only"] = "every"
    merge_window_min: Amount = Decimal(5)
    inferred_max_min: Amount = Decimal(15)


class Maintenance(_Settings):
    min_segment_min: Amount = Decimal(5)


class Weight(_Settings):
    basis: Literal["dosing", "actual"]
    lookback_d: Amount = Decimal(30)
    min_kg: Positive = Decimal(25)
    max_kg: Positive = Decimal(300)

    @model_validator(mode="after")
    def _in_order(self) -> Weight:
        if self.max_kg <= self.min_kg:
            raise ValueError("max_kg must be above min_kg")
        return self


class Context(_Settings):
    postsurgical_window_h: Amount = Decimal(72)
    when_unknown: Literal["chronic", "postsurgical", "unknown"] = "chronic"


class Total(_Settings):
    interpretation: Literal["session", "per_hour", "per_bolus", "rolling_24h"] = "session"
    count_bolus: StrictBool = True
    count_pca: StrictBool


class Phase(_Table):
    until_min: Annotated[StrictInt, Field(gt=0)]
    interval_min: Annotated[StrictInt, Field(gt=0)]


class Monitoring(_Settings):
    interval_min: Positive = Decimal(15)
    grace_min: Amount = Decimal(5)
    phases: list[Phase] = []
    baseline_min: Amount = Decimal(30)
    recovery_min: Amount = Decimal(30)
    pause_exempt_min: Amount = Decimal(60)
    respiratory: Annotated[Literal["any"] | list[RespiratoryKind], BeforeValidator(_respiratory)] = "any"

    @model_validator(mode="after")
    def _in_order(self) -> Monitoring:
        ends = [phase.until_min for phase in self.phases]
        if ends != sorted(set(ends)):
            raise ValueError("phases: until_min must rise from phase to phase")
        return self


class Series(_Settings):
    gap_d: Amount = Decimal(90)
    review_d: Amount = Decimal(30)


class Review(_Settings):
    """Days within which a finding is reviewed, by severity, and which severities need two reviewers."""

    critical_d: Amount = Decimal(7)
    major_d: Amount = Decimal(30)
    minor_d: Amount = Decimal(90)
    info_d: Amount = Decimal(365)
    second_reviewer: list[Severity] = ["critical"]


class Rule(_Table):
    """One statement of the protocol: its limit, how it is compared, how grave a violation is, where it comes from."""

    enabled: StrictBool
    severity: Severity
    statement: str = ""
    limit: Number | None = None
    limit_low: Number | None = None
    comparator: Comparator | None = None
    unit: str | None = None
    source: Text
    quote: str | None = None
    seed_line: StrictInt | None = None

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if self.limit is not None and (self.comparator is None or not self.unit):
            raise ValueError("a limit needs a comparator and a unit")
        if self.limit is None and (self.comparator is not None or self.limit_low is not None):
            raise ValueError("a comparator or limit_low needs a limit")
        if (self.comparator == "between") != (self.limit_low is not None):
            raise ValueError('comparator "between" and limit_low belong together')
        if self.limit is not None and self.limit_low is not None and self.limit_low > self.limit:
            raise ValueError("limit_low is above limit")
        if self.source == "seed" and (not self.quote or self.seed_line is None):
            raise ValueError('source = "seed" needs quote and seed_line')
        return self

    @property
    def low(self) -> Decimal | None:
        """The lower limit, if there is one."""
        return self.limit_low if self.comparator == "between" else self.limit if self.comparator in ("gt", "ge") else None

    @property
    def high(self) -> Decimal | None:
        """The upper limit, if there is one."""
        return self.limit if self.comparator in ("lt", "le", "between") else None

    @property
    def sentence(self) -> str:
        """The statement with this protocol's numbers in it."""
        words = {"limit": self.limit, "limit_low": self.limit_low, "unit": self.unit, "comparator": _SYMBOLS.get(self.comparator or "", "")}
        return re.sub(r"\{(\w+)\}", lambda m: str(words.get(m[1], m[0])), self.statement)


class Protocol(_Table):
    """A whole protocol file."""

    protocol: Identity
    scope: Scope
    session: Session
    bolus: Bolus = Bolus()
    maintenance: Maintenance = Maintenance()
    weight: Weight
    context: Context = Context()
    total: Total
    monitoring: Monitoring = Monitoring()
    series: Series = Series()
    review: Review = Review()
    rules: dict[str, Rule]

    _text: str = PrivateAttr("")
    _sha256: str = PrivateAttr("")

    def read_from(self, text: str, sha256: str) -> Protocol:
        """Remember the file that this was read from."""
        self._text, self._sha256 = text, sha256
        return self

    @property
    def id(self) -> str:
        return self.protocol.id

    @property
    def version(self) -> str:
        return self.protocol.version

    @property
    def text(self) -> str:
        """The file as it is written, comments and all."""
        return self._text

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes."""
        return self._sha256

    def manifest(self) -> dict[str, str]:
        """What a run records about the protocol that it judged by."""
        return {
            "id": self.id,
            "version": self.version,
            "sha256": self.sha256,
            "title": self.protocol.title,
            "standing": self.protocol.standing,
            "approved_by": self.protocol.approved_by,
            "source_text_sha256": self.protocol.source_sha256,
        }
