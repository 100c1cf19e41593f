"""The settings of a protocol file, table by table: every key, type and allowed value, and what must fit together."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from infusion_audit.protocol.types import Amount, Positive, Settings, Severity

# What [total] can limit: the words for {total} in a statement or a rule's text.
_TOTALS = {
    "session": "session total",
    "per_hour": "largest total in any one hour",
    "per_bolus": "largest single bolus",
    "rolling_24h": "largest total in any 24 h",
}


class Scope(Settings):
    product: Annotated[str, BeforeValidator(lambda v: v.strip().lower() if isinstance(v, str) else v), Field(min_length=1)]
    age_min: Amount = Decimal(18)


class Session(Settings):
    gap_min: Positive


class Bolus(Settings):
    apply_to: Literal["every", "first_only"] = "every"
    merge_window_min: Amount = Decimal(5)
    inferred_max_min: Amount = Decimal(15)


class Maintenance(Settings):
    min_segment_min: Amount = Decimal(5)


class Weight(Settings):
    basis: Literal["dosing", "actual", "ideal"]
    lookback_d: Amount = Decimal(30)
    min_kg: Positive = Decimal(25)
    max_kg: Positive = Decimal(300)

    @model_validator(mode="after")
    def _in_order(self) -> Weight:
        if self.max_kg <= self.min_kg:
            raise ValueError("max_kg must be above min_kg")
        return self


class Context(Settings):
    postsurgical_window_h: Amount = Decimal(72)
    when_unknown: Literal["chronic", "postsurgical", "unknown"] = "chronic"


class Total(Settings):
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


class Series(Settings):
    gap_d: Amount = Decimal(90)
    review_d: Amount = Decimal(30)


class Contraindications(Settings):
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
        return [name for name in cls.model_fields if name not in Settings.model_fields]


class Strata(Settings):
    elderly_age: Amount = Decimal(65)


class Selection(Settings):
    """What counts as a line of treatment before ketamine."""

    lookback_d: Amount = Decimal(365)
    min_days: Amount = Decimal(14)


class Review(Settings):
    """Days within which a finding is reviewed, by severity, and which severities need two reviewers."""

    critical_d: Amount = Decimal(7)
    major_d: Amount = Decimal(30)
    minor_d: Amount = Decimal(90)
    info_d: Amount = Decimal(365)
    second_reviewer: tuple[Severity, ...] = ("critical",)
