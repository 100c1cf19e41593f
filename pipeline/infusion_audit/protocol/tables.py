"""A protocol as the rules read it: temporary tables, so that a limit and what was observed stand side by side in SQL.

No rule reads the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from infusion_audit.protocol.model import Protocol
from infusion_audit.protocol.monitoring import RespiratoryKind
from infusion_audit.protocol.settings import Contraindications
from infusion_audit.protocol.types import Severity

if TYPE_CHECKING:
    from infusion_audit.engine import Connection
    from infusion_audit.rulebook import Rulebook


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
