"""What an external report may show beside the external reports that were given out before it.

Reports over nested periods can be subtracted from one another, so all of them form one tree of periods, and what is hidden in the new
one is chosen over the whole tree. What lies between an outer period and the reports inside it is a period too, though never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from infusion_audit_reports.suppression import LEAST, Cell, Exposed, Key, hidden_cells

Counts = dict[str, int]
# Rules of one family do not apply to the same sessions: what one of them hides, another would tell.
ELSEWHERE = {"not_applicable"}
# Where a large count must be hidden as well, it is that of what went well; findings stay visible.
FIRST_TO_HIDE = {"compliant"}


class Refused(Exception):
    """Nothing may be shown of this period; the words say why."""


@dataclass
class Release:
    """The counts of one period: its sessions, and tables that part them; ``shown`` are the parts given out, None while undecided."""

    first: date
    last: date
    sessions: int
    tables: dict[str, Counts]
    shown: dict[str, set[str]] | None = None
    patients: bool = False  # whether patients, who cannot be added up over periods, were shown as well
    inside: list[Release] = field(default_factory=list["Release"], repr=False)

    def holds(self, other: Release) -> bool:
        return self.first <= other.first and other.last <= self.last

    def touches(self, other: Release) -> bool:
        return self.first <= other.last and other.first <= self.last

    def record(self) -> dict[str, Any]:
        """What the workspace remembers of it."""
        tables = {
            name: {part: [n, part in (self.shown or {}).get(name, ())] for part, n in counts.items()}
            for name, counts in self.tables.items()
        }
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "sessions": self.sessions,
            "patients": self.patients,
            "tables": tables,
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Release:
        tables = {name: {part: n for part, (n, _) in counts.items()} for name, counts in record["tables"].items()}
        shown = {name: {part for part, (_, given) in counts.items() if given} for name, counts in record["tables"].items()}
        return cls(
            date.fromisoformat(record["first"]), date.fromisoformat(record["last"]), record["sessions"], tables, shown, record["patients"]
        )


def decide(whole: Release, parts: Sequence[Release], earlier: Sequence[Release]) -> bool:
    """Fill ``shown`` of the new report and of the parts of its period; says whether the parts may be shown at all.

    ``whole`` comes first: for a part nothing of it is hidden. Raises Refused where even the number of sessions gives a small group away.
    """
    if 0 < whole.sessions < LEAST:
        raise Refused(f"it has fewer than {LEAST} sessions")
    earlier = _merged(_connected(whole, earlier))
    _check_sessions([whole, *earlier])
    fine = not any(0 < part.sessions < LEAST for part in parts)
    try:
        _check_sessions([whole, *parts, *earlier])
    except Refused:
        fine = False
    for each in (whole, *parts):
        each.shown = {}
    for name in whole.tables:
        _show(name, [whole, *earlier], [whole], earlier)
    if not fine:
        return False
    for name in sorted({name for part in parts for name in part.tables}):
        _show(name, [whole, *parts, *earlier], parts, earlier)
    return True


def _show(name: str, releases: Sequence[Release], new: Sequence[Release], earlier: Sequence[Release]) -> None:
    """Fill in what the new releases show of one table: what was shown of the same days and counts before, else what may be."""
    before = {(each.first, each.last): each for each in earlier if name in each.tables}
    fresh: list[Release] = []
    for each in new:
        twin = before.get((each.first, each.last))
        shown = each.shown if each.shown is not None else {}
        if twin and twin.tables[name] == each.tables.get(name):
            shown[name] = set((twin.shown or {}).get(name, ()))
        elif name in each.tables:
            fresh.append(each)
    hidden = _hidden(name, releases, fresh) if fresh else set[Key]()
    numbers = {id(each): at for at, each in enumerate(releases)}
    for each in fresh:
        shown = each.shown if each.shown is not None else {}
        shown[name] = {part for part in each.tables[name] if hidden is not None and (numbers[id(each)], part) not in hidden}


def _connected(whole: Release, earlier: Sequence[Release]) -> list[Release]:
    """The earlier reports whose days touch those of the new one, or those of a report that does."""
    found: list[Release] = []
    left = list(earlier)
    while near := [each for each in left if any(each.touches(other) for other in (whole, *found))]:
        found += near
        left = [each for each in left if each not in near]
    return found


def _merged(earlier: Sequence[Release]) -> list[Release]:
    """One release for each span of days, the latest counts with everything ever shown of it."""
    found: dict[tuple[date, date], Release] = {}
    for each in earlier:
        twin = found.get((each.first, each.last))
        shown = {name: set(parts) for name, parts in (each.shown or {}).items()}
        for name, parts in (twin.shown or {}).items() if twin else ():
            shown.setdefault(name, set()).update(parts)
        found[each.first, each.last] = Release(each.first, each.last, each.sessions, (twin.tables if twin else {}) | each.tables, shown)
    return list(found.values())


def _check_sessions(releases: Sequence[Release]) -> None:
    """The spans must lie one inside the other or apart, and no group of sessions between them may be small."""
    for outer, inner in _pairs(releases):
        if not (outer.holds(inner) or inner.holds(outer) or not outer.touches(inner)):
            raise Refused(f"the days {_span(outer)} and {_span(inner)} of external reports would overlap in part")
    for top in _forest(releases):
        for node in _walk(top):
            rest = node.sessions - sum(child.sessions for child in node.inside)
            if node.inside and 0 < rest < LEAST and _days_left(node):
                raise Refused(
                    f"beside earlier external reports it would give away, by subtraction, 1 to {LEAST - 1} sessions within {_span(node)}"
                )


def _pairs(releases: Sequence[Release]) -> Iterator[tuple[Release, Release]]:
    for at, one in enumerate(releases):
        for other in releases[at + 1 :]:
            yield one, other


def _span(release: Release) -> str:
    return f"{release.first} to {release.last}"


def _forest(releases: Sequence[Release]) -> list[Release]:
    """The outermost releases, each with those inside it; of two with the same days the first is kept, with what both have shown."""
    tops: list[Release] = []
    ordered = sorted(releases, key=lambda each: (each.first, -each.last.toordinal()))
    above: list[Release] = []
    for each in ordered:
        each.inside = []
        while above and not above[-1].holds(each):
            above.pop()
        (above[-1].inside if above else tops).append(each)
        above.append(each)
    return tops


def _walk(top: Release) -> Iterator[Release]:
    yield top
    for child in top.inside:
        yield from _walk(child)


def _days_left(node: Release) -> bool:
    """Whether a day of the outer period lies in none of the inner ones."""
    return (node.last - node.first).days + 1 > sum((child.last - child.first).days + 1 for child in node.inside)


def _hidden(name: str, releases: Sequence[Release], new: Sequence[Release]) -> set[Key] | None:
    """Which parts of a table to hide in the new releases; None where nothing of it may be shown."""
    held = [each for each in releases if name in each.tables]
    names = sorted({part for each in held for part in each.tables[name]})
    numbers = {id(each): at for at, each in enumerate(releases)}
    undecided = {id(each) for each in new}
    cells: list[Cell] = []
    for top in _forest(held):
        cells += _cells(top, None, name, names, numbers, undecided)[1]
    try:
        return hidden_cells(cells)
    except Exposed:
        return None


def _cells(
    node: Release, above: Key, name: str, names: Sequence[str], numbers: Mapping[int, int], undecided: set[int]
) -> tuple[Counts, list[Cell]]:
    """The counts of a period and of all inside it. Sums decide: where counts were corrected between two reports, the inner ones hold."""
    own = numbers[id(node)]
    values = {part: node.tables[name].get(part, 0) for part in names}
    found: list[Cell] = []
    if node.inside:
        inner: list[Counts] = []
        for child in node.inside:
            counts, cells = _cells(child, own, name, names, numbers, undecided)
            inner.append(counts)
            found += cells
        left = _days_left(node)
        for part in names:
            rest = max(0, values[part] - sum(counts[part] for counts in inner)) if left else 0
            values[part] = rest + sum(counts[part] for counts in inner)
            if left:
                found.append(Cell(("rest", own, part), rest, ("row", "rest", own), (own, part), unshown=True))
    for part in names:
        shown = part in (node.shown or {}).get(name, ())
        is_new = id(node) in undecided
        small = 0 < node.tables[name].get(part, 0) < LEAST
        found.append(
            Cell(
                (own, part),
                values[part],
                (own, part) if node.inside else ("row", own),
                "all" if above is None else (above, part),
                known=part in ELSEWHERE and not small if is_new else shown,
                unshown=not is_new and not shown,
                sensitive=small and (is_new or not shown),
                cost=(1 if part in FIRST_TO_HIDE else 2) + values[part] / 10**9,
            )
        )
    return values, found
