"""The shipped rules: one SQL file each, whose TOML header says in words what the query decides.

``kd01_bolus_above_limit.sql`` is rule ``KD-01``: the id and the name come from the file name and so cannot disagree.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.suggest import did_you_mean

_FILE_NAME = re.compile(r"([a-z]{2})(\d{2})_([a-z0-9_]+)")
_HEADER = re.compile(r"\s*/\*(.*?)\*/(.*)", re.DOTALL)
_MEASURE = ("population", "exclusions", "success", "responsible", "limitations")  # what a published measure says, beside its rationale
_REQUIRED = ("title", "family", "quantity", "finding", "why", "needs", *_MEASURE)
_OPTIONAL = ("changes",)
_LISTS = ("needs", "changes")
# What a rule's query gives for every session; a grade only where a limit is one of dose.
_ANSWER = ("session_no", "applies", "violates", "observed_low", "observed_high", "reason", "flags", "evidence")
_GRADE = ("marginal", "below_range")
_FOUND = ("found",)


@dataclass(frozen=True)
class RuleText:
    """A rule as its file tells it."""

    rule_id: str
    name: str  # bolus_above_limit
    path: Path
    title: str
    family: str
    quantity: str
    finding: str  # a sentence with {placeholders} for what was observed and allowed
    why: str
    needs: tuple[str, ...]
    population: str
    exclusions: str
    success: str  # when a session meets the statement
    responsible: str  # the role that can change the result
    limitations: str
    changes: tuple[str, ...]  # what changed about the rule, by release
    sql: str  # the query alone, as it is run

    def slips(self, columns: Sequence[str]) -> list[str]:
        """What is wrong with the columns that the query gives: a verdict is made of these and no others."""
        required = (*_ANSWER, *_GRADE) if self.family == "dosing" else _ANSWER
        known = (*required, *_FOUND)
        slips = [f"{each} is missing" for each in required if each not in columns]
        slips += [f"{each} is unknown{did_you_mean(each, known)}" for each in columns if each not in known]
        slips += [f"{each} is given twice" for each in dict.fromkeys(columns) if columns.count(each) > 1]
        return [f"{self.path.name}: {each}" for each in slips]


@dataclass(frozen=True)
class Rulebook:
    """All rules of this release, in the order of their ids."""

    rules: dict[str, RuleText]

    @classmethod
    def load(cls, folder: Path | None = None) -> Rulebook:
        """Read every rule file of a folder (the shipped one by default); all problems are in one error."""
        problems: list[str] = []
        rules: dict[str, RuleText] = {}
        for file in sorted((folder or resource("sql") / "rules").glob("*.sql")):
            try:
                rule = _read(file)
            except UserError as error:
                problems.append(error.message)
                continue
            if rule.rule_id in rules:
                problems.append(f"{file.name}: {rule.rule_id} is already {rules[rule.rule_id].path.name}")
            rules[rule.rule_id] = rule
        if problems:
            raise UserError.many(problems)
        return cls(rules)

    def __iter__(self) -> Iterator[RuleText]:
        return iter(self.rules.values())

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self.rules

    def get(self, rule_id: str) -> RuleText | None:
        """The rule, or None when this release does not ship it."""
        return self.rules.get(rule_id)


def _read(file: Path) -> RuleText:
    name = _FILE_NAME.fullmatch(file.stem)
    if not name:
        raise UserError(f"{file.name}: a rule file is called like kd01_bolus_above_limit.sql")
    parts = _HEADER.fullmatch(file.read_text("utf-8"))
    if not parts:
        raise UserError(f"{file.name}: must begin with a comment /* ... */ that holds the header as TOML")
    try:
        header: dict[str, Any] = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file.name}: the header is not valid TOML: {error}") from error
    keys = (*_REQUIRED, *_OPTIONAL)
    problems = [f"{key}: is missing" for key in _REQUIRED if key not in header]
    problems += [f"{key}: unknown key{did_you_mean(key, keys)}" for key in header if key not in keys]
    problems += [f"{key}: must be text" for key, value in header.items() if key not in _LISTS and not isinstance(value, str)]
    lists = {key: cast(list[object], header.get(key, [])) for key in _LISTS}
    problems += [
        f"{key}: must be a list of texts"
        for key, listed in lists.items()
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed)  # pyright: ignore[reportUnnecessaryIsInstance]
    ]
    sql = parts[2].strip().removesuffix(";").strip()
    if not sql:
        problems.append("holds no query")
    if problems:
        raise UserError.many(f"{file.name}: {problem}" for problem in problems)
    words: dict[str, Any] = {key: header[key] for key in _REQUIRED if key not in _LISTS}
    words |= {key: tuple(map(str, listed)) for key, listed in lists.items()}
    return RuleText(rule_id=f"{name[1].upper()}-{name[2]}", name=name[3], path=file, sql=sql, **words)
