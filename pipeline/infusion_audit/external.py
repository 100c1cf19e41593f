"""The report for readers outside the quality team: only aggregated pages, small numbers hidden, nothing to subtract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infusion_audit.errors import UserError
from infusion_audit.workspace import Workspace


def write_external(home: Workspace, manifest: Mapping[str, Any], out: Path, *, small_numbers: str = "hide") -> list[Path]:
    """Write the external site of a stored run into the empty or absent folder ``out``; returns its pages.

    The caller holds the workspace's lock. ``small_numbers`` is ``hide`` (no count of 1 to 10) or ``round`` (7 and less hidden, the
    rest rounded to 5). What was shown is recorded in the workspace, so that no later external report can be subtracted from this one.
    Raises UserError where nothing may be shown: fewer than 11 sessions, or a group of 1 to 10 by subtraction from an earlier one.
    """
    raise UserError(f"run {manifest['run_id']} cannot be shown outside yet", hint="Use the internal report.")
