"""Code maps: CSV files beside the selects of an import format that say what its codes mean."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infusion_audit.suggest import did_you_mean


@dataclass(frozen=True)
class CodeMap:
    """The rows of a map; no two of them have the same key."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    key: tuple[str, ...]

    def key_of(self, row: Sequence[str]) -> tuple[str, ...]:
        """The cells by which a row is looked up, whatever their case; all of them when the map has no key."""
        return tuple(row[self.columns.index(name)].casefold() for name in self.key or self.columns)

    def before(self, other: CodeMap | None) -> CodeMap:
        """These rows, and those of another map whose keys are not among them."""
        if other is None:
            return self
        taken = {self.key_of(row) for row in self.rows}
        ordered = [tuple(row[other.columns.index(name)] if name in other.columns else "" for name in self.columns) for row in other.rows]
        return replace(self, rows=(*self.rows, *(row for row in ordered if self.key_of(row) not in taken)))


def read_map(file: Path, key: Sequence[str]) -> tuple[CodeMap | None, list[str]]:
    """A code map and what is wrong with its file; a key that means two things means nothing."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True) if any(row)]
    except (OSError, ValueError, csv.Error) as error:
        return None, [f"{file} cannot be read as a CSV file with a header: {error}"]
    problems = [f"{file}: there is no column {name}{did_you_mean(name, header)}" for name in key if name not in header]
    problems += [
        f"{file}: the row {','.join(row)} has {len(row)} cells, and the header {len(header)}" for row in rows if len(row) != len(header)
    ]
    if problems:
        return None, problems
    code_map = CodeMap(tuple(header), tuple(map(tuple, rows)), tuple(key))
    keys = [code_map.key_of(row) for row in code_map.rows]
    return code_map, [
        f"{file}: {', '.join(each)} is there {keys.count(each)} times" for each in dict.fromkeys(keys) if keys.count(each) > 1
    ]
