"""Writes the pages: the report of one run, and the catalogue of all runs of a workspace."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infusion_audit_reports import charts, format, pages, quality, strata, wording, worklist
from infusion_audit_reports import reviews as review
from infusion_audit_reports.beside import side_by_side
from infusion_audit_reports.catalogue import catalogue
from infusion_audit_reports.compiled import CompiledTemplates
from infusion_audit_reports.outcomes import outcomes
from infusion_audit_reports.summaries import Connection, Summaries

_HERE = Path(__file__).parent
_NAVIGATION = (
    ("index.html", "Summary"),
    ("scorecard.html", "Scorecard"),
    ("findings.html", "Findings"),
    ("selection.html", "Selection"),
    ("outcomes.html", "Outcomes"),
    ("review.html", "Review"),
    ("data-quality.html", "Data quality"),
    ("methods.html", "Methods"),
)
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
_GLOBALS: dict[str, Any] = {"note": wording.NOTE, "kinds": wording.KINDS}
_FILTERS: dict[str, Any] = {
    "count": format.count,
    "percent": format.percent,
    "interval": format.interval,
    "plain": format.plain,
    "plural": format.plural,
    "statement": format.statement,
    "check": wording.check,
    "lower_first": wording.lower_first,
    "path": quote,
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
    home: str | None = "../../index.html",
) -> list[Path]:
    """Write the self-contained site of one judged run into ``out`` and return its pages.

    ``connection`` holds the run's temporary tables, ``run`` is its manifest, ``summaries`` the folder of the SQL that
    the pages show, ``previous`` the manifest of the run before, for what changed, ``trace`` what became of every
    statement of the source text, ``reviews`` what the review ledger is worth, and ``home`` where the pages find all runs.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = Summaries(connection, summaries)
    run = {**_UNCOUNTED, **run, "protocol": {**_UNSTATED, **run["protocol"]}}
    scored = pages.rules(data)
    navigation = [*_NAVIGATION, *([_BESIDE] if run["alongside"] else [])]
    common = {"run": run, "stamp": _stamp(run), "navigation": navigation, "home": home, "rules": scored}
    written, first, where = _findings(data, out, common)
    common |= {"first_page": first, "review": review.reviews(data, {**review.NONE, **(reviews or {})}, scored, where)}
    context = pages.methods(data, run, scored, trace)
    drawn = [chart for chart in (charts.rule_intervals(scored), charts.verdict_composition(scored)) if chart]
    written += [
        _write(out, "index.html", "summary", common | {"summary": pages.summary(data, run, previous, scored)}),
        _write(out, "scorecard.html", "scorecard", common | {"charts": drawn, "interval_text": context["interval"]}),
        _write(out, "selection.html", "selection", common | {"selection": strata.selection(data, scored, from_seed=context["from_seed"])}),
        _write(out, "outcomes.html", "outcomes", common | {"outcomes": outcomes(data, from_seed=context["from_seed"])}),
        _write(out, "review.html", "review", common),
        _write(out, "data-quality.html", "data_quality", common | {"quality": quality.data_quality(data, run, scored)}),
        _write(out, "methods.html", "methods", common | {"methods": context}),
    ]
    if run["alongside"]:
        written.append(_write(out, _BESIDE[0], "side_by_side", common | {"beside": side_by_side(data, run)}))
    return sorted(written)


def page_names() -> list[str]:
    """The files of a report's pages in the order of the navigation; a run may lack the last."""
    return [name for name, _ in (*_NAVIGATION, _BESIDE)]


def render_catalogue(runs: Sequence[Mapping[str, Any]], out: Path) -> Path:
    """Write ``index.html`` of the workspace ``out``: every run, newest first, with its findings and a link to its report."""
    out.mkdir(parents=True, exist_ok=True)
    return _write(out, "index.html", "catalogue", {"catalogue": catalogue(runs)})


def _findings(data: Summaries, out: Path, common: Mapping[str, Any]) -> tuple[list[Path], dict[str, str], dict[str, str]]:
    """Write the worklist page by page; also say on which page the first finding of each rule and kind stands, and each reviewed one."""
    written: list[Path] = []
    first: dict[str, str] = {}
    where: dict[str, str] = {}
    for page in worklist.pages(data):
        written.append(_write(out, page.name, "findings", {**common, "page": page}, page.style))
        for one in page.filters:
            first.setdefault(one.slug, f"{page.name}#only-{one.slug}")
        where |= {row.anchor: page.name for row in page.rows if row.review.status != "open"}
    return written, first, where


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
