"""What can be wrong with a protocol file: the catalogue of checks, one problem, and the line it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from infusion_audit.errors import UserError

Level = Literal["error", "warning"]

# What each check detects. An error stops a run; a warning stands on the first page of the report.
CHECKS: dict[str, tuple[Level, str]] = {
    "PL-01": ("error", "the file's form: unknown or missing key, id used twice, number that is not exact, lower limit above upper"),
    "PL-02": ("error", "a quote that does not hold its number, limits on the other side, or does not stand in the source text at its line"),
    "PL-03": ("error", "a number presented as the source text's that the source text does not have"),
    "PL-04": ("error", "a limit in a unit that does not fit the quantity"),
    "PL-05": ("error", "two statements of one limit that disagree after exact conversion"),
    "PL-06": ("error", "scope, weight basis, session gap, count_pca or a comparator that is not stated"),
    "PL-07": ("error", "a rule that does not say whom it concerns or what it cannot decide"),
    "PL-08": ("error", "a rule that needs data that no input table provides"),
    "PL-09": ("error", "content changed without a change of version; two versions in force at the same time"),
    "PL-10": ("error", "a code set with a malformed or repeated code, or with rows that cancel out"),
    "PL-11": ("error", "use in production without an approver"),
    "PL-12": ("warning", "a maximum total that the allowed bolus and rates reach within a day"),
    "PL-13": ("warning", "a lowest rate and a least duration that together exceed the maximum total, also across protocols"),
    "PL-14": ("warning", "the weight at which a limit in mg and a limit in mg/kg meet, also across protocols"),
    "PL-15": ("warning", "rates that fit no context"),
    "PL-16": ("warning", "rates that fit two contexts"),
    "PL-17": ("warning", "a comparator that differs from that of the quote or the named original"),
    "PL-18": ("warning", "a benchmark whose own regimen fails a dose rule of the protocol"),
    "PL-19": ("warning", "a benchmark without population, design, window, interval or responder definition"),
    "PL-20": ("warning", "sessions shorter than the assessment interval"),
    "PL-21": ("warning", "a tolerance band above 5 %"),
    "PL-22": ("warning", "a follow-up window that overlaps the session or the next series"),
    "PL-23": ("warning", "a session gap above 24 h, or a series gap shorter than the session gap"),
    "PL-24": ("warning", "a rule that concerned no session, or could not judge more than 20 % of those it concerned"),
    "PL-25": ("warning", "a micro sign, minus sign or dash where the unit grammar does not know it"),
    "PL-26": ("warning", "a scale without direction or trigger"),
    "PL-27": ("warning", "text under a licence: SNOMED CT, CPT, or the wording of a scale"),
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: which check says so, where, what, and what to do next."""

    check: str
    key: str  # dotted: rules.KD-01.limit; empty: the whole file
    what: str
    todo: str = ""
    level: Level | None = None  # where it differs from that of the check
    line: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether it stops a run."""
        return (self.level or CHECKS[self.check][0]) == "error"

    def in_text(self, text: str) -> Problem:
        """The same problem with the line of its key."""
        return self if self.line else replace(self, line=line_of(text, tuple(self.key.split("."))))

    def sentence(self, name: str) -> str:
        """One line for an error message."""
        place = f"{name}{f', line {self.line}' if self.line else ''}"
        return f"{place}: {f'{self.key}: ' if self.key else ''}{self.what} ({self.check})"

    def entry(self) -> dict[str, object]:
        """The problem for machines: a manifest, --json."""
        level = "error" if self.is_error else "warning"
        return {"check": self.check, "level": level, "line": self.line, "key": self.key, "what": self.what, "next": self.todo}


def refusal(name: str, problems: Iterable[Problem]) -> UserError:
    """One error that names all of them."""
    errors = list(problems)
    steps = dict.fromkeys(each.todo for each in errors if each.todo)
    return UserError.many((each.sentence(name) for each in errors), hint="\n".join(steps) or None)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, then by line."""
    return sorted(problems, key=lambda each: (not each.is_error, each.line or 0, each.check, each.key, each.what))


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line of a key, or of its table's header; None when the file writes it in another way."""
    path = tuple(part for part in path if not part.isdigit())  # the number of an array entry is not written
    table, found = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([^\[\]]+)\]", line):
            table = header[1].replace(" ", "").replace('"', "")
            if table in (".".join(path), ".".join(path[:-1])):
                found = found or number
        elif table == ".".join(path[: table.count(".") + 1]) and (key := re.match(r'\s*"?([\w-]+)"?\s*=', line)):
            rest = path[table.count(".") + 1 :]
            if rest and key[1] == rest[0]:
                return number
    return found
