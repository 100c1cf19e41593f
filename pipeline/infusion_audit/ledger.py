"""The review ledger: one line of JSON per statement of a reviewer, only ever appended, each line chained to the one before.

Every entry holds the hash of the entry before it and its own; the number and hash of the last one (the head) are also kept
in ``reviews.head.json`` and in the manifest of every run. So an edited, removed, moved or cut-off entry is told by number.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from infusion_audit.workspace import Workspace

LEDGER, HEAD = "reviews.jsonl", "reviews.head.json"
BEGINNING = "0" * 64  # what the first entry follows

Disposition = Literal["justified", "unjustified", "data_error", "rule_error", "cannot_determine"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Statement(_Record):
    """What a reviewer says about a finding. Dates are ISO text, as they were stated."""

    reviewer: str
    reviewed_at: str | None = None
    disposition: Disposition
    reason: str
    action: str | None = None
    owner: str | None = None
    action_due: str | None = None
    action_date: str | None = None
    waived_until: str | None = None

    @property
    def who(self) -> str:
        """The reviewer, however the name was typed."""
        return " ".join(self.reviewer.split()).casefold()


class Reviewed(_Record):
    """The finding as it stood in the run that the reviewer looked at."""

    finding_key: str
    run_id: str
    session_id: str
    session_started_at: str
    rule_id: str
    severity: str
    grade: str | None
    observed: float | None
    protocol_id: str
    protocol_version: str
    protocol_sha256: str


class Entry(_Record):
    """One line of the ledger. ``was`` holds the old value of everything that a later statement changes."""

    seq: int
    previous: str
    recorded_at: str
    recorded_by: str
    finding: Reviewed
    statement: Statement
    was: dict[str, str | None] | None
    hash: str


@dataclass(frozen=True)
class Ledger:
    """The entries in order; ``problem`` names the first one that cannot be trusted, ``remarks`` what is only odd."""

    entries: list[Entry] = field(default_factory=list[Entry])
    problem: str | None = None
    remarks: list[str] = field(default_factory=list[str])

    @property
    def head(self) -> str:
        """The hash of the last entry: whoever notes it down can later prove that nothing before it was changed."""
        return self.entries[-1].hash if self.entries else BEGINNING

    def by_finding(self) -> dict[str, list[Entry]]:
        """The entries of each finding, in order."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.finding.finding_key, []).append(entry)
        return found


# ---------------------------------------------------------------- reading and verifying


def read_ledger(home: Workspace) -> Ledger:
    """Read the ledger and check its chain, and its end against the head file and the manifests of all runs."""
    file, anchors = home.path / LEDGER, list(_anchors(home))
    content = file.read_bytes() if file.exists() else b""
    entries: list[Entry] = []
    problem = None
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        entry = _entry(line, number, entries[-1].hash if entries else BEGINNING)
        if isinstance(entry, str):
            problem = entry
            break
        entries.append(entry)
    if not problem and content and not content.endswith(b"\n"):
        problem = f"line {len(entries) + 1} is cut off"
    return Ledger(entries, problem or _against(anchors, entries), list(_remarks(home, entries)))


def _entry(line: bytes, number: int, previous: str) -> Entry | str:
    """The entry of a line, or what is wrong with it."""
    try:
        content = json.loads(line)
        found = Entry.model_validate(content)
        intact = found.hash == _hash(content) and line == _canonical(content)
    except (ValueError, RecursionError):
        return f"line {number} is not an entry of the ledger: it was edited or cut off"
    if not intact:
        return f"entry {found.seq} (line {number}) was edited: its hash does not fit what it says"
    if found.seq != number:
        return f"line {number} holds entry {found.seq}: entry {number} was removed or moved, or another was put in before it"
    if found.previous != previous:
        return f"entry {number} does not follow the entry before it: one of the two was replaced"
    return found


def _anchors(home: Workspace) -> Iterator[tuple[int, str, str]]:
    """Number and hash of the last entry as other files remember it, and where that is."""
    try:
        head = json.loads((home.path / HEAD).read_text("utf-8"))
        yield int(head["entries"]), str(head["head"]), f"as {HEAD} remembers"
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError):
        yield 0, "", HEAD
    for run in home.manifests():
        number, head = remembered(run)
        if head:
            yield number, head, f"when run {run['run_id']} was made"


def remembered(run: Mapping[str, Any]) -> tuple[int, str | None]:
    """How many entries the ledger had when a run was made, and the hash of the last."""
    kept: Mapping[str, Any] = run.get("review") or {}
    return kept.get("entries") or 0, kept.get("head")


def _against(anchors: Sequence[tuple[int, str, str]], entries: Sequence[Entry]) -> str | None:
    for number, head, where in sorted(anchors):
        if not head:
            return f"{where} cannot be read: it was edited"
        if number > len(entries):
            return f"entry {len(entries) + 1} is missing: the ledger held {number} entries {where}, and now ends after {len(entries)}"
        if head != (entries[number - 1].hash if number else BEGINNING):
            return f"entry {number} or one before it was replaced: it is not the one that the ledger held {where}"
    return None


def _remarks(home: Workspace, entries: Sequence[Entry]) -> Iterator[str]:
    if entries and not (home.path / HEAD).exists():
        yield f"{HEAD} is missing: entries removed from the end can only be told from the manifests of later runs"
    for before, entry in pairwise(entries):
        if entry.recorded_at < before.recorded_at:
            yield f"entry {entry.seq} was recorded at {entry.recorded_at}, before entry {before.seq}: the clock was set back"


# ---------------------------------------------------------------- appending


def append(home: Workspace, ledger: Ledger, statements: Iterable[tuple[Reviewed, Statement, dict[str, str | None] | None]]) -> Ledger:
    """Add entries at the end, all or none of them, and on disk before this returns. Hold the workspace's lock."""
    entries, recorded_at, recorded_by = list(ledger.entries), now(), _account()
    for finding, statement, was in statements:
        content: dict[str, Any] = {
            "seq": len(entries) + 1,
            "previous": entries[-1].hash if entries else BEGINNING,
            "recorded_at": recorded_at,
            "recorded_by": recorded_by,
            "finding": finding.model_dump(),
            "statement": statement.model_dump(),
            "was": was,
        }
        entries.append(Entry.model_validate(content | {"hash": _hash(content)}))
    added = entries[len(ledger.entries) :]
    if added:
        file = home.path / LEDGER
        before = file.read_bytes() if file.exists() else b""
        _replace(file, before + b"".join(_canonical(entry.model_dump()) + b"\n" for entry in added))
        # after the ledger: a crash in between leaves a head that lies behind, which is still a true one
        _replace(home.path / HEAD, _canonical({"entries": len(entries), "head": entries[-1].hash}) + b"\n")
    return Ledger(entries, remarks=list(_remarks(home, entries)))


def now() -> str:
    """The machine's clock. It only informs: what came first is told by the number of an entry."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return f"account {os.getuid()}"


def _replace(file: Path, content: bytes) -> None:
    """Put new content in place of a file at once; a crash leaves the old file or the new one."""
    half = file.with_name(f".{file.name}.partial")
    with half.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    half.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical({key: value for key, value in content.items() if key != "hash"})).hexdigest()
