"""As few runs as judge all examples: each has one protocol and one manifest, and examples that ask for others go elsewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from tests.rules.examples import COLUMNS, Example, Row
from tests.support.product import own_policy, toml

Coverage = Mapping[str, list[Row]]
MANIFEST = {"site": "examples", "timezone": "UTC", "extracted_at": "2026-07-01T00:00:00Z"}


@dataclass
class Run:
    """Examples that one run can judge: what is set or covered for one rule does not touch another."""

    common: dict[str, str]
    manifest: dict[str, str]
    own: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])  # settings by rule
    covered: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])  # by table that a rule of the run needs; none: whole
    examples: list[Example] = field(default_factory=list[Example])

    def takes(self, example: Example) -> bool:
        """Whether the example means the same beside those that are here already."""
        own, common = _settings(example)
        return (
            (self.common, self.manifest) == (common, example.manifest)
            and self.own.get(example.rule_id, own) == own
            and all(self.covered.get(table, rows) == rows for table, rows in _covered(example).items())
        )

    def add(self, example: Example) -> None:
        self.own[example.rule_id] = _settings(example)[0]
        self.covered |= _covered(example)
        self.examples.append(example)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The extract and the protocol of the run."""
        coverage = {table: rows for table, rows in self.covered.items() if rows}
        write_folder(self.examples, folder / "data", self.manifest, coverage)
        # Of rules that no example asks, none is judged: a rule judges the same whatever else is on (tests/test_run.py).
        idle = [(f"rules.{rule}.enabled", "false") for rule in _needs() if rule not in self.own]
        settings = [*idle, *self.common.items(), *(item for own in self.own.values() for item in own.items())]
        (folder / "protocol.toml").write_text(protocol_text(settings), "utf-8")
        return folder / "data", folder / "protocol.toml"


def runs_of(examples: Iterable[Example]) -> list[Run]:
    """The runs that judge the examples."""
    runs: list[Run] = []
    for example in examples:
        run = next((run for run in runs if run.takes(example)), None)
        if run is None:
            run = Run(_settings(example)[1], example.manifest)
            runs.append(run)
        run.add(example)
    return runs


def write_folder(
    examples: Iterable[Example], folder: Path, manifest: Mapping[str, str] | None = None, coverage: Coverage | None = None
) -> None:
    """One extract that holds all examples, each another patient."""
    folder.mkdir(parents=True)
    examples = list(examples)
    for table, columns in COLUMNS.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns.split(), restval="")
            writer.writeheader()
            for example in examples:
                writer.writerows(example.rows(table))
    lines = [f"{key} = {toml(value)}" for key, value in (MANIFEST | dict(manifest or {})).items()]
    for row in (row for rows in (coverage or {}).values() for row in rows):
        lines += ["", "[[coverage]]", *(f"{key} = {toml(value.split() if key.endswith('s') else value)}" for key, value in row.items())]
    (folder / "manifest.toml").write_text("\n".join([*lines, ""]), "utf-8")


def protocol_text(settings: Iterable[tuple[str, str]]) -> str:
    """The shipped protocol with settings changed, as a site would edit it."""
    text = load_protocol("ketamine-chronic-pain").text
    for key, value in settings:
        table, name = key.rsplit(".", 1)
        entry = rf"(^\[{re.escape(table)}\].*(?:\n(?!\[).*)*?\n{name} = )[^\n#]*"
        text, changed = re.subn(entry, rf"\g<1>{value} ", text, count=1, flags=re.MULTILINE)
        assert changed == 1, key
        if name.startswith("limit"):
            text = own_policy(text, table)
    return text


def _settings(example: Example) -> tuple[dict[str, str], dict[str, str]]:
    """What the example sets for its own rule, and for all of them."""
    own = {key: value for key, value in example.settings.items() if key.startswith(f"rules.{example.rule_id}.")}
    return own, {key: value for key, value in example.settings.items() if key not in own}


def _covered(example: Example) -> dict[str, list[Row]]:
    return {table: example.coverage.get(table, []) for table in {*_needs()[example.rule_id], *example.coverage}}


@cache
def _needs() -> dict[str, tuple[str, ...]]:
    return {rule.rule_id: rule.needs for rule in Rulebook.load()}
