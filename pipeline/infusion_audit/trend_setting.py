"""``trends.toml`` of a workspace: where the control charts start anew, what froze their limits, and whether funnels name units."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from infusion_audit.errors import UserError
from infusion_audit.suggest import did_you_mean

_KEYS = ("from", "until", "rules", "why")


@dataclass(frozen=True)
class Rebase:
    """A phase of the charts: it begins with a month, and the months up to the last one set its limits."""

    first: str
    last: str | None
    rules: tuple[str, ...]  # none: all
    why: str


@dataclass(frozen=True)
class TrendSetting:
    """What a quality team decided about its charts; nothing by default."""

    rebases: tuple[Rebase, ...] = ()
    names: bool = False
    """Whether funnels show the ids of sites and prescribers in place of codes."""

    def facts(self) -> dict[str, Any]:
        return {"rebases": [asdict(each) for each in self.rebases], "names": self.names}


def read_trend_setting(workspace: Path, rules: Collection[str] = ()) -> TrendSetting:
    """The settings in ``trends.toml`` of the workspace; every mistake in it is told at once. ``rules`` are those that exist."""
    file = workspace / "trends.toml"
    if not file.is_file():
        return TrendSetting()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not valid TOML: {error}") from None
    problems = [
        f'there is no key "{key}"{did_you_mean(key, ("baseline", "funnel"))}' for key in content if key not in ("baseline", "funnel")
    ]
    entries: Any = content.get("baseline", [])
    funnel: Any = content.get("funnel", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
        entries, problems = [], [*problems, "baselines are written as [[baseline]] tables"]
    show = cast("dict[str, Any]", funnel) if isinstance(funnel, dict) else {"": funnel}
    if set(show) - {"names"} or not isinstance(show.get("names", False), bool):
        problems.append("[funnel] holds nothing but names = true or false")
    baselines = cast("list[dict[str, Any]]", entries)
    rebases = [_rebase(entry, f"baseline {at}: ", rules, problems) for at, entry in enumerate(baselines, 1)]
    for at, one in enumerate(rebases, 1):
        twin = next((n for n, other in enumerate(rebases[at:], at + 1) if other.first == one.first and _meet(other, one)), None)
        if twin:
            problems.append(f"baselines {at} and {twin} begin in the same month for the same rule")
    if problems:
        raise UserError.many([f"{file}: {problem}" for problem in problems])
    return TrendSetting(tuple(sorted(rebases, key=lambda one: one.first)), show.get("names", False))


def _meet(one: Rebase, other: Rebase) -> bool:
    return not one.rules or not other.rules or bool(set(one.rules) & set(other.rules))


def _rebase(entry: dict[str, Any], where: str, known: Collection[str], problems: list[str]) -> Rebase:
    problems += [f'{where}there is no key "{key}"{did_you_mean(key, _KEYS)}' for key in entry if key not in _KEYS]
    first, last, why, rules = (entry.get(key) for key in ("from", "until", "why", "rules"))
    for key, value in (("from", first), ("until", last)):
        if not (key == "until" and value is None) and not (isinstance(value, str) and re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value)):
            problems.append(f"{where}{key} is not a month such as 2026-04")
    if isinstance(first, str) and isinstance(last, str) and last < first:
        problems.append(f"{where}until lies before from")
    if not isinstance(why, str) or not why.strip():
        problems.append(f"{where}why is missing: say what changed, the page prints it")
    named = [str(rule) for rule in cast("list[Any]", rules)] if isinstance(rules, list) else []
    if rules is not None and not isinstance(rules, list):
        problems.append(f"{where}rules is not a list of rule ids")
    problems += [f'{where}there is no rule "{rule}"{did_you_mean(rule, known)}' for rule in named if known and rule not in known]
    return Rebase(str(first), last if isinstance(last, str) else None, tuple(named), str(why or ""))
