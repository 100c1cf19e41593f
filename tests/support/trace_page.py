"""Writes docs/trace.md: ``make trace``. A test says when the page is older than what it tells about."""

from __future__ import annotations

import re
from pathlib import Path

from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.trace import Statement, statements
from infusion_audit_reports.strata import STRATIFIERS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "trace.md"
_PROTOCOL = "ketamine-chronic-pain"
_HEAD = """# From the source text to the audit

Every statement of the source text, in short words of our own, with what became of it and where. The text itself is not
shipped; the lines are its line numbers, and lines that are only headings belong to the statement after them. `make trace`
writes this page from `protocols/ketamine-chronic-pain.trace.csv`, the rules, their examples and the tests; a test fails
when it is stale.

| no. | lines | statement | became | id | defined in | shown by |
|---|---|---|---|---|---|---|
"""


def known_ids() -> set[str]:
    """Everything that a statement can have become: rules of this release, stratifiers, benchmarks of the protocol."""
    return {rule.rule_id for rule in Rulebook.load()} | {one.kx for one in STRATIFIERS} | set(load_protocol(_PROTOCOL).benchmarks)


def example_page(rule_path: Path) -> Path:
    """The page of worked examples of a rule's file."""
    return ROOT / "tests" / "rules" / f"{rule_path.stem}.md"


def where(one_id: str) -> tuple[list[Path], list[str]]:
    """The files that define an id, and what shows that it does what it says."""
    if rule := Rulebook.load().get(one_id):
        page = example_page(rule.path)
        number = len(re.findall(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)) if page.exists() else 0
        return [ROOT / "sql" / "rules" / rule.path.name], [f"{_link(page)}, {number} examples"]
    test = ROOT / "tests" / "test_outcomes.py"
    if codes := [one.code for one in STRATIFIERS if one.kx == one_id]:
        return sorted({_stratifier_file(code) for code in codes}), [_link(test)]
    if one_id in load_protocol(_PROTOCOL).benchmarks:
        return [ROOT / "protocols" / f"{_PROTOCOL}.toml", ROOT / "sql" / "summaries" / "benchmarks.sql"], [_link(test)]
    return [], []


def _stratifier_file(code: str) -> Path:
    """The view that a stratifier has of its own, else the query of all strata."""
    views = (ROOT / "sql" / "views" / f"{name}.sql" for name in (code, code.split("_")[0]))
    return next((view for view in views if view.exists()), ROOT / "sql" / "judge" / "stratum.sql")


def template(place: str) -> Path:
    """The template of a page of the report."""
    return ROOT / "reports" / "infusion_audit_reports" / "templates" / f"{place}.html.j2"


def _link(path: Path) -> str:
    return f"[{path.name}](../{path.relative_to(ROOT).as_posix()})"


def _row(one: Statement) -> str:
    files: list[Path] = []
    shown: list[str] = []
    for each in one.ids:
        defined, by = where(each)
        files += [file for file in defined if file not in files]
        shown += [words for words in by if words not in shown]
    if one.place:
        files.append(template(one.place))
        shown.append(f"page *{one.place.capitalize()}*")
    cells = (str(one.number), one.lines, one.statement, ", ".join(one.became), " ".join(one.ids) or "none")
    return "| " + " | ".join((*cells, ", ".join(map(_link, files)), "; ".join(shown))) + " |"


def page_text() -> str:
    """The whole page."""
    return _HEAD + "\n".join(map(_row, statements())) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page_text(), "utf-8")
