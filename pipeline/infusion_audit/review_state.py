"""Where the review of each finding stands: a function of the ledger, of one run, and of the day.

Nothing here is stored, so a report always shows the ledger as it is when the report is rendered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from infusion_audit.ledger import Entry

# what a settled review makes of a finding when rates are shown after review; the verdict itself stays
COUNTS_AS = {"justified": "not_applicable", "data_error": "not_evaluable", "rule_error": "not_evaluable"}
ENOUGH_FOR_KAPPA = 30
SAMPLE_PERCENT = 10  # of all findings, also of those that one reviewer settles: how far two people agree


def in_sample(finding_key: str) -> bool:
    """Whether a finding belongs to the sample for a second review: told by its key alone, so that nobody chooses and it never changes."""
    return int(finding_key[:8], 16) % 100 < SAMPLE_PERCENT


@dataclass(frozen=True)
class Found:
    """A finding as it stands in the run, and all runs that reported it, the oldest first."""

    severity: str
    grade: str | None
    observed: float | None
    runs: Sequence[str]


@dataclass(frozen=True)
class ThisRun:
    """The run that is looked at. ``entries_before``: how long the ledger of each run was when it was made."""

    run_id: str
    protocol_sha256: str
    entries_before: Mapping[str, int]
    two_reviewers: Sequence[str]
    today: date

    def is_later_than(self, entry: Entry) -> bool:
        """Whether the run was made after the entry: told by the entry's number, not by a clock."""
        return entry.seq <= self.entries_before.get(self.run_id, 0)


def state(entries: Sequence[Entry], found: Found, run: ThisRun) -> dict[str, Any]:
    """The state of a finding that somebody has reviewed."""
    two = found.severity in run.two_reviewers
    opinions = _opinions(entries) if two or in_sample(entries[0].finding.finding_key) else [entries[-1]]
    standing = [entry for entry in opinions if not _reopened(entry, found, run)]
    final = _settled(standing, two)
    shown = final or (standing or opinions)[-1]
    cause = None
    if final:
        status = "reviewed"
    elif not standing:
        status, cause = "reopened", _reopened(shown, found, run)
    else:
        status = "second_awaited" if len(standing) == 1 else "disagreement"
    return {
        "status": status,
        "cause": cause,
        "reopened_on": _reopened_on(shown, found, run) if cause else None,
        "counts_as": COUNTS_AS.get(final.statement.disposition) if final else None,
        **_stated(shown),
        **_reviewers(opinions),
    }


def no_finding(entries: Sequence[Entry], verdict: str | None, run: ThisRun) -> dict[str, Any] | None:
    """The state of what was reviewed and is no finding of this, later run; None when the run says nothing about it."""
    last = entries[-1]
    if not run.is_later_than(last):
        return None
    status = "closed" if last.statement.disposition == "data_error" else "gone"
    return {"status": status, "verdict": verdict, **_stated(last), **_reviewers([last])}


def agreement(findings: Iterable[Sequence[Entry]]) -> dict[str, Any]:
    """How often the first two reviewers of a finding said the same at first; Cohen's kappa once there are enough."""
    pairs: list[tuple[str, str]] = []
    for entries in findings:
        first: dict[str, str] = {}
        for entry in entries:
            first.setdefault(entry.statement.who, entry.statement.disposition)
        if len(first) > 1:
            one, other, *_ = first.values()
            pairs.append((one, other))
    same = sum(one == other for one, other in pairs)
    return {"n": len(pairs), "same": same, "kappa": _kappa(pairs, same) if len(pairs) >= ENOUGH_FOR_KAPPA else None}


def _kappa(pairs: Sequence[tuple[str, str]], same: int) -> float | None:
    """Agreement beyond chance; not defined when chance alone explains all of it."""
    n, ones, others = len(pairs), Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(ones[word] * others[word] for word in ones)  # times n squared
    return (same * n - by_chance) / (n * n - by_chance) if by_chance < n * n else None


def _opinions(entries: Sequence[Entry]) -> list[Entry]:
    """The latest entry of each reviewer, in the order in which they first spoke."""
    latest: dict[str, Entry] = {}
    for entry in entries:
        latest[entry.statement.who] = entry
    return list(latest.values())


def _settled(standing: Sequence[Entry], two: bool) -> Entry | None:
    """The entry that decides: the only one unless two are asked for, and of several what most of them and at least two say."""
    if len(standing) < 2:
        return standing[0] if standing and not two else None
    (first, votes), *others = Counter(entry.statement.disposition for entry in standing).most_common()
    if votes < 2 or any(other == votes for _, other in others):
        return None
    return max((entry for entry in standing if entry.statement.disposition == first), key=lambda entry: entry.seq)


def _reopened(entry: Entry, found: Found, run: ThisRun) -> str | None:
    """Why the entry no longer answers the finding, if so."""
    seen, said = entry.finding, entry.statement
    if said.waived_until and date.fromisoformat(said.waived_until) < run.today:
        return "waiver_expired"
    if said.disposition == "data_error" and run.is_later_than(entry):
        return "data_error_remains"
    if seen.grade != found.grade:
        return "verdict_changed"
    if seen.protocol_sha256 == run.protocol_sha256 and seen.observed != found.observed:
        return "observed_changed"
    return None


def _reopened_on(entry: Entry, found: Found, run: ThisRun) -> str | None:
    """The day from which the new review is due: the end of the waiver, or the first later run that reported it again."""
    if entry.statement.waived_until and _reopened(entry, found, run) == "waiver_expired":
        return entry.statement.waived_until
    later = next((each for each in found.runs if entry.seq <= run.entries_before.get(each, 0)), None)
    return f"{later[:4]}-{later[4:6]}-{later[6:8]}" if later else None


def _stated(entry: Entry) -> dict[str, Any]:
    said = entry.statement
    return {
        "disposition": said.disposition,
        "review_reason": said.reason,
        "action": said.action,
        "owner": said.owner,
        "action_due": said.action_due,
        "action_date": said.action_date,
        "waived_until": said.waived_until,
        "was": (entry.was or {}).get("disposition"),
    }


def _reviewers(opinions: Sequence[Entry]) -> dict[str, Any]:
    """The first reviewer and, where there is one, the second (with more than two, the last)."""
    columns: dict[str, Any] = {"reviewers": len(opinions)}
    for prefix, entry in zip(("first_", "second_"), (opinions[0], opinions[-1])[: len(opinions)], strict=False):
        said = entry.statement
        columns |= {f"{prefix}reviewer": said.reviewer, f"{prefix}disposition": said.disposition}
        columns[f"{prefix}reviewed_at"] = said.reviewed_at or entry.recorded_at[:10]
    return columns
