"""Protocol files: found, read and checked in full. All problems of a file are named in one error, each with its line and key."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.protocol.model import Protocol
from infusion_audit.protocol.problem import Problem, in_order, refusal
from infusion_audit.protocol.schema import checked
from infusion_audit.suggest import did_you_mean

# What may change about a version without making it another one: who approved it, and until when it is in force.
_MOST_BYTES = 1024 * 1024
_MOST_PROBLEMS = 100
_NOT_CONTENT = ("approved_by", "production", "effective_to")


def shipped_protocols() -> dict[str, Path]:
    """The protocol files that come with the product, by id."""
    return {file.stem: file for file in sorted(resource("protocols").glob("*.toml"))}


@dataclass(frozen=True)
class Reading:
    """What came of reading a file: the protocol, unless its form is wrong, and what is wrong."""

    name: str
    text: str
    protocol: Protocol | None
    problems: list[Problem]


def load_protocol(file_or_id: str) -> Protocol:
    """Read a protocol by the id of a shipped one or by file name; every problem of the file's form is in one error."""
    reading = read_protocol(file_or_id)
    if reading.protocol is None or reading.problems:
        raise refusal(reading.name, reading.problems)
    return reading.protocol


def read_protocol(file_or_id: str) -> Reading:
    """The same without refusing a file for its form."""
    file = _find(file_or_id)
    name = file_or_id if file_or_id.endswith(".toml") else file.name
    text = ""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            return Reading(name, text, None, [Problem("PL-01", "", "is larger than 1 MB, which no protocol is")])
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        return Reading(name, text, None, [Problem("PL-01", "", "is not UTF-8 text", "Save the file in the encoding UTF-8.")])
    except (tomllib.TOMLDecodeError, ArithmeticError, RecursionError) as error:
        return Reading(name, text, None, [Problem("PL-01", "", f"is not valid TOML: {error}")])
    protocol, problems = checked(content, shipped_protocols())
    placed = in_order(problem.in_text(text) for problem in problems[:_MOST_PROBLEMS])
    if (more := len(problems) - _MOST_PROBLEMS) > 0:
        placed.append(Problem("PL-01", "", f"has {more} more problems"))
    if protocol:
        protocol.read_from(text, hashlib.sha256(raw).hexdigest(), _content_sha256(content))
    return Reading(name, text, protocol, placed)


def _content_sha256(content: dict[str, Any]) -> str:
    """The hash of what a file says, whatever its comments, layout, order of keys and way to write a number."""
    identity = {key: value for key, value in content["protocol"].items() if key not in _NOT_CONTENT}
    said = json.dumps(_canonical(content | {"protocol": identity}), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {key: _canonical(each) for key, each in cast(dict[str, object], value).items()}
    if isinstance(value, list):
        return [_canonical(each) for each in cast(list[object], value)]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return value if isinstance(value, bool) else str(value)


def _find(file_or_id: str) -> Path:
    shipped = shipped_protocols()
    if file_or_id in shipped:
        return shipped[file_or_id]
    file = Path(file_or_id)
    if file.is_file():
        return file
    if file_or_id.endswith(".toml") or len(file.parts) > 1:
        raise UserError(f"protocol file {file_or_id} does not exist", hint="infusion-audit protocol list names the shipped protocols.")
    raise UserError(
        f'no protocol is called "{file_or_id}"{did_you_mean(file_or_id, shipped)}',
        hint=f"Give a file name, or one of: {', '.join(shipped)}.",
    )
