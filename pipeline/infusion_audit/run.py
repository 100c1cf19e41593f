"""The main job, top to bottom: load, validate, gate, judge, report."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from infusion_audit import __version__, engine, lint, outputs, page_tables, sensitivity
from infusion_audit.database import Database
from infusion_audit.engine import Connection
from infusion_audit.errors import GateFailed, UserError
from infusion_audit.exports import EXPORTED
from infusion_audit.gate import Gate, GateSetting
from infusion_audit.judge import judge
from infusion_audit.load import bring_up_to_date, load, staged
from infusion_audit.period import parse_period
from infusion_audit.protocol import Protocol, not_judged
from infusion_audit.protocol.problem import Problem
from infusion_audit.rulebook import Rulebook
from infusion_audit.trend_setting import read_trend_setting
from infusion_audit.workspace import Workspace

Progress = Callable[[str], None]
_SEVERITIES = ("info", "minor", "major", "critical")


def audit(
    data: Sequence[Path | Database],
    workspace: Path,
    *,
    source: str = "canonical",
    period: str = "all",
    protocol: str = "ketamine-chronic-pain",
    alongside: str | None = None,
    fail_on: str | None = None,
    gate: bool = True,
    case_sheets: int = outputs.CASE_SHEETS,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Audit one extract and publish its report; returns the run manifest (contract, section 5).

    A second protocol, ``alongside``, judges the same sessions in a run of its own; each report sets both side by side.
    At most ``case_sheets`` sessions with findings get a page of their own.

    Raises UserError when input or protocol cannot be used, GateFailed (with ``manifest``) when the batch cannot be
    trusted, WorkspaceBusy when another run holds the workspace.
    """
    job = _Job.prepare(workspace, period, protocol)
    second = [job.by_another_protocol(alongside)] if alongside is not None else []
    with ExitStack() as stack:
        stack.enter_context(job.home.lock())
        worker = stack.enter_context(Gate().start()) if gate else None
        connection = stack.enter_context(engine.connect(job.home.warehouse))
        Thread(target=outputs.prepare_to_render, daemon=True).start()
        with ExitStack() as kept:
            with (
                job.stage("load", progress, "loading and validating"),
                staged(connection, data, source=source, progress=progress) as settle,
            ):
                kept.enter_context(engine.transaction(connection))  # an extract that fails the gate is not kept
                loaded = settle()
            if worker:
                with job.stage("gate", progress, "profiling for the data-quality gate"):
                    worker.submit(connection, GateSetting.of(job.protocol))
            job.judge(connection, progress)
            result = None
            if worker:
                with job.stage("gate", progress, "waiting for the data-quality gate"):
                    result = worker.result()
            inputs, entry = [asdict(each) for each in loaded.inputs], outputs.gate_entry(connection, result)
            if result and result.status == "failed":
                raise _stopped(job, connection, job.manifest(connection, inputs=inputs, gate=entry), result.reasons)
        return _publish([job, *second], connection, inputs, entry, progress, fail_on=fail_on, html=True, case_sheets=case_sheets)


def load_only(
    data: Sequence[Path | Database], workspace: Path, source: str = "canonical", progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Load an extract into the warehouse and stop there; safe to repeat."""
    home = Workspace(workspace)
    with home.lock(), engine.connect(home.warehouse) as connection:
        loaded = load(connection, data, source=source, progress=progress)
        notices = [{"topic": topic, "value": value, "occurrences": count} for topic, value, count in loaded.notices]
        return {"inputs": [asdict(each) for each in loaded.inputs], "source_notices": notices}


def check(workspace: Path, period: str, protocol: str, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Judge what is loaded, without a report."""
    job = _Job.prepare(workspace, period, protocol)
    job.home.must_be_loaded()
    with job.home.lock(), engine.connect(job.home.warehouse) as connection:
        bring_up_to_date(connection)
        job.judge(connection, progress)
        inputs, entry = outputs.stored_inputs(connection), outputs.gate_entry(connection, None)
        return _publish([job], connection, inputs, entry, progress, fail_on=None, html=False)


def render_again(workspace: Path, run_id: str | None = None, case_sheets: int | None = None) -> dict[str, Any]:
    """Render the report of a stored run again, from what the run stored and the reviews as they stand now.

    All case sheets that the run stored are made, or at most ``case_sheets``.
    """
    from infusion_audit.edition import refuse_stopped

    home = Workspace(workspace)
    manifest = home.find_run(run_id)
    refuse_stopped(manifest)
    folder = home.run_folder(manifest["run_id"])
    with home.lock(), outputs.restored(folder) as connection:
        manifest["report"] = outputs.report_path(manifest["run_id"])
        with home.publishing(manifest["run_id"]) as out:
            shutil.copytree(folder, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.html", *EXPORTED))
            outputs.write_manifest(manifest, out)
            reviews = outputs.write_findings(connection, manifest, out, home)
            outputs.render(connection, manifest, out, home, reviews, sys.maxsize if case_sheets is None else case_sheets)
            outputs.write_summary(connection, manifest | {"review": reviews}, out)
        outputs.render_catalogue(home)
    return manifest


def render_outside(workspace: Path, run_id: str | None = None, small_numbers: str = "hide") -> dict[str, Any]:
    """Write the external report of a stored run: aggregated pages in which no small number can be worked out."""
    from infusion_audit.external import render_external_report

    home = Workspace(workspace)
    manifest = home.find_run(run_id)
    with home.lock():
        return render_external_report(home, manifest, small_numbers)


@dataclass
class _Job:
    """What one run works with, and the clock that times its stages."""

    home: Workspace
    protocol: Protocol
    warnings: list[Problem]  # about the protocol file
    rulebook: Rulebook
    period: Any
    run_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    timings: dict[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def prepare(cls, workspace: Path, period: str, protocol: str) -> _Job:
        """Everything that can be refused before a file is touched."""
        home = Workspace(workspace)
        book = Rulebook.load()
        loaded, warnings = lint.load_checked(protocol, book, home.manifests())
        read_trend_setting(workspace, [rule.rule_id for rule in book])
        return cls(home, loaded, warnings, book, parse_period(period, date.today()), home.new_run_id())

    def by_another_protocol(self, protocol: str) -> _Job:
        """The same period of the same workspace, judged by another protocol in a run of its own."""
        loaded, warnings = lint.load_checked(protocol, self.rulebook, self.home.manifests())
        other = _Job(self.home, loaded, warnings, self.rulebook, self.period, self.home.new_run_id())
        if other.protocol.sha256 == self.protocol.sha256:
            raise UserError(f"protocol {protocol} is given twice", hint="Give two different protocols to set their verdicts side by side.")
        if other.protocol.scope.product != self.protocol.scope.product:
            raise UserError(
                f"protocols {self.protocol.id} and {other.protocol.id} judge different products"
                f" ({self.protocol.scope.product}, {other.protocol.scope.product}) and cannot be set side by side",
                hint="Run each of them on its own.",
            )
        return other

    def judge(self, connection: Connection, progress: Progress) -> None:
        for_pages = page_tables.queries(self.protocol, self.rulebook)
        with self.stage("judge", progress, ""):
            judge(connection, self.protocol, self.rulebook, self.period, self.run_id, progress, for_pages.values())
        with self.stage("pages", progress, ""):
            page_tables.create(connection, for_pages)
        with self.stage("sensitivity", progress, "judging by other readings of the protocol"):
            sensitivity.compute(connection, self.protocol, self.rulebook)

    @contextmanager
    def stage(self, name: str, progress: Progress, words: str) -> Generator[None]:
        if words:
            progress(words)
        begun = time.perf_counter()
        yield
        self.timings[name] = round(self.timings.get(name, 0.0) + time.perf_counter() - begun, 3)

    def manifest(self, connection: Connection, *, inputs: list[dict[str, Any]], gate: dict[str, Any]) -> dict[str, Any]:
        counted = outputs.counts(connection)
        warnings = [*self.warnings, *lint.after_judging(connection, self.protocol, counted["verdicts"])]
        return {
            "run_id": self.run_id,
            "status": "judged",
            "exit_code": 0,
            "period": self.period.label,
            "protocol": self.protocol.manifest() | {"not_judged": not_judged(self.protocol, self.rulebook)},
            "software": {"version": __version__, "duckdb": engine.version()},
            "inputs": inputs,
            "gate": gate,
            **counted,
            "protocol_warnings": [each.entry() for each in warnings],
            "report": None,
            "previous_run_id": None,
            "alongside": None,
            "review": None,
            "timings_s": self.timings,
            "started_at": _stamp(self.started_at),
            "finished_at": None,
        }


def _publish(
    jobs: Sequence[_Job],
    connection: Connection,
    inputs: list[dict[str, Any]],
    gate: dict[str, Any],
    progress: Progress,
    *,
    fail_on: str | None,
    html: bool,
    case_sheets: int = 0,
) -> dict[str, Any]:
    """Write what the jobs found, each into its run; the first is judged already, and its manifest is returned."""
    home, found, runs = jobs[0].home, set[str](), list[tuple[_Job, Path, dict[str, Any]]]()
    with ExitStack() as publishing:
        for job in jobs:
            if job is not jobs[0]:
                job.judge(connection, progress)
            previous = home.previous_run(job.protocol.id, before=job.run_id)
            out = publishing.enter_context(home.publishing(job.run_id))
            with job.stage("write", progress, "writing verdicts"):
                outputs.write_tables(connection, out)
                (out / "protocol.toml").write_text(job.protocol.text, "utf-8")
            with job.stage("cases", progress, "laying open the sessions with findings"):
                outputs.write_cases(connection, out, job.rulebook, case_sheets)
            found.update(outputs.severities_found(connection))
            manifest = job.manifest(connection, inputs=inputs, gate=gate) | {
                "status": "published" if html else "judged",
                "report": outputs.report_path(job.run_id) if html else None,
                "previous_run_id": previous["run_id"] if previous else None,
            }
            runs.append((job, out, manifest))
        failed = fail_on is not None and any(_SEVERITIES.index(each) >= _SEVERITIES.index(fail_on) for each in found)
        if len(runs) > 1:
            outputs.write_side_by_side([(out, manifest) for _, out, manifest in runs])
        for job, out, manifest in runs:
            manifest["exit_code"] = 4 if failed else 0
            with _tables(connection, out, live=len(runs) == 1) as tables:
                with job.stage("write", progress, "writing findings"):
                    reviews = manifest["review"] = outputs.write_findings(tables, manifest, out, home)
                if html:
                    with job.stage("report", progress, "rendering the report"):
                        outputs.render(tables, manifest, out, home, reviews, case_sheets)
                manifest["finished_at"] = _stamp(datetime.now(UTC))
                outputs.write_manifest(manifest, out)
                outputs.write_summary(tables, manifest, out)
    if html:
        outputs.render_catalogue(home)
    return runs[0][2]


def _tables(connection: Connection, out: Path, *, live: bool) -> AbstractContextManager[Connection]:
    """The tables that a report is made from: those of the last judgement, or else what a run wrote."""
    return nullcontext(connection) if live else outputs.restored(out)


def _stopped(job: _Job, connection: Connection, manifest: dict[str, Any], reasons: list[str]) -> GateFailed:
    """Nothing is published; the manifest and the rows kept out stay, so that somebody can mend the extract."""
    manifest |= {"status": "gate_failed", "exit_code": GateFailed.exit_code, "finished_at": _stamp(datetime.now(UTC))}
    with job.home.publishing(job.run_id) as out:
        outputs.write_kept_out(connection, out)
        outputs.write_manifest(manifest, out)
        outputs.write_summary(connection, manifest, out)
    lines = ["the data-quality gate failed; nothing was published", *(f"  {reason}" for reason in reasons)]
    where = job.home.run_folder(job.run_id)
    error = GateFailed("\n".join(lines), hint=f"Rows kept out: {where / 'quarantine.csv'}. Mend the extract and run again.")
    error.manifest = manifest
    return error


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def explain(workspace: Path, rule_id: str, session_id: str) -> dict[str, Any]:
    """Why one session got its verdict for one rule, with the source rows."""
    from infusion_audit.explain import explain as explained

    return explained(Workspace(workspace), rule_id, session_id)
