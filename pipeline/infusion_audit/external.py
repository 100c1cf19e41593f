"""The report for readers outside the quality team: only aggregated pages, small numbers hidden, nothing to subtract."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infusion_audit import outputs
from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.workspace import Workspace

SMALL_NUMBERS = ("hide", "round")


def external_path(run_id: str) -> str:
    """The external report of a run, relative to the workspace."""
    return f"external/{run_id}/index.html"


def write_external(home: Workspace, manifest: Mapping[str, Any], out: Path, *, small_numbers: str = "hide") -> list[Path]:
    """Write the external site of a stored run into the empty or absent folder ``out``; returns its pages.

    The caller holds the workspace's lock. ``small_numbers`` is ``hide`` (no count of 1 to 10) or ``round`` (7 and less hidden, the
    rest rounded to 5). What was shown is recorded in the workspace, so that no later external report can be subtracted from this one.
    Raises UserError where nothing may be shown: fewer than 11 sessions, or a group of 1 to 10 by subtraction from an earlier one.
    """
    from infusion_audit.history import install as install_history
    from infusion_audit.review_tables import install as install_reviews
    from infusion_audit_reports.disclosure import Refused
    from infusion_audit_reports.site import render_external

    folder = home.run_folder(manifest["run_id"])
    given_out = _given_out(home)
    if other := next((given for given in given_out if given["small_numbers"] != small_numbers), None):
        raise UserError(
            f"the external report of run {other['run_id']} was made with --small-numbers {other['small_numbers']}",
            hint="Exact and rounded counts of one site must not be set side by side: keep to one way.",
        )
    earlier = [release for given in given_out for release in _releases(given, manifest)]
    with outputs.restored(folder) as connection:
        install_reviews(connection, manifest, folder, home)
        install_history(connection, manifest, home)
        try:
            pages, shown = render_external(
                connection, manifest, out, summaries=resource("sql") / "summaries", earlier=earlier, small_numbers=small_numbers
            )
        except Refused as error:
            raise UserError(
                f"run {manifest['run_id']} ({manifest['period']}) has no external report: {error}",
                hint="Choose a period of whole months, quarters or years. If an earlier external report was never given out,"
                f" delete its record in {home.path / 'given-out'}.",
            ) from error
    _record(home, manifest, shown, small_numbers)
    return pages


def render_external_report(home: Workspace, manifest: Mapping[str, Any], small_numbers: str) -> dict[str, Any]:
    """Write ``external/RUN_ID/`` of the workspace, whole or not at all; returns the manifest with that report."""
    run_id = manifest["run_id"]
    with home.publishing(run_id, among=home.path / "external") as out:
        write_external(home, manifest, out, small_numbers=small_numbers)
    return {**manifest, "report": external_path(run_id), "audience": "external"}


def _given_out(home: Workspace) -> list[dict[str, Any]]:
    """The records of all external reports of the workspace, oldest first."""
    found: list[dict[str, Any]] = []
    for file in sorted((home.path / "given-out").glob("*.json")):
        try:
            found.append(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise UserError(f"{file} cannot be read", hint="It says what external reports have shown. Restore it from a backup.") from error
    return found


def _releases(given: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The counts to beware of; those of another protocol are of other rules, and only the number of sessions is the same."""
    if given["protocol_id"] == manifest["protocol"]["id"]:
        return given["releases"]
    return [{**release, "tables": {}} for release in given["releases"]]


def _record(home: Workspace, manifest: Mapping[str, Any], shown: list[dict[str, Any]], small_numbers: str) -> None:
    """Remember what was shown, beside what the same run has shown before; the same again is one record."""
    folder = home.path / "given-out"
    folder.mkdir(exist_ok=True)
    entry = {
        "run_id": manifest["run_id"],
        "period": manifest["period"],
        "protocol_id": manifest["protocol"]["id"],
        "small_numbers": small_numbers,
        "releases": shown,
    }
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n"
    file = folder / f"{manifest['run_id']}-{hashlib.sha256(text.encode()).hexdigest()[:6]}.json"
    partial = file.with_suffix(".partial")
    partial.write_text(text, "utf-8")
    partial.replace(file)
