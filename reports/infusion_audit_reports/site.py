"""Writes the pages: the report of one run, and the catalogue of all runs of a workspace."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infusion_audit_reports import cases as case_sheets
from infusion_audit_reports import charts, format, pages, quality, rule_pages, spc, strata, wording, worklist
from infusion_audit_reports import external as outside
from infusion_audit_reports import reviews as review
from infusion_audit_reports.beside import side_by_side
from infusion_audit_reports.catalogue import catalogue
from infusion_audit_reports.changes import changes
from infusion_audit_reports.compiled import CompiledTemplates
from infusion_audit_reports.contraindications import contraindications
from infusion_audit_reports.disclosure import Release
from infusion_audit_reports.doses import doses
from infusion_audit_reports.monitoring import monitoring
from infusion_audit_reports.outcomes import outcomes
from infusion_audit_reports.pharmacy import pharmacy
from infusion_audit_reports.summaries import Connection, Summaries
from infusion_audit_reports.units import units

_HERE = Path(__file__).parent
_NAVIGATION = (
    ("index.html", "Summary"),
    ("scorecard.html", "Scorecard"),
    ("findings.html", "Findings"),
    ("review.html", "Review"),
    ("doses.html", "Doses"),
    ("pharmacy.html", "Pharmacy"),
    ("monitoring.html", "Monitoring"),
    ("contraindications.html", "Contraindications"),
    ("selection.html", "Selection"),
    ("outcomes.html", "Outcomes"),
    ("trends.html", "Trends"),
    ("variation.html", "Variation"),
    ("changes.html", "Changes"),
    ("data-quality.html", "Data quality"),
    ("methods.html", "Methods"),
)
# what a de-identified copy leaves out: anything by month, for its dates are moved patient by patient
_BY_MONTH = ("trends.html", "changes.html")
_BESIDE = ("side-by-side.html", "Two protocols")
# what the manifest of an older release may leave out
_UNSTATED: dict[str, Any] = {
    "title": "",
    "standing": "",
    "approved_by": "",
    "source_text_sha256": "",
    "not_judged": [],
    "not_auditable": [],
    "effective_from": None,
    "effective_to": None,
}
_UNCOUNTED: dict[str, Any] = {"site": None, "alongside": None, "sessions_not_in_force": 0, "protocol_warnings": [], "deidentified": False}
_GLOBALS: dict[str, Any] = {"note": wording.NOTE, "kinds": wording.KINDS, "dispositions": tuple(wording.DISPOSITIONS)}
_FILTERS: dict[str, Any] = {
    "count": format.count,
    "percent": format.percent,
    "interval": format.interval,
    "plain": format.plain,
    "plural": format.plural,
    "statement": format.statement,
    "check": wording.check,
    "need": wording.need,
    "lower_first": wording.lower_first,
    "path": quote,
    "rule_page": rule_pages.page_name,
}


def render_run(
    connection: Connection,
    run: Mapping[str, Any],
    out: Path,
    *,
    summaries: Path,
    previous: Mapping[str, Any] | None = None,
    trace: Sequence[pages.Statement] = (),
    reviews: Mapping[str, Any] | None = None,
    history: Mapping[str, Any] | None = None,
    cases: int = 0,
    home: str | None = "../../index.html",
) -> list[Path]:
    """Write the self-contained site of one judged run into ``out`` and return its pages.

    ``connection`` holds the run's temporary tables, ``run`` is its manifest, ``summaries`` the folder of the SQL that
    the pages show, ``previous`` the manifest of the run before, for what changed, ``trace`` what became of every
    statement of the source text, ``reviews`` what the review ledger is worth, ``history`` what earlier runs say beside this one,
    ``cases`` for how many sessions a case sheet is made, of those that the table ``case_session`` holds, and ``home`` where the
    pages find all runs.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = Summaries(connection, summaries)
    run = {**_UNCOUNTED, **run, "protocol": {**_UNSTATED, **run["protocol"]}}
    scored = pages.rules(data)
    left_out = _BY_MONTH if run["deidentified"] else ()
    navigation = [each for each in (*_NAVIGATION, *([_BESIDE] if run["alongside"] else [])) if each[0] not in left_out]
    common: dict[str, Any] = {
        "run": run,
        "stamp": _stamp(run),
        "navigation": navigation,
        "home": home,
        "rules": scored,
        "audience": "internal",
    }
    sheets = case_sheets.names(data, cases)
    written, first, where, found = _findings(data, out, common, sheets)
    common |= {"first_page": first, "review": review.reviews(data, {**review.NONE, **(reviews or {})}, scored, where)}
    context = pages.methods(data, run, scored, trace)
    stands = worklist.Where(where)
    history = {**spc.ALONE, **(history or {})}
    drawn = [chart for chart in (charts.rule_intervals(scored), charts.verdict_composition(scored)) if chart]
    summary = pages.summary(data, run, previous, scored)
    common |= {"interval_text": context["interval"]}
    written += [
        _write(out, rule_pages.page_name(rule["rule_id"]), "rule", common | {"rule": rule})
        for rule in rule_pages.rule_pages(data, scored, context["readings"], summary["changes"], found.worst)
    ]
    written += _cases(data, out, common, found, sheets)
    made: dict[str, tuple[str, Callable[[], Mapping[str, Any]]]] = {
        "index.html": ("summary", lambda: {"summary": summary}),
        "scorecard.html": ("scorecard", lambda: {"charts": drawn}),
        "doses.html": ("doses", lambda: {"doses": doses(data, stands, scored)}),
        "pharmacy.html": ("pharmacy", lambda: {"pharmacy": pharmacy(data, stands, scored)}),
        "monitoring.html": ("monitoring", lambda: {"monitoring": monitoring(data, stands, scored)}),
        "contraindications.html": ("contraindications", lambda: {"found": contraindications(data, stands, scored)}),
        "selection.html": ("selection", lambda: {"selection": strata.selection(data, scored, from_seed=context["from_seed"])}),
        "outcomes.html": ("outcomes", lambda: {"outcomes": outcomes(data, from_seed=context["from_seed"])}),
        "trends.html": ("trends", lambda: {"trends": spc.trends(data, scored, history)}),
        "variation.html": ("variation", lambda: {"units": units(data, scored, names=history["names"])}),
        "changes.html": ("changes", lambda: {"comparisons": changes(data, run, history, stands)}),
        "review.html": ("review", dict),
        "data-quality.html": ("data_quality", lambda: {"quality": quality.data_quality(data, run, scored)}),
        "methods.html": ("methods", lambda: {"methods": context}),
    }
    written += [_write(out, name, template, {**common, **fill()}) for name, (template, fill) in made.items() if name not in left_out]
    if run["alongside"]:
        written.append(_write(out, _BESIDE[0], "side_by_side", common | {"beside": side_by_side(data, run)}))
    return sorted(written)


def render_external(
    connection: Connection,
    run: Mapping[str, Any],
    out: Path,
    *,
    summaries: Path,
    earlier: Sequence[Mapping[str, Any]] = (),
    small_numbers: str = "hide",
) -> tuple[list[Path], list[dict[str, Any]]]:
    """Write the aggregated site of a run for readers outside into ``out``; returns its pages and the counts to remember.

    ``earlier`` are the counts that external reports given out before have returned. Raises ``disclosure.Refused`` before it writes.
    """
    data = Summaries(connection, summaries)
    run = {**_UNCOUNTED, **run, "protocol": {**_UNSTATED, **run["protocol"]}}
    scored = pages.rules(data)
    context, releases = outside.external(data, run, scored, [Release.of(each) for each in earlier], small_numbers)
    out.mkdir(parents=True, exist_ok=True)
    common: dict[str, Any] = {
        "run": run,
        "stamp": _stamp(run),
        "navigation": outside.NAVIGATION,
        "home": "",
        "rules": scored,
        "audience": "external",
        "note": wording.NOTE_OUTSIDE,
    }
    named = ("index", "scorecard", "selection", "outcomes", "trends")
    written = [_write(out, f"{name}.html", f"external_{name}", common | {"external": context}) for name in named]
    written.append(_write(out, "methods.html", "methods", common | {"methods": outside.methods(data, run, scored)}))
    return sorted(written), [each.record() for each in releases]


def page_names() -> list[str]:
    """The files of a report's pages in the order of the navigation; a run may lack the last."""
    return [name for name, _ in (*_NAVIGATION, _BESIDE)]


def render_catalogue(runs: Sequence[Mapping[str, Any]], out: Path) -> Path:
    """Write ``index.html`` of the workspace ``out``: every run, newest first, with its findings and a link to its report."""
    out.mkdir(parents=True, exist_ok=True)
    return _write(out, "index.html", "catalogue", {"catalogue": catalogue(runs)})


@dataclass
class _Found:
    """What other pages take from the worklist: the first findings of each rule, and all findings of a session with a sheet."""

    worst: dict[str, list[worklist.Finding]] = field(default_factory=dict[str, list[worklist.Finding]])
    by_session: dict[str, list[worklist.Finding]] = field(default_factory=dict[str, list[worklist.Finding]])


def _findings(
    data: Summaries, out: Path, common: Mapping[str, Any], sheets: Mapping[str, str]
) -> tuple[list[Path], dict[str, str], dict[str, str], _Found]:
    """Write the worklist page by page; also say on which page the first finding of each rule and kind stands, and each finding."""
    written: list[Path] = []
    first: dict[str, str] = {}
    where: dict[str, str] = {}
    found = _Found()
    for page in worklist.pages(data, sheets):
        written.append(_write(out, page.name, "findings", {**common, "page": page, "sheets": len(sheets)}, page.style))
        for one in page.filters:
            first.setdefault(one.slug, f"{page.name}#only-{one.slug}")
        where |= {row.anchor: page.name for row in page.rows}
        for row in page.rows:
            if len(of_rule := found.worst.setdefault(row.rule_id, [])) < rule_pages.FIRST:
                of_rule.append(row)
            if row.sheet:
                found.by_session.setdefault(row.session_id, []).append(row)
    return written, first, where, found


def _cases(data: Summaries, out: Path, common: Mapping[str, Any], found: _Found, sheets: Mapping[str, str]) -> list[Path]:
    """Write the case sheets."""
    if not sheets:
        return []
    made = case_sheets.Cases(data, common["rules"], sheets)
    return [
        _write(out, name, "case", {**common, "case": made.sheet(session_id, found.by_session[session_id])})
        for session_id, name in sheets.items()
    ]


def _write(out: Path, name: str, template: str, context: Mapping[str, Any], extra_style: str = "") -> Path:
    """Render one page; its style sheet is pinned by hash, and nothing else may load or run."""
    style = _style() + extra_style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    text = _environment().get_template(f"{template}.html.j2").render(**context, active=name, style=Markup(style), policy=policy)
    path = out / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _stamp(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What differs between two runs on the same input, kept in one block at the foot of a page."""
    block = (("Run", "run_id"), ("Started", "started_at"), ("Made by", "generated_by"))
    return [(label, str(run[key])) for label, key in block if run.get(key)]


@cache
def _style() -> str:
    return (_HERE / "static" / "report.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    """Templates that escape everything and refuse a name they do not know."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledTemplates(_HERE / "templates"),
        auto_reload=False,
    )
    environment.globals.update(_GLOBALS)
    environment.filters.update(_FILTERS)
    return environment
