"""The input contract: one pandera model per canonical table, and what is compiled from them.

Nothing here imports pandera; ``tables`` holds the models, ``compile`` turns them into the files that this module reads.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_COMPILED = Path(__file__).parent / "compiled"


@cache
def _dictionary() -> str:
    return (_COMPILED / "dictionary.json").read_text(encoding="utf-8")


def dictionary() -> list[dict[str, Any]]:
    """The input tables: name, whether required, key, and columns with name, type, allowed values, default and description."""
    return json.loads(_dictionary())


@cache
def contract(table: str) -> str:
    """The select that reads and judges rows of ``source`` (all cells text) by the contract of a table."""
    return (_COMPILED / f"{table}.sql").read_text(encoding="utf-8")
