"""The protocol linter: what is wrong with a protocol file, and what its reader must know.

Every check is a function of a ``Subject`` that yields its problems, named after its id in ``protocol.problem.CHECKS``.
What is wrong with the form of a file (PL-01, PL-04, PL-06) is found where the file is read, in ``protocol.schema``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.lint import arithmetic, content, provenance
from infusion_audit.lint.versions import between_files, versions
from infusion_audit.protocol import Protocol, Reading, load_protocol, read_protocol, shipped_protocols
from infusion_audit.protocol.problem import Problem, in_order, refusal
from infusion_audit.rulebook import Rulebook

_MODULES = (provenance, arithmetic, content)


@dataclass(frozen=True)
class Subject:
    """What the checks look at."""

    protocol: Protocol
    book: Rulebook
    shipped: Sequence[Protocol]
    codes: Sequence[tuple[int, content.Code]]
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
    codes = content.read_codes(resource("protocols") / "codesets.csv")
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
