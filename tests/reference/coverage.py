"""What a table can be expected to hold: outside it an absence means nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .times import moment, seconds


@dataclass(frozen=True)
class Span:
    """One entry of the manifest's coverage of a table."""

    kinds: frozenset[str] | None
    departments: frozenset[str] | None
    begin: Fraction | None
    end: Fraction | None


class Coverage:
    """What a table can be expected to hold."""

    def __init__(self, manifest: dict[str, Any], supplied: bool, zone: ZoneInfo, table: str = "observation") -> None:
        entries = [e for e in manifest.get("coverage", []) if e.get("table") == table]
        spans = [
            Span(
                frozenset(e["kinds"]) if "kinds" in e else None,
                frozenset(e["departments"]) if "departments" in e else None,
                instant(e.get("from"), zone),
                instant(e.get("to"), zone),
            )
            for e in entries
        ]
        self.spans = spans if spans or not supplied else [Span(None, None, None, None)]
        self.spans = self.spans if supplied else []

    def parts(self, begin: Fraction, end: Fraction, kinds: set[str], department: str) -> list[tuple[Fraction, Fraction]]:
        """The stretches of a time in which one of the kinds is covered."""
        spans = [s for s in self.spans if (s.kinds is None or kinds & s.kinds) and (s.departments is None or department in s.departments)]
        clipped = [(begin if s.begin is None else max(begin, s.begin), end if s.end is None else min(end, s.end)) for s in spans]
        merged: list[tuple[Fraction, Fraction]] = []
        for a, b in sorted(x for x in clipped if x[0] < x[1]):
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        return merged

    def covers(self, begin: Fraction, end: Fraction | None, kinds: set[str], department: str, *, inclusive: bool = False) -> bool:
        """Whether one of the kinds is covered through the whole of a time (none: for ever), with its last instant on request."""
        spans = [s for s in self.spans if s.kinds is None or kinds & s.kinds]
        spans = [s for s in spans if s.departments is None or department in s.departments]
        reached = begin
        for span in sorted(spans, key=lambda s: (s.begin is not None, s.begin or 0)):
            if span.begin is not None and span.begin > reached:
                continue
            if span.end is None:
                return True
            reached = max(reached, span.end)
        return bool(spans) and end is not None and reached > begin and (reached > end if inclusive else reached >= end)


def instant(value: Any, zone: ZoneInfo) -> Fraction | None:
    """A time of the manifest: a TOML time or date, or an ISO text."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return seconds(value if value.tzinfo else value.replace(tzinfo=zone))
    found = moment(value.isoformat() if isinstance(value, date) else str(value), zone)
    return found.early if found else None
