"""What became of every statement of the source text: a rule, a stratifier, a benchmark, or words on a page."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from infusion_audit.engine import resource

KINDS = ("rule", "stratifier", "benchmark", "context")


@dataclass(frozen=True)
class Statement:
    """One statement of the source text, in short words of our own."""

    number: int
    lines: str  # in the source text: "5" or "3-4"
    statement: str
    became: tuple[str, ...]  # some of KINDS
    ids: tuple[str, ...]
    place: str  # the page that shows it, for words that are not a rule, stratifier or benchmark

    @property
    def seed_lines(self) -> range:
        """The lines of the source text that it covers."""
        first, _, last = self.lines.partition("-")
        return range(int(first), int(last or first) + 1)


def trace_file() -> Path:
    """The shipped table."""
    return resource("protocols") / "ketamine-chronic-pain.trace.csv"


def statements() -> list[Statement]:
    """Every statement of the source text, in its order."""
    with trace_file().open(encoding="utf-8", newline="") as file:
        return [
            Statement(
                int(row["number"]),
                row["lines"],
                row["statement"],
                tuple(row["became"].split("; ")),
                tuple(row["ids"].split()),
                row["place"],
            )
            for row in csv.DictReader(file)
        ]
