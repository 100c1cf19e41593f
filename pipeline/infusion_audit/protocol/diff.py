"""What differs between two protocols: settings, rules, limits, sources, benchmarks; layout and comments do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from infusion_audit.protocol.model import Protocol
from infusion_audit.protocol.types import SYMBOLS


@dataclass(frozen=True)
class Difference:
    """One key that two protocols answer differently; None where a file has no such entry."""

    key: str
    before: str | None
    after: str | None


def differences(one: Protocol, other: Protocol) -> list[Difference]:
    """Every key that differs, in the order of a protocol file; a rule that only one file has is one difference."""
    return list(_between("", _content(one), _content(other)))


def _content(protocol: Protocol) -> dict[str, Any]:
    content = protocol.model_dump()
    content["not_judged"] = {each.statement: each.model_dump(exclude={"statement"}) for each in protocol.not_judged}
    return content


def _between(path: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys((*one, *other)):
        before, after = one.get(key), other.get(key)
        where = f"{path}.{key}" if path else key
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _between(where, cast(dict[str, Any], before), cast(dict[str, Any], after))
        else:
            yield Difference(where, _words(key, cast(object, before)), _words(key, cast(object, after)))


def _words(key: str, value: object) -> str | None:
    """A value as a person writes it; an entry that only one file has in its own words."""
    if value is None:
        return None
    if isinstance(value, dict):
        entry = cast(dict[str, Any], value)
        stated = {name: each for name, each in entry.items() if name in _TELLING and each not in (None, "")}
        return ", ".join(f"{name} {_words(name, each)}" for name, each in stated.items()) or "stated"
    if isinstance(value, list | tuple):
        return ", ".join(_words("", each) or "-" for each in cast("list[object]", value)) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return SYMBOLS.get(str(value), str(value)) if "comparator" in key else str(value)


# What an entry that only one file has is told by.
_TELLING = (
    "enabled",
    "severity",
    "comparator",
    "limit_low",
    "limit",
    "unit",
    "figure",
    "direction",
    "until_min",
    "interval_min",
    "rate",
    "hours",
    "why",
    "source",
)
