"""What a run leaves behind: verdicts, findings, rows kept out, the manifest, and the pages made from them."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infusion_audit import casebook, engine, page_tables, sensitivity
from infusion_audit.engine import Connection, resource
from infusion_audit.judge import shipped_query

if TYPE_CHECKING:
    from infusion_audit.gate import GateResult
    from infusion_audit.rulebook import Rulebook
    from infusion_audit.workspace import Workspace

# Stored beside the verdicts, so that a report can be rendered again after more data was loaded.
_STORED = (
    "session",
    "rule",
    "setting",
    "sensitivity",
    "benchmark",
    "stratum",
    "pain_outcome",
    "tally",
    "gate_check",
    "quarantine",
    "input_file",
    "unknown_column",
    "extract",
)
CASE_SHEETS = 500  # sessions with findings that get a sheet of their own
_SIDE_BY_SIDE = "side_by_side"  # only in a run that judged by two protocols
_VERDICTS = ("compliant", "violation", "not_applicable", "not_evaluable")


def report_path(run_id: str) -> str:
    """The report of a run, relative to the workspace."""
    return f"runs/{run_id}/index.html"


def gate_entry(connection: Connection, result: GateResult | None) -> dict[str, Any]:
    """The manifest's word on the gate; also fills the temporary table ``gate_check``."""
    connection.execute(
        """
        create or replace temp table gate_check (
            check_name varchar, severity varchar, status varchar, observed varchar, expected varchar, detail varchar
        )
        """
    )
    if result is None:
        return {"status": "skipped", "failed": [], "checks": []}
    names = ("check_name", "severity", "status", "observed", "expected", "detail")
    for check in result.checks:
        connection.execute("insert into gate_check values (?, ?, ?, ?, ?, ?)", [check.get(name) for name in names])
    return {"status": result.status, "failed": result.failed, "checks": result.checks}


def counts(connection: Connection) -> dict[str, Any]:
    """Sessions, verdicts by rule, and what was kept out or not judged."""
    verdicts: dict[str, dict[str, int]] = {
        rule_id: dict.fromkeys(_VERDICTS, 0) for (rule_id,) in connection.execute("select rule_id from rule order by rule_id").fetchall()
    }
    for rule_id, verdict, count in connection.execute("select rule_id, verdict, count(*) from verdict group by all").fetchall():
        verdicts[rule_id][verdict] = count
    kept_out: dict[str, dict[str, int]] = {}
    for table, reason, count in connection.execute(
        "select table_name, reason, count(*) from quarantine group by all order by all"
    ).fetchall():
        kept_out.setdefault(table, {})[reason] = count
    return {
        "sessions": _one(connection, "select count(*) from session"),
        "sessions_not_in_force": _one(connection, "select count(*) from session where not_in_force"),
        "session_outcomes": engine.rows(connection, shipped_query("summary_session"))[0],
        "verdicts": verdicts,
        "sensitivity": sensitivity.listed(connection),
        "site": _one(connection, "select max(site) from extract"),
        "quarantine": kept_out,
        "excluded": [
            {"cause": cause, "found": found, "rows": rows}
            for cause, found, rows in connection.execute(shipped_query("excluded")).fetchall()
        ],
        "source_notices": source_notices(connection),
        "unknown_columns": [
            {"file": file, "column": column}
            for file, column in connection.execute(
                "select f.file, u.column_name from unknown_column as u inner join input_file as f on f.file_id = u.file_id order by all"
            ).fetchall()
        ],
    }


def source_notices(connection: Connection) -> list[dict[str, Any]]:
    """What the extracts hold and their formats do not use, the most frequent first; a warehouse of an earlier release knows none."""
    known = connection.execute("select 1 from duckdb_tables() where table_name = 'source_notice'").fetchone()
    query = "select topic, value, cast(sum(occurrences) as bigint) as occurrences from source_notice group by all order by 1, 3 desc, 2"
    return engine.rows(connection, query) if known else []


def stored_inputs(connection: Connection) -> list[dict[str, Any]]:
    """All files in the warehouse, as the manifest lists them."""
    columns = ("table", "file", "sha256", "received", "loaded", "quarantined", "duplicates")
    rows = connection.execute(
        "select table_name, file, sha256, received, loaded, quarantined, duplicates from input_file order by table_name, file, file_id"
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def severities_found(connection: Connection) -> list[str]:
    """The severities of the violations found."""
    return [severity for (severity,) in connection.execute("select distinct severity from verdict where verdict = 'violation'").fetchall()]


def write_tables(connection: Connection, out: Path) -> None:
    """verdicts.parquet, quarantine.csv, and the tables that the report is made from.

    From here on ``verdict`` reads the file that was written: only the columns that a query needs, and never computed twice.
    """
    _copy(connection, "select * from verdict", out / "verdicts.parquet")
    _read_back(connection, out / "verdicts.parquet")
    connection.execute(f"create or replace temp table tally as {shipped_query('tally')}")
    write_kept_out(connection, out)
    data = out / "data"
    data.mkdir()
    for table in (*_STORED, *page_tables.present(connection)):
        _copy(connection, f"select * from {table}", data / f"{table}.parquet")
    _copy(connection, shipped_query("reported"), data / "finding.parquet")


def write_cases(connection: Connection, out: Path, rulebook: Rulebook, at_most: int) -> None:
    """What the case sheets are made from: the sessions that get one, and every step of their verdicts."""
    casebook.choose(connection, at_most)
    tables = [casebook.table(step) for step in casebook.lay_open(connection, rulebook)] if at_most else []
    for table in ("case_session", *tables):
        _copy(connection, f"select * from {table}", out / "data" / f"{table}.parquet")


def write_findings(connection: Connection, manifest: dict[str, Any], out: Path, home: Workspace) -> dict[str, Any]:
    """findings.csv, the violations, each with its review as it stands today, and outliers.csv; returns what the ledger is worth."""
    from infusion_audit.review_tables import install

    facts = install(connection, manifest, out, home)
    copy_findings(connection, out)
    write_outliers(connection, out)
    return facts


def write_outliers(connection: Connection, out: Path) -> None:
    """outliers.csv, the pharmacy's worklist, and the tables that its page is made from."""
    if page_tables.present(connection):  # a run of an older release has none
        for table in ("unit_slip", "unusual_dose", "outlier_order", "outlier"):
            connection.execute(f"create or replace temp table {table} as {shipped_query(table)}")
        _copy(connection, shipped_query("outlier_file"), out / "outliers.csv")


def copy_findings(connection: Connection, out: Path) -> None:
    """findings.csv, from the verdicts and reviews of the connection."""
    _copy(connection, shipped_query("finding"), out / "findings.csv")


def copy_verdicts(connection: Connection, out: Path) -> None:
    """verdicts.parquet, from the connection."""
    _copy(connection, "select * from verdict", out / "verdicts.parquet")


def write_kept_out(connection: Connection, out: Path) -> None:
    """quarantine.csv: every row and cell kept out, with the reason."""
    _copy(connection, shipped_query("kept_out"), out / "quarantine.csv")


def write_side_by_side(runs: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    """For two runs over the same sessions: how the verdicts of one stand beside those of the other, in both."""
    for (out, manifest), (other, its) in (tuple(runs), tuple(reversed(runs))):
        with engine.connect(reads=(out / "verdicts.parquet", other / "verdicts.parquet")) as connection:
            for prefix, folder in (("", out), ("other_", other)):
                for table, file in (("verdict", folder / "verdicts.parquet"), ("rule", folder / "data" / "rule.parquet")):
                    connection.execute(f"create temp view {prefix}{table} as select * from read_parquet({_quoted(file)})")
            _copy(connection, shipped_query("side_by_side"), out / "data" / f"{_SIDE_BY_SIDE}.parquet")
        manifest["alongside"] = {key: its[key] for key in ("run_id", "report", "sessions", "verdicts")} | {
            "protocol": {key: its["protocol"][key] for key in ("id", "version", "sha256")}
        }


@contextmanager
def restored(folder: Path) -> Generator[Connection]:
    """The tables of a stored run, as temporary tables of a connection of their own."""
    with engine.connect(reads=folder.rglob("*.parquet")) as connection:
        connection.execute((resource("sql") / "macros.sql").read_text("utf-8"))
        _read_back(connection, folder / "verdicts.parquet")
        for table in (*_STORED, *page_tables.all_names(), _SIDE_BY_SIDE):
            file = folder / "data" / f"{table}.parquet"
            if table == "sensitivity" and not file.exists():  # a run of an older release
                sensitivity.create(connection)
            elif table == "tally" and not file.exists():
                connection.execute(f"create temp table tally as {shipped_query('tally')}")
            elif table in _STORED or file.exists():
                connection.execute(f"create temp table {table} as select * from read_parquet(?)", [str(file)])
        for file in [*(folder / "data").glob("case_session.parquet"), *(folder / "data").glob("step_*.parquet")]:
            connection.execute(f"create temp table {file.stem} as select * from read_parquet(?)", [str(file)])
        yield connection


def render(
    connection: Connection, manifest: dict[str, Any], out: Path, home: Workspace, reviews: dict[str, Any], case_sheets: int = CASE_SHEETS
) -> None:
    """Write the report's pages; ``reviews`` is what ``write_findings`` returned, ``case_sheets`` how many sheets at most."""
    from infusion_audit.history import install

    previous = next((run for run in home.manifests() if run["run_id"] == manifest["previous_run_id"]), None)
    history = install(connection, manifest, home)
    _render(connection, manifest, out, previous, reviews, history, cases=case_sheets, home="../../index.html")


def render_edition(
    connection: Connection,
    manifest: dict[str, Any],
    out: Path,
    previous: dict[str, Any] | None,
    reviews: dict[str, Any],
    history: dict[str, Any],
) -> None:
    """Write the pages of a copy that leaves the workspace: they link to no other run, and a de-identified one has no case sheets."""
    cases = 0 if manifest["deidentified"] else CASE_SHEETS
    _render(connection, manifest, out, previous, reviews, history, cases=cases, home=None)


def _render(
    connection: Connection,
    manifest: dict[str, Any],
    out: Path,
    previous: dict[str, Any] | None,
    reviews: dict[str, Any],
    history: dict[str, Any],
    *,
    cases: int,
    home: str | None,
) -> None:
    from infusion_audit.trace import statements
    from infusion_audit_reports.site import render_run

    summaries = resource("sql") / "summaries"
    render_run(
        connection,
        manifest,
        out,
        summaries=summaries,
        previous=previous,
        trace=statements(),
        reviews=reviews,
        history=history,
        cases=cases,
        home=home,
    )


def prepare_to_render() -> None:
    """Import what the pages are made with, beside the work of the engine."""
    import infusion_audit_reports.site  # noqa: F401  # pyright: ignore[reportUnusedImport]


def render_catalogue(home: Workspace) -> None:
    """Write the workspace's index.html, the catalogue of all runs."""
    from infusion_audit_reports.site import render_catalogue as render_index

    render_index(home.manifests(), home.path)


def write_manifest(manifest: dict[str, Any], out: Path) -> None:
    """run.json."""
    (out / "run.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_summary(connection: Connection, manifest: dict[str, Any], out: Path) -> None:
    """summary.json: the run in counts, for whoever scheduled it."""
    from infusion_audit.summary import not_published, summarise

    found = not_published(manifest) if manifest["status"] == "gate_failed" else summarise(connection, manifest)
    (out / "summary.json").write_text(found.model_dump_json(indent=2) + "\n", "utf-8")


def _read_back(connection: Connection, file: Path) -> None:
    connection.execute(f"create or replace temp view verdict as select * from read_parquet({_quoted(file)})")


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


def _copy(connection: Connection, query: str, file: Path) -> None:
    kind = "format parquet" if file.suffix == ".parquet" else "format csv, header, force_quote *"
    connection.execute(f"copy ({query}) to {_quoted(file)} ({kind})")


def _one(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
