"""The review of findings: who found what of them, into the ledger and out of it onto worklist and report.

A disposition never changes a verdict. It stands beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infusion_audit import engine, ledger, outputs
from infusion_audit.errors import UserError
from infusion_audit.judge import shipped_query
from infusion_audit.ledger import Entry, Ledger, Reviewed, Statement
from infusion_audit.review_file import ANSWERS, Line, Problem, read_file
from infusion_audit.review_state import in_sample
from infusion_audit.review_tables import install
from infusion_audit.suggest import did_you_mean
from infusion_audit.workspace import Workspace

# what a worklist tells about a finding before and after the columns to fill in
_BEFORE = (
    *("finding_key", "run_id", "rule_id", "severity", "grade", "session_started_at", "patient_id", "site_id", "detail"),
    *("review_status", "review_cause", "review_due", "review_overdue", "current_disposition", "current_reason", "current_reviewer"),
    *("current_action", "current_owner", "current_action_due", "action_overdue"),
)
_AFTER = ("observed", "observed_low", "observed_high", "unit", "limit_low", "limit_high", "comparator", "flags", "session_id", "evidence")


@dataclass
class Imported:
    """What an import did."""

    added: list[Entry]
    unchanged: int = 0
    replaced_since: list[int] = field(default_factory=list[int])  # lines that repeat a statement which a later one replaced
    ledger: Ledger = field(default_factory=Ledger)


# ---------------------------------------------------------------- out: the worklist


def worklist(workspace: Path, run_id: str | None = None, *, open_only: bool = False, second_sample: bool = False) -> list[dict[str, Any]]:
    """The findings of a run, one row each, with the columns for a disposition empty: the one source of every worklist.

    A finding that waits for its second reviewer does not say what the first one found.
    """
    home = Workspace(workspace)
    manifest = home.find_run(run_id)
    if manifest.get("status") == "gate_failed":
        raise UserError(f"run {manifest['run_id']} was stopped by the data-quality gate and holds no finding")
    with outputs.restored(home.run_folder(manifest["run_id"])) as connection:
        facts = install(connection, manifest, home.run_folder(manifest["run_id"]), home)
        if facts["problem"]:
            raise _broken(home, facts["problem"])
        return worklist_rows(connection, open_only=open_only, second_sample=second_sample)


def worklist_rows(connection: engine.Connection, *, open_only: bool = False, second_sample: bool = False) -> list[dict[str, Any]]:
    """The worklist, from the verdicts and reviews of a connection; ``second_sample``: what one person of two has reviewed."""
    found = engine.rows(connection, shipped_query("finding"))
    if second_sample:
        once = [row for row in found if row["reviewer"] is not None and row["second_reviewer"] is None]
        return [_worklist_row(row, blind=True) for row in once if in_sample(row["finding_key"])]
    return [_worklist_row(row) for row in found if not (open_only and row["review_status"] == "reviewed")]


def _worklist_row(row: dict[str, Any], *, blind: bool = False) -> dict[str, Any]:
    blind = blind or row["review_status"] == "second_awaited"
    current: dict[str, Any] = {f"current_{name}": row[name] for name in ("disposition", "reviewer", "action", "owner", "action_due")}
    current["current_reason"] = row["review_reason"]
    told = row | {name: None if blind else value for name, value in current.items()}
    return {name: told[name] for name in _BEFORE} | dict.fromkeys(ANSWERS, "") | {name: told[name] for name in _AFTER}


def write_worklist(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """The worklist as CSV, or as a workbook when the name ends in .xlsx. A file that exists is never replaced: it may hold dispositions."""
    try:
        if file.suffix.lower() == ".xlsx":
            from infusion_audit.export_xlsx import write_workbook

            file.open("xb").close()
            write_workbook(file, rows)
            return
        with file.open("x", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, quoting=csv.QUOTE_ALL)
            names = worklist_columns()
            writer.writerow(names)
            writer.writerows(["" if row[name] is None else row[name] for name in names] for row in rows)
    except FileExistsError as error:
        raise UserError(f"{file} exists already", hint="It may hold dispositions: choose another name, or move it away.") from error
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from error


def worklist_columns() -> list[str]:
    """The columns of a worklist, in order."""
    return [*_BEFORE, *ANSWERS, *_AFTER]


# ---------------------------------------------------------------- in: dispositions


def import_reviews(workspace: Path, file: Path, reviewer: str | None = None) -> Imported:
    """Take the dispositions of a filled-in worklist into the ledger: all of them, or none when a row is wrong."""
    home = Workspace(workspace)
    if not home.manifests():
        raise UserError(f"workspace {workspace} holds no run", hint="infusion-audit run DATA makes one; then there is something to review.")
    lines, problems = read_file(file, frozenset(worklist_columns()), reviewer)
    with home.lock():
        kept = trusted(home)
        known = _Known(home, {line.finding_key for line in lines})
        problems += [*_unknown(lines, known), *_contradictions(lines)]
        if problems:
            told = [f"{file.name}, line {number}: {what}" for number, what in sorted(problems)]
            raise UserError.many(told, hint="Nothing was imported. Mend these lines and import the file again.")
        done = Imported([])
        statements = list(_new(lines, kept, known, done))
        done.ledger = ledger.append(home, kept, statements)
        done.added = done.ledger.entries[len(kept.entries) :]
    return done


def trusted(home: Workspace) -> Ledger:
    """The ledger, refused when its chain does not hold."""
    found = ledger.read_ledger(home)
    if found.problem:
        raise _broken(home, found.problem)
    return found


def _broken(home: Workspace, problem: str) -> UserError:
    return UserError(
        f"review ledger {home.path / ledger.LEDGER} cannot be trusted: {problem}",
        hint="Put the ledger back from a backup; nothing is imported and no disposition is shown until it is whole.",
    )


class _Known:
    """The findings that the runs hold, as far as a file names them."""

    def __init__(self, home: Workspace, keys: set[str]) -> None:
        runs = {run["run_id"]: run for run in home.manifests()}
        files = {run_id: home.run_folder(run_id) / "data" / "finding.parquet" for run_id in runs}
        self._files = {run_id: str(file) for run_id, file in files.items() if file.exists()}
        self.found: dict[str, dict[str, Reviewed]] = {}
        self._two: dict[str, list[str]] = {}
        with engine.connect() as connection:
            query = "select * from read_parquet(?) where finding_key in (select unnest(?)) order by run_id"
            for row in engine.rows(connection, query, [[*self._files.values()], [*keys]]) if self._files and keys else []:
                its = runs[row["run_id"]]["protocol"]
                names = {f"protocol_{key}": its[key] for key in ("id", "version", "sha256")}
                self.found.setdefault(row["finding_key"], {})[row["run_id"]] = Reviewed.model_validate(row | names)
            for run_id in {run_id for of in self.found.values() for run_id in of}:
                setting = str(home.run_folder(run_id) / "data" / "setting.parquet")
                self._two[run_id] = engine.rows(connection, "select review_second from read_parquet(?)", [setting])[0]["review_second"]

    def get(self, line: Line) -> Reviewed:
        """The finding in the run that the line names, or else in the latest that holds it."""
        of = self.found[line.finding_key]
        return of.get(line.run_id or "") or of[max(of)]

    def hears_two(self, finding: Reviewed) -> bool:
        """Whether another reviewer's statement stands beside the first, and does not replace it."""
        return finding.severity in self._two[finding.run_id] or in_sample(finding.finding_key)

    def like(self, key: str) -> str:
        """Did-you-mean for a key that was cut or mistyped."""
        if not self._files:
            return ""
        with engine.connect() as connection:
            query = (
                "select distinct finding_key from read_parquet(?) where starts_with(finding_key, ?) or ends_with(finding_key, ?) limit 50"
            )
            near = connection.execute(query, [[*self._files.values()], key[:6], key[-6:]]).fetchall()
        return did_you_mean(key, (str(each) for (each,) in near))


def _unknown(lines: Sequence[Line], known: _Known) -> Iterator[Problem]:
    for line in lines:
        if line.finding_key not in known.found:
            yield line.number, f'no run holds a finding "{line.finding_key[:40]}"{known.like(line.finding_key[:40])}'


def _contradictions(lines: Sequence[Line]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Line] = {}
    for line in lines:
        before = first.setdefault((line.finding_key, line.statement.who), line)
        if not _same(before.statement, line.statement):
            yield line.number, f"line {before.number} says something else about this finding by the same reviewer"


def _new(
    lines: Sequence[Line], kept: Ledger, known: _Known, done: Imported
) -> Iterator[tuple[Reviewed, Statement, dict[str, str | None] | None]]:
    """What the ledger does not hold yet, each with the old values of what it changes."""
    history: dict[str, list[Statement]] = {
        key: [entry.statement for entry in entries] for key, entries in kept.by_finding().items() if key in known.found
    }
    for line in lines:
        said, before = line.statement, history.setdefault(line.finding_key, [])
        own = [each for each in before if each.who == said.who]
        if any(_same(each, said) for each in own):
            done.unchanged += 1
            if not _same(own[-1], said):
                done.replaced_since.append(line.number)
            continue
        finding = known.get(line)
        old = own[-1] if own else before[-1] if before and not known.hears_two(finding) else None
        before.append(said)
        yield finding, said, _changes(old, said) if old else None


def _same(one: Statement, other: Statement) -> bool:
    return one.who == other.who and one.model_copy(update={"reviewer": ""}) == other.model_copy(update={"reviewer": ""})


def _changes(old: Statement, new: Statement) -> dict[str, str | None]:
    after = new.model_dump()
    return {name: value for name, value in old.model_dump().items() if value != after[name]}
