"""Protocol files: found, read, checked in full, and put into the tables that the rules join.

No rule reads the file. Rules see the temporary tables ``rule`` and ``setting``, so that a limit and what was observed
stand side by side in SQL. All problems of a file are named in one error, each with its line and key.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.protocol_model import SIDES, Protocol, RespiratoryKind, Severity
from infusion_audit.suggest import did_you_mean

if TYPE_CHECKING:
    from infusion_audit.engine import Connection
    from infusion_audit.rulebook import Rulebook

__all__ = ["Protocol", "install", "load_protocol", "not_judged", "shipped_protocols"]


# ---------------------------------------------------------------- finding and reading


def shipped_protocols() -> dict[str, Path]:
    """The protocol files that come with the product, by id."""
    return {file.stem: file for file in sorted(resource("protocols").glob("*.toml"))}


def load_protocol(file_or_id: str) -> Protocol:
    """Read a protocol by the id of a shipped one or by file name; every problem of the file is in one error."""
    file = _find(file_or_id)
    name = file_or_id if file_or_id.endswith(".toml") else file.name
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: is not UTF-8 text", hint="Save the file in the encoding UTF-8.") from error
    except (tomllib.TOMLDecodeError, ArithmeticError, RecursionError) as error:
        raise UserError(f"{name}: is not valid TOML: {error}") from error
    return _checked(content, name, text).read_from(text, hashlib.sha256(raw).hexdigest())


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


# ---------------------------------------------------------------- checking


def _checked(content: dict[str, Any], name: str, text: str) -> Protocol:
    problems: list[tuple[tuple[str, ...], str]] = []
    protocol = None
    try:
        protocol = Protocol.model_validate(content)
    except ValidationError as error:
        problems += [(_path(each), _words(each)) for each in error.errors(include_url=False)]
    problems += _against_shipped(content.get("rules"))
    if protocol and not any(rule.enabled for rule in protocol.rules.values()):
        problems.append((("rules",), "no rule is enabled"))
    if protocol is None or problems:
        placed = sorted((_line_of(text, path) or 0, ".".join(path), what) for path, what in problems)
        raise UserError.many(f"{name}{f', line {line}' if line else ''}: {f'{key}: ' if key else ''}{what}" for line, key, what in placed)
    return protocol


def _against_shipped(rules: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """Problems that only the shipped entries can show: an id that no rule has, another unit, a limit on the other side.

    A rule's SQL computes one quantity in one unit, so an entry in another unit would silently judge nonsense.
    """
    known: dict[str, dict[str, Any]] = {}
    for file in shipped_protocols().values():
        known |= tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)["rules"]
    for rule_id, entry in _table(rules).items():
        path, model, entry = ("rules", rule_id), known.get(rule_id), _table(entry)
        if model is None:
            yield path, f"no rule has this id{did_you_mean(rule_id, known)}"
            continue
        if "limit" in model and "limit" not in entry:
            yield (*path, "limit"), "is missing"
        unit, side, wanted = model.get("unit"), SIDES.get(str(entry.get("comparator"))), SIDES.get(str(model.get("comparator")))
        if entry.get("unit", unit) != unit:
            yield (*path, "unit"), f'must be "{unit}", the unit that the rule computes' if unit else "this rule has no unit"
        if side and side != wanted:
            yield (*path, "comparator"), f"must be that of {wanted} limit" if wanted else "this rule has no limit"


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
        model = model.model_fields[part].annotation if _is_model(model) else get_args(model)[-1]
    return list(model.model_fields) if _is_model(model) else []


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line of a key, or of its table's header; None when the file writes it in another way."""
    table, found = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = header[1].replace(" ", "").replace('"', "")
            if table in (".".join(path), ".".join(path[:-1])):
                found = number
        elif table == ".".join(path[: table.count(".") + 1]) and (key := re.match(r'\s*"?([\w-]+)"?\s*=', line)):
            rest = path[table.count(".") + 1 :]
            if rest and key[1] == rest[0]:
                return number
    return found


# ---------------------------------------------------------------- into the engine


def install(connection: Connection, protocol: Protocol, rulebook: Rulebook) -> None:
    """Create the temporary tables ``rule`` (enabled rules that this release can judge) and ``setting`` (one row)."""
    connection.execute(
        """
        create or replace temp table rule (
            rule_id varchar, name varchar, title varchar, family varchar, quantity varchar, finding varchar, why varchar,
            severity varchar, limit_low decimal(18, 6), limit_high decimal(18, 6), comparator varchar, unit varchar,
            source varchar, quote varchar, seed_line integer, statement varchar
        )
        """
    )
    for rule_id, entry in sorted(protocol.rules.items()):
        if entry.enabled and (text := rulebook.get(rule_id)):
            what = (text.name, text.title, text.family, text.quantity, text.finding, text.why)
            limit = (entry.severity, entry.low, entry.high, entry.comparator, entry.unit)
            row = (rule_id, *what, *limit, entry.source, entry.quote, entry.seed_line, entry.sentence)
            connection.execute(f"insert into rule values ({', '.join('?' * len(row))})", row)
    settings = _settings(protocol)
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in settings.items())
    connection.execute(f"create or replace temp table setting ({columns})")
    values = ", ".join(f"cast(? as {kind})" for kind, _ in settings.values())
    connection.execute(f"insert into setting values ({values})", [value for _, value in settings.values()])


def not_judged(protocol: Protocol, rulebook: Rulebook) -> list[dict[str, str]]:
    """The rules that the protocol asks for and this release cannot judge; the report must say so."""
    return [
        {"rule_id": rule_id, "statement": rule.sentence, "severity": rule.severity}
        for rule_id, rule in sorted(protocol.rules.items())
        if rule.enabled and rule_id not in rulebook
    ]


def _settings(protocol: Protocol) -> dict[str, tuple[str, object]]:
    number, text = "decimal(18, 6)", "varchar"
    p, watch = protocol, protocol.monitoring
    return {
        "product": (text, p.scope.product),
        "age_min": (number, p.scope.age_min),
        "session_gap_min": (number, p.session.gap_min),
        "bolus_apply_to": (text, p.bolus.apply_to),
        "merge_window_min": (number, p.bolus.merge_window_min),
        "inferred_max_min": (number, p.bolus.inferred_max_min),
        "min_segment_min": (number, p.maintenance.min_segment_min),
        "weight_basis": (text, p.weight.basis),
        "lookback_d": (number, p.weight.lookback_d),
        "min_kg": (number, p.weight.min_kg),
        "max_kg": (number, p.weight.max_kg),
        "postsurgical_window_h": (number, p.context.postsurgical_window_h),
        "context_when_unknown": (text, p.context.when_unknown),
        "total_interpretation": (text, p.total.interpretation),
        "count_bolus": ("boolean", p.total.count_bolus),
        "count_pca": ("boolean", p.total.count_pca),
        "interval_min": (number, watch.interval_min),
        "grace_min": (number, watch.grace_min),
        "phases": ("struct(until_min integer, interval_min integer)[]", [phase.model_dump() for phase in watch.phases]),
        "baseline_min": (number, watch.baseline_min),
        "recovery_min": (number, watch.recovery_min),
        "pause_exempt_min": (number, watch.pause_exempt_min),
        "respiratory_any": ("boolean", watch.respiratory == "any"),
        "respiratory_kinds": ("varchar[]", list(get_args(RespiratoryKind) if watch.respiratory == "any" else watch.respiratory)),
        "series_gap_d": (number, p.series.gap_d),
        "series_review_d": (number, p.series.review_d),
        **{f"review_{severity}_d": (number, getattr(p.review, f"{severity}_d")) for severity in get_args(Severity)},
        "review_second": ("varchar[]", list(p.review.second_reviewer)),
    }
