"""Protocol files: found, read, checked in full, and put into the tables that the rules join.

No rule reads the file. Rules see the temporary tables ``rule`` and ``setting``, so that a limit and what was observed
stand side by side in SQL. All problems of a file are named in one error, each with its line and key.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.protocol_model import Contraindications, Protocol, RespiratoryKind, Severity
from infusion_audit.protocol_problem import Problem, in_order, refusal
from infusion_audit.protocol_schema import checked
from infusion_audit.suggest import did_you_mean

if TYPE_CHECKING:
    from infusion_audit.engine import Connection
    from infusion_audit.rulebook import Rulebook

__all__ = ["Protocol", "install", "load_protocol", "not_judged", "read_protocol", "setting_values", "shipped_protocols"]

# What may change about a version without making it another one: who approved it, and until when it is in force.
_NOT_CONTENT = ("approved_by", "production", "effective_to")


# ---------------------------------------------------------------- finding and reading


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
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        return Reading(name, text, None, [Problem("PL-01", "", "is not UTF-8 text", "Save the file in the encoding UTF-8.")])
    except (tomllib.TOMLDecodeError, ArithmeticError, RecursionError) as error:
        return Reading(name, text, None, [Problem("PL-01", "", f"is not valid TOML: {error}")])
    protocol, problems = checked(content, shipped_protocols())
    placed = in_order(problem.in_text(text) for problem in problems)
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


# ---------------------------------------------------------------- into the engine


def install(connection: Connection, protocol: Protocol, rulebook: Rulebook) -> None:
    """Create the temporary tables ``rule`` (enabled rules that this release can judge) and ``setting`` (one row)."""
    connection.execute(
        """
        create or replace temp table rule (
            rule_id varchar, name varchar, title varchar, family varchar, quantity varchar, finding varchar, why varchar,
            severity varchar, limit_low decimal(18, 6), limit_high decimal(18, 6), comparator varchar, unit varchar,
            source varchar, quote varchar, seed_line integer, statement varchar,
            citation varchar, certainty varchar, marginal_factor decimal(5, 4),
            population varchar, exclusions varchar, success varchar, responsible varchar, limitations varchar,
            needs varchar[], changes varchar[]
        )
        """
    )
    for rule_id, entry in sorted(protocol.rules.items()):
        if entry.enabled and (text := rulebook.get(rule_id)):
            what = (text.name, text.title, text.family, protocol.worded(text.quantity), protocol.worded(text.finding), text.why)
            limit = (entry.severity, entry.low, entry.high, entry.comparator, entry.unit)
            origin = (entry.source, entry.quote, entry.seed_line, entry.sentence, entry.citation, entry.certainty)
            measure = (
                text.population,
                text.exclusions,
                text.success,
                text.responsible,
                text.limitations,
                list(text.needs),
                list(text.changes),
            )
            row = (rule_id, *what, *limit, *origin, 1 + entry.marginal_percent / 100, *measure)
            connection.execute(f"insert into rule values ({', '.join('?' * len(row))})", row)
    _install_benchmarks(connection, protocol)
    settings = setting_values(protocol)
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in settings.items())
    connection.execute(f"create or replace temp table setting ({columns})")
    values = ", ".join(f"cast(? as {kind})" for kind, _ in settings.values())
    connection.execute(f"insert into setting values ({values})", [value for _, value in settings.values()])


def _install_benchmarks(connection: Connection, protocol: Protocol) -> None:
    """Create the temporary table ``benchmark``: the published figures of the protocol, as the report shows them."""
    number = "decimal(18, 6)"
    figures = (
        "figure",
        "interval_low",
        "interval_high",
        "comparison",
        "ratio",
        "ratio_low",
        "ratio_high",
        "from_h",
        "to_h",
        "responder_percent",
    )
    words = ("title", "unit", "measure", "display", "population", "indication", "design", "window", "responder_definition")
    words += ("regimen", "caveat", "source", "citation", "quote")
    columns = [f"{name}_words varchar" if name == "window" else f"{name} varchar" for name in words] + [
        f"{name} {number}" for name in figures
    ]
    connection.execute(f"create or replace temp table benchmark (benchmark_id varchar, {', '.join(columns)}, seed_line integer)")
    for benchmark_id, one in sorted(protocol.benchmarks.items()):
        ends = [of or (None, None) for of in (one.interval, one.ratio_interval, one.window_h)]
        numbers = (one.figure, *ends[0], one.comparison, one.ratio, *ends[1], *ends[2], one.responder_percent)
        row = (benchmark_id, *(getattr(one, name) for name in words), *numbers, one.seed_line)
        connection.execute(f"insert into benchmark values ({', '.join('?' * len(row))})", row)


def not_judged(protocol: Protocol, rulebook: Rulebook) -> list[dict[str, str]]:
    """The rules that the protocol asks for and this release cannot judge; the report must say so."""
    return [
        {"rule_id": rule_id, "statement": rule.sentence, "severity": rule.severity}
        for rule_id, rule in sorted(protocol.rules.items())
        if rule.enabled and rule_id not in rulebook
    ]


def setting_values(protocol: Protocol) -> dict[str, tuple[str, object]]:
    """The columns of ``setting``: their types and values."""
    number, text = "decimal(18, 6)", "varchar"
    p, watch = protocol, protocol.monitoring
    return {
        "product": (text, p.scope.product),
        "effective_from": ("date", p.protocol.effective_from),
        "effective_to": ("date", p.protocol.effective_to),
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
        "one_event_min": (number, watch.one_event_min),
        "transient_min": (number, watch.transient_min),
        "triggers": ('struct(kind varchar, comparator varchar, "limit" decimal(18, 6))[]', watch.triggers.listed()),
        "series_gap_d": (number, p.series.gap_d),
        "series_review_d": (number, p.series.review_d),
        **{name: (number, getattr(p.contraindications, name)) for name in Contraindications.numbers()},
        "elderly_age": (number, p.strata.elderly_age),
        "selection_lookback_d": (number, p.selection.lookback_d),
        "selection_min_days": (number, p.selection.min_days),
        **{f"review_{severity}_d": (number, getattr(p.review, f"{severity}_d")) for severity in get_args(Severity)},
        "review_second": ("varchar[]", list(p.review.second_reviewer)),
    }
