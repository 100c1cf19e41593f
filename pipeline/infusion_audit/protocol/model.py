"""A whole protocol file: its identity, its settings, its rules, and the file that it was read from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, StrictBool, model_validator

from infusion_audit.protocol.evidence import Benchmark, NotAuditable
from infusion_audit.protocol.monitoring import Monitoring
from infusion_audit.protocol.rule import Rule
from infusion_audit.protocol.settings import (
    Bolus,
    Context,
    Contraindications,
    Maintenance,
    Review,
    Scope,
    Selection,
    Series,
    Session,
    Strata,
    Total,
    Weight,
)
from infusion_audit.protocol.types import Table, Text


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
