"""A protocol file's content held against its shape and against the shipped rules; every problem in an editor's words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infusion_audit.protocol.model import Protocol
from infusion_audit.protocol.problem import Problem
from infusion_audit.protocol.types import SIDES
from infusion_audit.suggest import did_you_mean

# What a protocol may not leave to a default: two sites would read the same file differently.
_MUST_BE_STATED = ("scope", "scope.product", "weight", "weight.basis", "session", "session.gap_min", "total", "total.count_pca")


def checked(content: dict[str, Any], shipped: Mapping[str, Path]) -> tuple[Protocol | None, list[Problem]]:
    """The protocol, unless its form is wrong, and everything that is wrong with its form."""
    problems: list[Problem] = []
    protocol = None
    try:
        protocol = Protocol.model_validate(content)
    except ValidationError as error:
        problems += [_problem(each) for each in error.errors(include_url=False)]
    problems += _against_shipped(content.get("rules"), shipped)
    if protocol and not any(rule.enabled for rule in protocol.rules.values()):
        problems.append(Problem("PL-01", "rules", "no rule is enabled"))
    return protocol, problems


def _problem(error: ErrorDetails) -> Problem:
    path = _path(error)
    key, words = ".".join(path), _words(error)
    unstated = (error["type"] == "missing" and key in _MUST_BE_STATED) or words == "a limit needs a comparator and a unit"
    return Problem("PL-06" if unstated else "PL-01", key, words)


def _against_shipped(rules: object, shipped: Mapping[str, Path]) -> Iterator[Problem]:
    """Problems that only the shipped entries can show: an id that no rule has, another unit, a limit on the other side.

    A rule's SQL computes one quantity in one unit, so an entry in another unit would silently judge nonsense.
    """
    known: dict[str, dict[str, Any]] = {}
    for file in shipped.values():
        for rule_id, entry in tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)["rules"].items():
            known.setdefault(rule_id, entry)
    for rule_id, entry in _table(rules).items():
        key, model, entry = f"rules.{rule_id}", known.get(rule_id), _table(entry)
        if model is None:
            yield Problem("PL-01", key, f"no rule has this id{did_you_mean(rule_id, known)}")
            continue
        if "limit" in model and "limit" not in entry:
            yield Problem("PL-01", f"{key}.limit", "is missing")
        unit, side, wanted = model.get("unit"), SIDES.get(str(entry.get("comparator"))), SIDES.get(str(model.get("comparator")))
        if entry.get("unit", unit) != unit:
            yield Problem("PL-04", f"{key}.unit", f'must be "{unit}", the unit that the rule computes' if unit else "this rule has no unit")
        if side and side != wanted:
            yield Problem("PL-01", f"{key}.comparator", f"must be that of {wanted} limit" if wanted else "this rule has no limit")


def _table(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _path(error: ErrorDetails) -> tuple[str, ...]:
    return tuple(str(part) for part in error["loc"])


def _words(error: ErrorDetails) -> str:
    """pydantic's message in the words of somebody who edits a file."""
    kind, path, context = error["type"], _path(error), error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return f"unknown key{did_you_mean(path[-1], _keys_at(path[:-1]))}"
        case "missing":
            return f"the table [{'.'.join(path)}] is missing" if len(path) == 1 else "is missing"
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            return f"must be one of {', '.join(allowed)}, not {error['input']!r}{did_you_mean(str(error['input']), allowed)}"
        case "value_error":
            return str(context.get("error"))
        case "string_type" | "string_pattern_mismatch" if path[-1] == "version":
            return 'must be text in quotes, such as "1.0"'
        case "string_too_short":
            return "must not be empty"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table: [{'.'.join(path)}]"
        case "bool_type":
            return "must be true or false, without quotes"
        case "string_type":
            return "must be text in quotes"
        case _:
            return error["msg"].replace("Input should", "must").replace("String should", "must")


def _keys_at(path: tuple[str, ...]) -> list[str]:
    """The keys that a table of the file may have."""
    model: Any = Protocol
    for part in path:
        # where there is no model: a rule id, or the number of an array entry
        model = model.model_fields[part].annotation if _is_model(model) else next(filter(_is_model, get_args(model)))
    return list(model.model_fields) if _is_model(model) else []


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
