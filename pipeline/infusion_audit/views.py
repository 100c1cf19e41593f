"""The shipped views and which of them a query needs: what stands after ``from`` and ``join`` is the only registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from infusion_audit.engine import resource


@cache
def views() -> dict[str, str]:
    """The text of every view by its name, each after those that it reads."""
    texts = {file.stem: query_of(file) for file in sorted((resource("sql") / "views").glob("*.sql"))}
    needs = {name: sorted((reads(text) & texts.keys()) - {name}) for name, text in texts.items()}
    return {name: texts[name] for name in TopologicalSorter(needs).static_order()}


def needed_by(queries: Iterable[str]) -> list[str]:
    """The names of the views that the queries read, directly or by way of others, in the order in which they can be built."""
    texts, needed = views(), set[str]()
    ahead = [name for query in queries for name in reads(query)]
    while ahead:
        name = ahead.pop()
        if name in texts and name not in needed:
            needed.add(name)
            ahead += reads(texts[name])
    return [name for name in texts if name in needed]


@cache
def reads(query: str) -> frozenset[str]:
    """The names of what a query reads."""
    return frozenset(re.findall(r"\b(?:from|join)\s+(\w+)", query))


@cache
def query_of(file: Path) -> str:
    """The query in a file, fit to stand inside another one."""
    return file.read_text("utf-8").rstrip().removesuffix(";")
