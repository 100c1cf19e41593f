"""Lint: versions of one protocol against each other, as files and as those that published reports were judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from infusion_audit.protocol import Protocol
from infusion_audit.protocol.problem import Problem


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
