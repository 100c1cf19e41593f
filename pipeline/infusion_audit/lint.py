"""The protocol linter: what is wrong with a protocol file, and what its reader must know.

Every check is a function of a ``Subject`` that yields its problems, named after its id in ``protocol_problem.CHECKS``.
What is wrong with the form of a file (PL-01, PL-04, PL-06) is found where the file is read, in ``protocol_schema``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from infusion_audit import lint_arithmetic, lint_content, lint_provenance
from infusion_audit.engine import Connection, resource
from infusion_audit.errors import UserError
from infusion_audit.protocol import Protocol, Reading, load_protocol, read_protocol, shipped_protocols
from infusion_audit.protocol_problem import Problem, in_order, refusal
from infusion_audit.rulebook import Rulebook

_MODULES = (lint_provenance, lint_arithmetic, lint_content)


@dataclass(frozen=True)
class Subject:
    """What the checks look at."""

    protocol: Protocol
    book: Rulebook
    shipped: Sequence[Protocol]
    codes: Sequence[tuple[int, lint_content.Code]]
    source: Sequence[str] | None = None  # the lines of the source text, when somebody gave it

    @property
    def others(self) -> list[Protocol]:
        """The shipped protocols that this one is no version of."""
        return [each for each in self.shipped if each.id != self.protocol.id]


def lint(file_or_id: str, source: Path | None = None, runs: Iterable[Mapping[str, Any]] = ()) -> tuple[Reading, list[Problem]]:
    """Read a file and check it in full; a file whose form is wrong is checked for that alone."""
    reading = read_protocol(file_or_id)
    if reading.protocol is None or reading.problems:
        return reading, reading.problems
    return reading, checked(reading.protocol, Rulebook.load(), source, runs)


def lint_files(files: Sequence[str], source: Path | None = None, runs: Iterable[Mapping[str, Any]] = ()) -> list[tuple[str, list[Problem]]]:
    """Every file's name and problems; several files are also held against each other."""
    runs = list(runs)
    found = [lint(each, source, runs) for each in files]
    readable = [(reading, problems) for reading, problems in found if reading.protocol]
    for place, problem in between_files([reading.protocol for reading, _ in readable if reading.protocol]):
        reading, problems = readable[place]
        problems.append(problem.in_text(reading.text))
    return [(reading.name, in_order(problems)) for reading, problems in found]


def load_checked(file_or_id: str, book: Rulebook, runs: Iterable[Mapping[str, Any]]) -> tuple[Protocol, list[Problem]]:
    """The protocol for a run and the warnings about it; errors refuse it, all at once."""
    protocol = load_protocol(file_or_id)
    problems = checked(protocol, book, runs=runs)
    if errors := [each for each in problems if each.is_error]:
        raise refusal(file_or_id, errors)
    return protocol, problems


def checked(protocol: Protocol, book: Rulebook, source: Path | None = None, runs: Iterable[Mapping[str, Any]] = ()) -> list[Problem]:
    """Every problem of a protocol, each with its line, errors first."""
    codes = lint_content.read_codes(resource("protocols") / "codesets.csv")
    subject = Subject(protocol, book, [load_protocol(each) for each in shipped_protocols()], codes)
    problems: list[Problem] = []
    if source is not None:
        lines, problems = _source_text(source, protocol)
        subject = Subject(protocol, book, subject.shipped, codes, lines)
    for module in _MODULES:
        for name, check in vars(module).items():
            if re.match(r"pl\d\d_", name):
                problems += check(subject)
    problems += versions(protocol, runs)
    return in_order(each.in_text(protocol.text) for each in problems)


def _source_text(file: Path, protocol: Protocol) -> tuple[list[str] | None, list[Problem]]:
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise UserError(f"source text {file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"source text {file}: is not UTF-8 text") from error
    if hashlib.sha256(raw).hexdigest() != protocol.protocol.source_sha256:
        what = "the given source text is not the one that the protocol was written from"
        return None, [Problem("PL-02", "protocol.source_sha256", what, "Give the text of this hash, or correct source_sha256.")]
    return text.splitlines(), []


# ---------------------------------------------------------------- versions


def versions(protocol: Protocol, runs: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """PL-09: this version against those that published reports of the workspace were judged by.

    Two versions in force at the same time are an error between files and a warning here: what was published stays as it
    is, and judging old sessions again by a corrected version must be possible.
    """
    seen: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        used: Mapping[str, Any] = run.get("protocol", {})
        if run.get("report") and used.get("id") == protocol.id and used.get("content_sha256"):
            seen[used["version"]] = used
    for version, used in sorted(seen.items()):
        if version != protocol.version:
            if overlaps(protocol.manifest(), used):
                what = f"version {version} was used in this workspace and is in force at the same time as version {protocol.version}"
                todo = "Give the new version the day from which it is in force: effective_from."
                yield Problem("PL-09", "protocol.effective_from", what, todo, level="warning")
        elif used["content_sha256"] != protocol.content_sha256:
            what = f"version {version} of {protocol.id} was used in this workspace with other content"
            yield Problem("PL-09", "protocol.version", what, "Give the changed file a new version.")


def between_files(protocols: Sequence[Protocol]) -> Iterator[tuple[int, Problem]]:
    """PL-09: files against each other; with each problem, the place of its file in the list."""
    for place, protocol in enumerate(protocols):
        for earlier in protocols[:place]:
            if earlier.id != protocol.id:
                continue
            if earlier.version == protocol.version and earlier.content_sha256 != protocol.content_sha256:
                what = f"two files with different content are both version {protocol.version} of {protocol.id}"
                yield place, Problem("PL-09", "protocol.version", what, "Give the changed file a new version.")
            elif earlier.version != protocol.version and overlaps(protocol.manifest(), earlier.manifest()):
                what = f"versions {earlier.version} and {protocol.version} of {protocol.id} are in force at the same time"
                yield place, Problem("PL-09", "protocol.effective_from", what, "Let effective_from follow the other's effective_to.")


def overlaps(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two versions are in force on one day; a version without an end ends where a later one begins."""
    (first, ends), (later, goes_on) = sorted(
        ((each["effective_from"] or date.min.isoformat(), each["effective_to"]) for each in (one, other)), key=lambda each: each[0]
    )
    if first == later:
        return True
    return ends is not None and later <= ends and (goes_on is None or first <= goes_on)


# ---------------------------------------------------------------- what only data can show


def after_judging(connection: Connection, protocol: Protocol, verdicts: Mapping[str, Mapping[str, int]]) -> list[Problem]:
    """PL-20 and PL-24, which need the sessions of the period."""
    return in_order(each.in_text(protocol.text) for each in (*_short_sessions(connection, protocol), *_idle_rules(verdicts)))


def _short_sessions(connection: Connection, protocol: Protocol) -> Iterator[Problem]:
    interval = min([phase.interval_min for phase in protocol.monitoring.phases[:1]] or [protocol.monitoring.interval_min])
    row = connection.execute(
        """
        select count(*) filter (where epoch_us(ended_at) - epoch_us(started_at) < ? * 60000000), count(*)
        from session
        where has_infusion and not times_uncertain
        """,
        [interval],
    ).fetchone()
    short, total = row or (0, 0)
    if short:
        what = f"{short} of {total} sessions with an infusion were shorter than the interval of {interval:f} min"
        yield Problem("PL-20", "monitoring.interval_min", what, "Nobody had to be assessed during those: check the interval.")


def _idle_rules(verdicts: Mapping[str, Mapping[str, int]]) -> Iterator[Problem]:
    for rule_id, counts in sorted(verdicts.items()):
        judged, undecided = counts["compliant"] + counts["violation"], counts["not_evaluable"]
        concerned = judged + undecided
        if sum(counts.values()) and not concerned:
            yield Problem("PL-24", f"rules.{rule_id}", "concerned no session of this period", "A rule that never applies shows nothing.")
        elif undecided * 5 > concerned:
            what = f"could not be judged in {undecided} of the {concerned} sessions that it concerned"
            yield Problem("PL-24", f"rules.{rule_id}", what, "See the causes on the data-quality page.")
