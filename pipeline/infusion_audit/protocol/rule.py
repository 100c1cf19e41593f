"""One rule's entry in a protocol file."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import PrivateAttr, StrictBool, StrictInt, model_validator

from infusion_audit.protocol.evidence import Certainty
from infusion_audit.protocol.types import SYMBOLS, Comparator, Number, Percent, Severity, Table, Text


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
