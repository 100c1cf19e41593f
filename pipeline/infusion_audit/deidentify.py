"""De-identification: the tables of a run under keyed pseudonyms, so that every page and export is made from those alone.

Each table has a query in ``sql/deidentify`` that names what may pass; a table without one is refused, and so is a key of the
manifest that is not named here. docs/deidentification.md says what becomes of each kind of identifier.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from infusion_audit import casebook
from infusion_audit.engine import Connection, resource
from infusion_audit.errors import UserError
from infusion_audit.judge import shipped_query
from infusion_audit.views import query_of

KEY_VARIABLE = "INFUSION_AUDIT_KEY"
_SHORTEST_KEY = 16
# the protocol's own words and counts of whole runs: nothing of a patient
_AS_THEY_ARE = ("rule", "setting", "sensitivity", "benchmark", "side_by_side", "pain_outcome", "review_day")
_WORKING = ("finding_run", "this_run", "review_state")  # what the review tables were made from; no page reads them
_HELPERS = ("alias", "alias_run", "reason_sentence")  # what replaces them is made with these
_WEEKS = 5218  # a hundred years: dates land in the next century or the one after, and nobody takes them for real
_ROUTES = ("iv", "im", "po", "sc", "in", "epidural", "not_given", "held", "refused", "entered_in_error", "prime")


def read_key(file: Path | None) -> bytes:
    """The key of the pseudonyms, from a file or the environment; it is never stored and never printed."""
    if file is not None:
        try:
            key = file.read_bytes().strip()
        except OSError as error:
            raise UserError(f"key file {file} cannot be read: {error.strerror}") from error
        where = f"key file {file}"
    else:
        key, where = os.environb.get(KEY_VARIABLE.encode(), b"").strip(), f"the environment variable {KEY_VARIABLE}"
    if len(key) < _SHORTEST_KEY:
        what = f"holds {len(key)} bytes; at least {_SHORTEST_KEY} are needed" if key else "holds no key"
        raise UserError(
            f"{where} {what}",
            hint=f"--deidentify needs a secret key: make one with `openssl rand -hex 32`, and give it by --key-file or {KEY_VARIABLE}.",
        )
    return key


class Pseudonyms:
    """Keyed pseudonyms (HMAC-SHA256): the same key gives the same ones, and without it none can be traced or tried out."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, original: str, length: int = 16) -> str:
        """The pseudonym of one identifier; of one kind each is distinct, and the same text of two kinds is unrelated."""
        return self._digest(kind, original).hex()[:length]

    def shift_d(self, patient: str) -> int:
        """By how many days all dates of a patient move: whole weeks, so that intervals, weekdays and hours stay."""
        return 7 * (_WEEKS + int.from_bytes(self._digest("shift", patient)[:8]) % _WEEKS)

    def _digest(self, kind: str, original: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\x1f{original}".encode("utf-8", "surrogatepass"), hashlib.sha256)

    # ------------------------------------------------------------ tables

    def replace_tables(self, connection: Connection, run_id: str) -> None:
        """Put de-identified tables in the place of a restored run's; the originals are gone from the connection afterwards."""
        self._aliases(connection, run_id)
        connection.execute(f"create or replace temp table reason_sentence as {shipped_query('reason')}")
        for table in casebook.present(connection):  # they quote cells as typed
            connection.execute(f"drop table if exists {table}")
        query = "select table_name from information_schema.tables where table_schema = 'main'"
        tables = [str(name) for (name,) in connection.execute(query).fetchall() if name not in _HELPERS]
        folder = resource("sql") / "deidentify"
        made: list[str] = []
        for table in tables:
            if table in _AS_THEY_ARE or table in _WORKING:
                continue
            file = folder / f"{table}.sql"
            if not file.exists():
                raise RuntimeError(f"nothing says how table {table} is de-identified")
            connection.execute(f"create temp table deidentified_{table} as {query_of(file)}")
            made.append(table)
        connection.execute("drop view if exists verdict")
        for table in (*made, *_WORKING):
            connection.execute(f"drop table if exists {table}")
        for table in made:
            connection.execute(f"alter table deidentified_{table} rename to {table}")
        for table in _HELPERS:
            connection.execute(f"drop table {table}")

    def _aliases(self, connection: Connection, run_id: str) -> None:
        """The tables ``alias`` and ``alias_run``, which live no longer than the replacement."""
        rows: list[dict[str, Any]] = []
        for kind, column, length in (
            ("session", "session_id", 32),
            ("patient", "patient_id", 12),
            ("site", "site_id", 8),
            ("department", "department", 8),
            ("prescriber", "prescriber_id", 8),
        ):
            query = f"select distinct {column} from session where {column} is not null"
            originals = [str(each) for (each,) in connection.execute(query).fetchall()]
            named = {original: f"{_LABELS[kind]}{self.of(kind, original, length)}" for original in originals}
            if len(set(named.values())) != len(named):
                raise RuntimeError(f"two pseudonyms of kind {kind} are the same")
            rows += [
                {"kind": kind, "original": original, "alias": alias, "shift_d": self.shift_d(original) if kind == "patient" else None}
                for original, alias in named.items()
            ]
        connection.execute("create or replace temp table alias (kind varchar, original varchar, alias varchar, shift_d integer)")
        if rows:
            shape = '[{"kind": "varchar", "original": "varchar", "alias": "varchar", "shift_d": "integer"}]'
            connection.execute(
                "insert into alias select unnest(from_json(cast(? as json), ?), recursive := true)", [json.dumps(rows), shape]
            )
        connection.execute("create or replace temp table alias_run as select cast(? as varchar) as run_id", [run_id])

    # ------------------------------------------------------------ the manifest

    def run_id(self, manifest: Mapping[str, Any]) -> str:
        """The id of a published run: its year, and nothing of its day."""
        return f"{_year(manifest['started_at'])}-{self.of('run', manifest['run_id'], 12)}"

    def manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """run.json without what may identify: only keys that are named here pass."""
        other = manifest.get("alongside")
        return {key: manifest[key] for key in _PASSING if key in manifest} | {
            "run_id": self.run_id(manifest),
            "deidentified": True,
            "period": _years(str(manifest["period"])),
            "protocol": _protocol(manifest["protocol"]),
            "inputs": list(_inputs(manifest["inputs"])),
            "gate": {"status": manifest["gate"]["status"], "failed": list(manifest["gate"].get("failed") or []), "checks": []},
            "site": None,
            "excluded": list(_excluded(manifest.get("excluded") or [])),
            "unknown_columns": [],
            "report": "index.html",
            "previous_run_id": None,
            "alongside": {**other, "run_id": self.of("run", other["run_id"], 12), "report": None} if other else None,
            "review": _review(manifest["review"]) if manifest.get("review") else None,
            "started_at": _year(manifest["started_at"]),
            "finished_at": _year(manifest["finished_at"]) if manifest.get("finished_at") else None,
        }


_LABELS = {"session": "", "patient": "P", "site": "site ", "department": "department ", "prescriber": "prescriber "}
_PASSING = (
    *("status", "exit_code", "software", "sessions", "session_outcomes", "sessions_not_in_force", "verdicts", "sensitivity", "quarantine"),
    *("protocol_warnings", "timings_s"),
)


def _year(stamp: str) -> str:
    return stamp[:4]


def _years(period: str) -> str:
    """A period as no finer than the years it lies in."""
    years = sorted(set(re.findall(r"\d{4}(?=-|$|\.)", period)))
    return "..".join(dict.fromkeys((years[0], years[-1]))) if years else "all"


def _protocol(its: Mapping[str, Any]) -> dict[str, Any]:
    return dict(its) | {"approved_by": "a person named in the protocol file" if its.get("approved_by") else ""}


def _inputs(files: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    number: dict[str, int] = {}
    for file in files:
        number[file["table"]] = number.get(file["table"], 0) + 1
        yield dict(file) | {"file": f"{file['table']} {number[file['table']]}", "sha256": "withheld"}


def _excluded(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """Rows not judged, by cause; a product is a text that somebody typed, so that products are counted together."""
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row["cause"], row["found"] if row["found"] in _ROUTES else "another"
        counted[key] = counted.get(key, 0) + row["rows"]
    return ({"cause": cause, "found": found, "rows": rows} for (cause, found), rows in counted.items())


def _review(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts[key] for key in ("findings", "overdue", "actions_overdue", "closed", "agreement", "sample", "entries")} | {
        "as_of": _year(facts["as_of"]),
        "head": "withheld",
        "problem": "its chain is broken" if facts["problem"] else None,
        "remarks": [],
    }
