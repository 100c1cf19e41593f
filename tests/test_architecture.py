"""Dependencies point one way, and only one module knows the engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import infusion_audit
import infusion_audit_reports
import infusion_audit_schemas

PIPELINE, REPORTS, SCHEMAS = (
    Path(package.__file__ or "").parent for package in (infusion_audit, infusion_audit_reports, infusion_audit_schemas)
)
HEAVY = {"duckdb", "pandas", "pandera", "pydantic", "great_expectations", "jinja2", "lets_plot", "numpy", "pyarrow", "openpyxl"}


def modules(*roots: Path) -> list[Path]:
    return sorted(file for root in roots for file in root.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """What a module imports when it runs; imports for the type checker do not count."""
    pending: list[ast.AST] = [ast.parse(file.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            pending += ast.iter_child_nodes(node)


def users_of(package: str, files: list[Path]) -> set[str]:
    return {file.name for file in files if any(name == package or name.startswith(f"{package}.") for name in imports(file))}


def test_schemas_and_reports_never_import_the_pipeline():
    assert users_of("infusion_audit", modules(REPORTS, SCHEMAS)) == set()


def test_schemas_and_reports_do_not_know_each_other():
    assert users_of("infusion_audit_reports", modules(SCHEMAS)) == set()
    assert users_of("infusion_audit_schemas", modules(REPORTS)) == set()


def test_only_the_engine_module_knows_duckdb():
    assert users_of("duckdb", modules(PIPELINE, REPORTS, SCHEMAS)) == {"engine.py"}


def test_the_gate_alone_imports_great_expectations():
    assert users_of("great_expectations", modules(PIPELINE, REPORTS, SCHEMAS)) <= {"gate_worker.py"}


def test_no_package_has_a_generic_name():
    assert {PIPELINE.name, REPORTS.name, SCHEMAS.name} == {"infusion_audit", "infusion_audit_reports", "infusion_audit_schemas"}


@pytest.mark.parametrize("module", ["infusion_audit.cli", "infusion_audit.errors", "infusion_audit.terminal"])
def test_the_command_line_answers_without_loading_anything_heavy(module: str):
    code = f"import {module}, sys; print(*sorted({HEAVY!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
