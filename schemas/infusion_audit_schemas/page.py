"""The data dictionary as a page: ``python -m infusion_audit_schemas.page > docs/data-dictionary.md``."""

from __future__ import annotations

from typing import Any

from . import dictionary

HEAD = """# Data dictionary

The input tables: one file each, or the columns that the selects of an [import format](import-formats.md) give. `*` marks what must be
there and is never empty. This page is made from the models in `schemas/`: change those, then
`python -m infusion_audit_schemas.page > docs/data-dictionary.md`.

| type | what a cell holds |
|---|---|
| identifier | text as the source system writes it, blanks and zeros included |
| text, name | text without the blanks around it; the letter case of a name does not matter |
| choice | one of the words listed; letter case does not matter |
| number, count | an exact decimal, not negative, at most nine digits before and after the point; a count has no fraction |
| instant | ISO 8601, with an offset or local to the manifest's `timezone` |
| date | `YYYY-MM-DD` |
"""


def page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(_table(table) for table in dictionary())


def _table(table: dict[str, Any]) -> str:
    required = " Required." if table["required"] else ""
    key = f" A later extract's row of the same `{table['key']}` replaces an earlier one's." if table["key"] else ""
    lines = [f"\n## {table['table']}\n\n{table['description']}{required}{key}\n\n| column | type | meaning |\n|---|---|---|\n"]
    for column in table["columns"]:
        words = f" One of: {', '.join(f'`{word}`' for word in column['allowed'])}." if column.get("allowed") else ""
        default = f" Empty: `{column['default']}`." if column.get("default") else ""
        mark = "*" if column["required"] else ""
        lines.append(f"| `{column['name']}`{mark} | {column['type']} | {column['description']}{words}{default} |\n".replace("\n |", " |"))
    return "".join(lines)


if __name__ == "__main__":
    print(page(), end="")
