"""Which counts of a release to hide, so that none from 1 to 10 is shown or can be worked out from what is shown.

Every count is an arc between two equations: in one it adds, in the other it takes away (a part of its row, and a part of the same
part in a longer period). What a reader can work out about hidden counts is then a question of flows in a network, which is answered
exactly and in whole numbers: a hidden count may rise or fall as far as the others can make up for it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

LEAST = 11  # the smallest count that may be shown, beside zero
Key = Hashable


@dataclass(frozen=True)
class Cell:
    """A count: ``adds`` and ``takes`` name the equations in which it stands on either side."""

    key: Key
    value: int
    adds: Key
    takes: Key
    known: bool = False  # shown before or elsewhere: it cannot be hidden any more
    unshown: bool = False  # hidden whatever comes
    sensitive: bool = False  # must not be worked out whatever its value
    cost: float = 1.0

    @property
    def small(self) -> bool:
        return 0 < self.value < LEAST


class Exposed(Exception):
    """Even with everything hidden that can be, a small count follows from what was shown before."""


def hidden_cells(cells: Sequence[Cell]) -> set[Key]:
    """The keys to hide: the small counts, and as many others as it takes that no hidden one is known to within 10.

    Raises Exposed where earlier releases leave no way.
    """
    hidden = {cell.key for cell in cells if not cell.known and (cell.unshown or cell.small or cell.sensitive)}
    targets = [cell for cell in cells if cell.key in hidden and (cell.small or cell.sensitive)]
    for cell in targets:
        hidden |= _partner(cells, hidden, cell)
    network, free = _Network(cells), {cell.key for cell in cells if not cell.known}
    for cell in targets:
        for attempt in range(3):
            if network.span(cell, hidden) >= LEAST:
                break
            hidden |= network.cheapest_cycle(cell, hidden) if attempt == 0 else _largest_of_rows(cells, hidden) if attempt == 1 else free
        if network.span(cell, hidden) < LEAST:
            raise Exposed
    return hidden


def _largest_of_rows(cells: Sequence[Cell], hidden: set[Key]) -> set[Key]:
    """In every row with a hidden count one more: the cheapest that is large enough, so that small ones can make up for one another."""
    chosen: dict[Key, Cell] = {}
    rows = {cell.adds for cell in cells if cell.key in hidden}
    for cell in cells:
        if cell.adds in rows and cell.key not in hidden and not cell.known and cell.value >= LEAST:
            best = chosen.get(cell.adds)
            if best is None or (cell.cost, cell.value) < (best.cost, best.value):
                chosen[cell.adds] = cell
    return {cell.key for cell in chosen.values()}


def _partner(cells: Sequence[Cell], hidden: set[Key], cell: Cell) -> set[Key]:
    """A second count to hide in a row where this one alone would be the difference: the cheapest that is large enough, or the largest."""
    row = [other for other in cells if other.adds == cell.adds and other.key != cell.key]
    if any(other.key in hidden for other in row):
        return set()
    free = [other for other in row if not other.known]
    enough = [other for other in free if other.value >= LEAST]
    chosen = min(enough, key=lambda other: (other.cost, other.value), default=max(free, key=lambda other: other.value, default=None))
    return {chosen.key} if chosen else set()


class _Network:
    """The equations as vertices; a hidden count lets an excess flow from one to the other."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = {cell.key: cell for cell in cells}
        self.at: dict[Key, list[Cell]] = {}
        for cell in cells:
            self.at.setdefault(cell.adds, []).append(cell)
            self.at.setdefault(cell.takes, []).append(cell)

    def span(self, cell: Cell, hidden: Iterable[Key]) -> int:
        """How wide the range of possible values of a hidden count is; 11 stands for that and all above."""
        others = {key for key in hidden if key != cell.key}
        up = self._flow(cell.adds, cell.takes, others)
        return min(LEAST, up + min(cell.value, self._flow(cell.takes, cell.adds, others)))

    def _flow(self, source: Key, sink: Key, open_keys: set[Key]) -> int:
        """The largest flow between two equations through hidden counts, up to 11."""
        change: dict[Key, int] = {}
        total = 0
        while total < LEAST:
            came: dict[Key, tuple[Key, Cell, int]] = {}
            queue: deque[Key] = deque([source])
            while queue and sink not in came:
                vertex = queue.popleft()
                for cell, end, step, room in self._moves(vertex, open_keys, change):
                    if room > 0 and end not in came and end != source:
                        came[end] = (vertex, cell, step)
                        queue.append(end)
            if sink not in came:
                return total
            path: list[tuple[Cell, int]] = []
            vertex = sink
            while vertex != source:
                vertex, cell, step = came[vertex]
                path.append((cell, step))
            amount = min([LEAST - total, *(cell.value + change.get(cell.key, 0) for cell, step in path if step < 0)])
            for cell, step in path:
                change[cell.key] = change.get(cell.key, 0) + step * amount
            total += amount
        return total

    def _moves(self, vertex: Key, open_keys: set[Key], change: dict[Key, int]) -> Iterator[tuple[Cell, Key, int, int]]:
        """What takes an excess away from an equation: a count that rises on its other side, or one that falls on this side."""
        for cell in self.at[vertex]:
            if cell.key in open_keys:
                if cell.takes == vertex:
                    yield cell, cell.adds, 1, LEAST
                if cell.adds == vertex:
                    yield cell, cell.takes, -1, cell.value + change.get(cell.key, 0)

    def cheapest_cycle(self, cell: Cell, hidden: set[Key]) -> set[Key]:
        """The counts to hide so that this one may rise by 11, at the least cost; empty where there are none."""
        best: dict[Key, float] = {cell.adds: 0.0}
        came: dict[Key, tuple[Key, Key]] = {}
        queue: list[tuple[float, int, Key]] = [(0.0, 0, cell.adds)]
        number = 0
        while queue:
            cost, _, vertex = heapq.heappop(queue)
            if vertex == cell.takes:
                break
            if cost > best[vertex]:
                continue
            for other in self.at[vertex]:
                if other.key == cell.key or (other.known and other.key not in hidden):
                    continue
                ends = [other.adds] if other.takes == vertex else []
                ends += [other.takes] if other.adds == vertex and other.value >= LEAST else []
                price = cost + (0.0 if other.key in hidden else other.cost)
                for end in ends:
                    if price < best.get(end, float("inf")):
                        best[end], came[end] = price, (vertex, other.key)
                        number += 1
                        heapq.heappush(queue, (price, number, end))
        if cell.takes not in came:
            return set()
        keys, vertex = set[Key](), cell.takes
        while vertex != cell.adds:
            vertex, key = came[vertex]
            keys.add(key)
        return keys


def row(values: dict[str, int], total: int, *, total_known: bool = False) -> list[Cell]:
    """The counts of one row with its total, which may be hidden too unless it is known from elsewhere."""
    cells = [Cell(name, value, "row", "all", cost=1 + value / 10**9) for name, value in values.items()]
    return [*cells, Cell("total", total, "all", "row", known=total_known, cost=0.5)]


def rounded(value: int) -> int | None:
    """The other convention: a count of 7 or less is hidden, the rest is rounded to the nearest 5."""
    return None if value <= 7 else 5 * ((value + 2) // 5)
