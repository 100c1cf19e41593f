"""The shape of a protocol file: every table, key, type and allowed value, and what must fit together."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BeforeValidator, Field, PrivateAttr, StrictBool, StrictInt, model_validator

from infusion_audit.protocol_evidence import Benchmark, Certainty, NotAuditable
from infusion_audit.protocol_types import SYMBOLS, Amount, Comparator, Number, Percent, Positive, Table, Text
from infusion_audit.suggest import did_you_mean

Severity = Literal["info", "minor", "major", "critical"]
RespiratoryKind = Literal["respiratory_rate", "spo2", "etco2"]

# What [total] can limit: the words for {total} in a statement or a rule's text.
_TOTALS = {
    "session": "session total",
    "per_hour": "largest total in any one hour",
    "per_bolus": "largest single bolus",
    "rolling_24h": "largest total in any 24 h",
}


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


class Identity(Table):
    """What the file is, how far it may be trusted and who approved it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Text
    title: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    standing: str = ""
    approved_by: str = ""
    production: StrictBool = False
    source_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Identity:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        return self


class _Settings(Table):
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
    basis: Literal["dosing", "actual", "ideal"]
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

    @model_validator(mode="after")
    def _counts_something(self) -> Total:
        if self.interpretation == "per_bolus" and not self.count_bolus:
            raise ValueError('interpretation = "per_bolus" with count_bolus = false counts nothing')
        return self

    @property
    def words(self) -> str:
        """What the maximum limits, in words."""
        if self.interpretation == "per_bolus":
            return _TOTALS["per_bolus"]
        left_out = [what for what, counted in (("boluses", self.count_bolus), ("PCA", self.count_pca)) if not counted]
        return _TOTALS[self.interpretation] + (f" without {' and '.join(left_out)}" if left_out else "")


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


class Triggers(_Settings):
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
        found = {kind: getattr(self, kind) for kind in type(self).model_fields if kind not in _Settings.model_fields}
        return [{"kind": kind, **cast(Trigger, trigger).model_dump()} for kind, trigger in found.items()]


class Monitoring(_Settings):
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


class Series(_Settings):
    gap_d: Amount = Decimal(90)
    review_d: Amount = Decimal(30)


class Contraindications(_Settings):
    """What counts as a contraindication beside a diagnosis, and how far back each kind of evidence is looked for."""

    systolic_limit: Positive = Decimal(180)
    diastolic_limit: Positive = Decimal(110)
    bp_window_min: Positive = Decimal(60)
    pregnancy_age_min: Amount = Decimal(12)
    pregnancy_age_max: Amount = Decimal(55)
    hcg_window_d: Positive = Decimal(7)
    child_pugh_limit: Positive = Decimal(10)
    child_pugh_window_d: Positive = Decimal(90)
    transaminase_times: Positive = Decimal(3)
    transaminase_alone_times: Positive = Decimal(5)
    bilirubin_times: Positive = Decimal(2)
    liver_window_d: Positive = Decimal(30)
    icp_limit: Positive = Decimal(20)
    icp_window_h: Positive = Decimal(24)
    iop_limit: Positive = Decimal(21)
    iop_window_d: Positive = Decimal(90)
    form_window_h: Positive = Decimal(24)
    form_old_window_d: Positive = Decimal(30)

    @model_validator(mode="after")
    def _in_order(self) -> Contraindications:
        if self.pregnancy_age_max < self.pregnancy_age_min:
            raise ValueError("pregnancy_age_max must not be below pregnancy_age_min")
        if self.form_old_window_d * 24 < self.form_window_h:
            raise ValueError("form_old_window_d must not be shorter than form_window_h")
        return self

    @classmethod
    def numbers(cls) -> list[str]:
        """The settings that are numbers: all of them but where they come from."""
        return [name for name in cls.model_fields if name not in _Settings.model_fields]


class Strata(_Settings):
    elderly_age: Amount = Decimal(65)


class Selection(_Settings):
    """What counts as a line of treatment before ketamine."""

    lookback_d: Amount = Decimal(365)
    min_days: Amount = Decimal(14)


class Review(_Settings):
    """Days within which a finding is reviewed, by severity, and which severities need two reviewers."""

    critical_d: Amount = Decimal(7)
    major_d: Amount = Decimal(30)
    minor_d: Amount = Decimal(90)
    info_d: Amount = Decimal(365)
    second_reviewer: tuple[Severity, ...] = ("critical",)


class Rule(Table):
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
    also: str | None = None  # the same limit in other words of the source text, such as "1-2 mcg/kg/min"
    citation: str = ""
    certainty: Certainty | None = None
    origin: str | None = None  # the older text that the source seems to repeat, and how that one compares
    origin_comparator: Comparator | None = None
    marginal_percent: Percent = Decimal(2)

    _total: str = PrivateAttr("")

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
        if (self.origin is None) != (self.origin_comparator is None):
            raise ValueError("origin and origin_comparator belong together")
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
        words = {"limit": self.limit, "limit_low": self.limit_low, "unit": self.unit, "comparator": SYMBOLS.get(self.comparator or "", "")}
        words["total"] = self._total
        return re.sub(r"\{(\w+)\}", lambda m: str(words.get(m[1], m[0])), self.statement)


class Protocol(Table):
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
    contraindications: Contraindications = Contraindications()
    strata: Strata = Strata()
    selection: Selection = Selection()
    review: Review = Review()
    rules: dict[str, Rule]
    benchmarks: Annotated[dict[str, Benchmark], Field(default_factory=dict)]
    not_judged: tuple[NotAuditable, ...] = ()

    _text: str = PrivateAttr("")
    _sha256: str = PrivateAttr("")
    _content_sha256: str = PrivateAttr("")

    @model_validator(mode="after")
    def _tell_the_rules(self) -> Protocol:
        for rule in self.rules.values():
            rule._total = self.total.words  # pyright: ignore[reportPrivateUsage]
        return self

    def worded(self, text: str) -> str:
        """A rule's text with this protocol's reading of the total in it."""
        return text.replace("{total}", self.total.words)

    def read_from(self, text: str, sha256: str, content_sha256: str) -> None:
        """Remember the file that this was read from."""
        self._text, self._sha256, self._content_sha256 = text, sha256, content_sha256

    @property
    def id(self) -> str:
        return self.protocol.id

    @property
    def version(self) -> str:
        return self.protocol.version

    def judges(self, rule_id: str) -> bool:
        """Whether the protocol has this rule and enables it."""
        return rule_id in self.rules and self.rules[rule_id].enabled

    @property
    def text(self) -> str:
        """The file as it is written, comments and all."""
        return self._text

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes."""
        return self._sha256

    @property
    def content_sha256(self) -> str:
        """The hash of what the file says; comments and layout do not count."""
        return self._content_sha256

    def manifest(self) -> dict[str, Any]:
        """What a run records about the protocol that it judged by."""
        start, end = self.protocol.effective_from, self.protocol.effective_to
        return {
            "id": self.id,
            "version": self.version,
            "sha256": self.sha256,
            "content_sha256": self.content_sha256,
            "effective_from": start and start.isoformat(),
            "effective_to": end and end.isoformat(),
            "title": self.protocol.title,
            "standing": self.protocol.standing,
            "approved_by": self.protocol.approved_by,
            "source_text_sha256": self.protocol.source_sha256,
            "not_auditable": [each.model_dump() for each in self.not_judged],
        }
