"""The site for readers outside the quality team: six aggregated pages, nothing from which a count of 1 to 10 can be worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from infusion_audit_reports import control, pages, small_charts, strata
from infusion_audit_reports.control import Count
from infusion_audit_reports.disclosure import Counts, Release, decide
from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, percent
from infusion_audit_reports.outcomes import UNCONTROLLED, WINDOWS
from infusion_audit_reports.statistics import LEAST_COMPLETENESS, wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.suppression import LEAST, hidden_cells, rounded, row

NAVIGATION = (
    ("index.html", "Summary"),
    ("scorecard.html", "Scorecard"),
    ("selection.html", "Selection"),
    ("outcomes.html", "Outcomes"),
    ("trends.html", "Trends"),
    ("methods.html", "Methods"),
)
_DOSES = "dose_band"
_SESSIONS = ("compliant", "with_finding", "undecided", "out_of_scope")
_VERDICTS = ("compliant", "violation", "not_evaluable", "not_applicable")
_CALENDARS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("month", lambda day: day[:7]),
    ("quarter", lambda day: f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"),
    ("year", lambda day: day[:4]),
)
Shown = dict[str, int | None]


def external(
    data: Summaries, run: Mapping[str, Any], scored: Sequence[Row], earlier: Sequence[Release], small_numbers: str
) -> tuple[Row, list[Release]]:
    """What the pages say, and the releases to remember. Raises Refused where nothing may be shown."""
    days = data.rows("external_days")
    whole, selection = _whole(data, scored, days)
    calendar, parts = _parts(days, whole, earlier)
    mask = _rounded if small_numbers == "round" else _exact
    by_part = [(label, part) for label, part in parts] if calendar else []
    apart = [each for each in earlier if each.patients and (each.first, each.last) != (whole.first, whole.last)]
    whole.patients = not any(each.touches(whole) for each in apart)
    rules = [_rule(rule, mask(whole, rule["rule_id"])) for rule in scored]
    sessions = mask(whole, "sessions")
    total = rounded(whole.sessions) if small_numbers == "round" else whole.sessions
    in_scope = total - sessions["out_of_scope"] if total is not None and sessions["out_of_scope"] is not None else None
    rate = None if in_scope is None or sessions["compliant"] is None else wilson_95(min(sessions["compliant"], in_scope), in_scope)
    context: Row = {
        "total": total,
        "sessions": sessions,
        "rate": rate,
        "rules": rules,
        "gate": run["gate"]["status"],
        "least": LEAST,
        "rounding": small_numbers == "round",
        "selection": [one | {"strata": [(label, mask(whole, one["table"])[code]) for code, label in one["strata"]]} for one in selection],
        "outcomes": _outcomes(data, small_numbers) if whole.patients else None,
        "uncontrolled": UNCONTROLLED,
        "calendar": calendar,
        "trends": [_trend(rule, [(label, part.sessions, mask(part, rule["rule_id"])) for label, part in by_part]) for rule in scored],
        "parts": [
            (label, rounded(part.sessions) if small_numbers == "round" else part.sessions, mask(part, "sessions"))
            for label, part in by_part
        ],
    }
    return context, [whole, *(part for _, part in by_part)]


# ---------------------------------------------------------------- the counts


def _whole(data: Summaries, scored: Sequence[Row], days: Sequence[Row]) -> tuple[Release, list[Row]]:
    """All counts of the run's days, and how the strata are called."""
    tables: dict[str, Counts] = {rule["rule_id"]: {verdict: rule[verdict] for verdict in _VERDICTS} for rule in scored}
    tables["sessions"] = {name: sum(row[name] for row in days) for name in _SESSIONS}
    selection: list[Row] = []
    found: dict[str, dict[str, int]] = {}
    for each in data.rows("strata"):
        found.setdefault(each["stratifier"], {})[each["stratum"]] = each["sessions"]
    for one in strata.STRATIFIERS:
        counts = found.get(one.code, {})
        if one.code == _DOSES and any(0 < number < LEAST for number in counts.values()):
            continue  # the bands add up to the counts of the rule on the total: in part they would tell what that hides
        tables[f"stratum:{one.code}"] = counts
        labels = {**one.strata, strata.UNKNOWN: "Not known"}
        order = [
            (code, labels.get(code, code.replace("_", " "))) for code in (*labels, *sorted(counts.keys() - labels.keys())) if code in counts
        ]
        selection.append({"kx": one.kx, "title": one.title, "definition": one.definition, "strata": order, "table": f"stratum:{one.code}"})
    first, last = (days[0]["local_day"], days[-1]["local_day"]) if days else ("1970-01-01", "1970-01-01")
    return Release(date.fromisoformat(first), date.fromisoformat(last), sum(row["sessions"] for row in days), tables), selection


def _parts(days: Sequence[Row], whole: Release, earlier: Sequence[Release]) -> tuple[str | None, list[tuple[str, Release]]]:
    """The finest calendar in which no part is too small to be shown, with what of it is shown; decides the whole as well."""
    for calendar, label_of in _CALENDARS:
        grouped: dict[str, list[Row]] = {}
        for each in days:
            grouped.setdefault(label_of(each["local_day"]), []).append(each)
        parts = [(label, _part(rows)) for label, rows in grouped.items()] if len(grouped) > 1 else []
        if decide(whole, [part for _, part in parts], earlier) and parts:
            return calendar, parts
    return None, []


def _part(days: Sequence[Row]) -> Release:
    tables: dict[str, Counts] = {"sessions": {name: sum(row[name] for row in days) for name in _SESSIONS}}
    for each in days:
        for rule_id, *counts in each["verdicts"]:
            table = tables.setdefault(rule_id, dict.fromkeys(_VERDICTS, 0))
            for verdict, number in zip(_VERDICTS, counts, strict=True):
                table[verdict] += number
    first, last = date.fromisoformat(days[0]["local_day"]), date.fromisoformat(days[-1]["local_day"])
    return Release(first, last, sum(row["sessions"] for row in days), tables)


def _exact(release: Release, table: str) -> Shown:
    shown = (release.shown or {}).get(table, set[str]())
    return {part: number if part in shown else None for part, number in release.tables[table].items()}


def _rounded(release: Release, table: str) -> Shown:
    return {part: rounded(number) for part, number in release.tables[table].items()}


# ---------------------------------------------------------------- the pages


def _rule(rule: Row, shown: Shown) -> Row:
    met, missed = shown["compliant"], shown["violation"]
    return {
        **{key: rule[key] for key in ("rule_id", "slug", "statement", "severity", "mark", "mark_label", "site_interval")},
        **shown,
        "n": None if met is None or missed is None else met + missed,
        "rate": None if met is None or missed is None else wilson_95(met, met + missed),
    }


def _trend(rule: Row, parts: Iterable[tuple[str, int, Shown]]) -> Row:
    rows: list[Row] = []
    for label, _, shown in parts:
        met, missed = shown["compliant"], shown["violation"]
        judged = None if met is None or missed is None else met + missed
        rows.append({"label": label, "met": met, "missed": missed, "rate": wilson_95(met or 0, judged) if judged else None})
    whole = [
        Count(each["label"], each["met"], each["met"] + each["missed"])
        for each in rows
        if each["met"] is not None and each["missed"] is not None
    ]
    entry = {key: rule[key] for key in ("rule_id", "slug", "statement")} | {"rows": rows, "chart": None}
    entry["told"] = any(each["met"] is not None or each["missed"] is not None for each in rows)
    if len(whole) < len(rows) or len(whole) < 2 or control.rare(whole, sum(each.total - each.hits for each in whole)):
        return entry
    phases = control.p_chart(whole)
    if not phases or sum(len(phase.points) for phase in phases) < 2:
        return entry
    points = [point for phase in phases for point in phase.points]
    says = f"{points[-1].label}: {percent(points[-1].value)}; centre {percent(phases[-1].centre)}."
    says += " Provisional: fewer than 12 points." if phases[-1].provisional else ""
    name, title = f"p-{rule['slug']}", f"{rule['rule_id']}: sessions that meet the statement"
    svg = small_charts.control_chart(name, title, says, phases, range(len(points)), scale=100, unit=" %")
    table = [
        (point.label, count(each.hits), count(each.total), percent(point.value))
        for point, each in zip(points, [w for w in whole if w.total], strict=True)
    ]
    return entry | {"chart": Chart(name, title, says, svg, ("Period", "Meets it", "Judged", "Share"), table)}


def _outcomes(data: Summaries, small_numbers: str) -> list[Row]:
    """Responders of one session a patient; each window a row of its own."""
    found = {each["window_code"]: each for each in data.rows("outcomes") if each["unit"] == "patient"}
    windows: list[Row] = []
    for code, (label, meaning) in WINDOWS.items():
        if code not in found:
            continue
        each = found[code]
        due = each["due"] - each["baseline_zero"]
        counts = {
            "responders": each["responders_30"],
            "others": each["followed"] - each["responders_30"],
            "not_followed": due - each["followed"],
        }
        if small_numbers == "round":
            shown: Shown = {name: rounded(number) for name, number in (counts | {"total": due}).items()}
        else:
            hidden = hidden_cells(row(counts, due))
            shown = {name: None if name in hidden else number for name, number in (counts | {"total": due}).items()}
        followed = None if shown["responders"] is None or shown["others"] is None else shown["responders"] + shown["others"]
        complete = followed is not None and due > 0 and each["followed"] >= LEAST_COMPLETENESS * due
        windows.append(
            {
                "label": label,
                "meaning": meaning,
                **shown,
                "rate": wilson_95(shown["responders"] or 0, followed) if complete and followed else None,
                "change": each["change_lowest"] if complete and followed and each["followed"] >= LEAST else None,
            }
        )
    return windows


def methods(data: Summaries, run: Mapping[str, Any], scored: Sequence[Row]) -> Row:
    """The methods page without what counts sessions."""
    return pages.methods(data, run, scored) | {"readings": [], "trace": []}
