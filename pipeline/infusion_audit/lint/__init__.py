"""The protocol linter: what is wrong with a protocol file, and what its reader must know."""

from infusion_audit.lint.findings import after_judging
from infusion_audit.lint.linter import Subject, checked, lint, lint_files, load_checked
from infusion_audit.lint.versions import between_files, overlaps

__all__ = ["Subject", "after_judging", "between_files", "checked", "lint", "lint_files", "load_checked", "overlaps"]
