"""The findings worklist: one row per violation, cut into pages, with links that show only one rule or kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from infusion_audit_reports import wording
from infusion_audit_reports.format import NOTHING, allowed, distance, measured, moment, plain, plural, statement
from infusion_audit_reports.summaries import Row, Summaries


def slug(text: str) -> str:
    """A rule's or a kind's name as it may stand in an id, a class or a link."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)


def anchor(session_id: str, rule_id: str) -> str:
    """The id of a finding's row."""
    return slug(f"f-{session_id}-{rule_id}")


@dataclass(frozen=True, slots=True)
class Where:
    """On which page of the worklist each finding stands."""

    pages: Mapping[str, str]

    def finding(self, session_id: str, rule_id: str | None) -> str | None:
        """The link to a finding; none where the session has no finding by that rule."""
        name = anchor(session_id, rule_id or "")
        return f"{self.pages[name]}#{name}" if name in self.pages else None


@dataclass(frozen=True, slots=True)
class Review:
    """Where the review of a finding stands."""

    status: str
    label: str
    overdue: bool
    waiver: str | None
    said: list[str]
    reason: str | None

    @property
    def slugs(self) -> list[str]:
        """What the finding is filtered by."""
        return [f"review-{self.status}", *(["review-overdue"] if self.overdue else []), *(["review-waiver"] if self.waiver else [])]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row as it is printed. A class and not a dict, because a template reads attributes twice as fast, thirty thousand times."""

    anchor: str
    session_id: str
    severity: str
    kind: str
    kind_slug: str
    kind_label: str
    started: str
    patient_id: str
    given: str
    rule_id: str
    rule_slug: str
    title: str | None
    observed: str
    allowed: str
    distance: str
    detail: str | None
    flags: list[str]
    evidence: list[tuple[str, str]]
    source_rows: str
    review: Review
    place: str  # where the row stands in the worklist
    sheet: str | None  # the session's case sheet, if it has one


@dataclass(frozen=True, slots=True)
class Filter:
    """A link that leaves only the rows of one rule or kind on the page."""

    slug: str
    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the worklist."""

    number: int
    pages: int
    findings: int
    rows: list[Finding]
    filters: list[Filter]
    style: str

    @property
    def name(self) -> str:
        return page_name(self.number)

    @property
    def links(self) -> list[str]:
        return [page_name(number) for number in range(1, self.pages + 1)]


def page_name(number: int) -> str:
    """The file of a page."""
    return "findings.html" if number == 1 else f"findings-{number}.html"


def pages(data: Summaries, sheets: Mapping[str, str]) -> Iterator[Page]:
    """The pages in order; one page without rows when nothing was found. ``sheets`` names the case sheet of a session."""
    number = 0
    for number, group in groupby(data.stream("findings"), key=lambda row: row["page"]):
        found = list(group)
        rows = [finding(row, sheets.get(row["session_id"])) for row in found]
        yield Page(number, found[0]["pages"], found[0]["findings"], rows, _filters(rows), _style(rows))
    if not number:
        yield Page(1, 1, 0, [], [], "")


def finding(row: Row, sheet: str | None = None) -> Finding:
    """A row of the summary ``findings`` in the words of the page."""
    low, high = row["weight_kg_low"], row["weight_kg_high"]
    weight = None if low is None else f"{plain(low)}\u00a0kg" if low == high or high is None else f"{plain(low)} to {plain(high)}\u00a0kg"
    stands = anchor(row["session_id"], row["rule_id"])
    return Finding(
        anchor=stands,
        session_id=row["session_id"],
        severity=row["severity"],
        kind=row["kind"] if row["kind"] in wording.KINDS else "other",
        kind_slug=slug(row["kind"]),
        kind_label=wording.kind_label(row["kind"]),
        started=moment(row["started_local"]),
        patient_id=row["patient_id"],
        given=", ".join(part for part in (row["site_id"], row["context"], weight) if part),
        rule_id=row["rule_id"],
        rule_slug=slug(row["rule_id"]),
        title=row["title"],
        observed=measured(row),
        # a statement without a number is itself what is asked for
        allowed=allowed(row["limit_low"], row["limit_high"], row["comparator"], row["unit"]) or statement(row["statement"] or NOTHING),
        distance=distance(row["excess"]),
        detail=row["detail"],
        flags=[wording.flag(flag) for flag in row["flags"] or ()],
        evidence=list(zip(row["files"] or (), row["lines"] or (), strict=True)),
        source_rows=plural(row["line_count"], "source row"),
        review=review(row),
        place=f"{page_name(row['page'])}#{stands}",
        sheet=sheet,
    )


def review(row: Row) -> Review:
    """Status, reviewers, action and waiver in words; most findings have none of the last three."""
    status = row["review_status"] or "open"
    label = row["disposition"] if status == "reviewed" else wording.REVIEW_STATUS[status]
    said = [f"due {row['due']}"] if row["due"] else []
    if not row["reviewers"]:
        return Review(status, label, bool(row["overdue"]), None, said, None)
    if row["review_cause"]:
        said.append(wording.REVIEW_CAUSES[row["review_cause"]])
    both = row["reviewers"] > 1
    for number in ("first", "second") if both else ("first",):
        what = f"{row[f'{number}_disposition']}, " if both or status != "reviewed" else ""
        role = f"{number} reviewer: " if both or status == "second_awaited" else ""
        said.append(f"{role}{what}{row[f'{number}_reviewer']}, {row[f'{number}_reviewed_at'][:10]}")
    if row["was"]:
        said.append(f"before: {row['was']}")
    if row["action"]:
        done = f"done {row['action_date']}" if row["action_date"] else f"due {row['action_due']}" if row["action_due"] else "no date"
        who = f", {row['owner']}" if row["owner"] else ""
        said.append(f"action: {row['action']}{who}, {done}{' (overdue)' if row['action_overdue'] else ''}")
    if row["waived_until"]:
        said.append(f"waiver until {row['waived_until']}{' (ended)' if row['waiver'] == 'expired' else ''}")
    return Review(status, label, bool(row["overdue"]), row["waiver"], said, row["review_reason"])


def _filters(rows: list[Finding]) -> list[Filter]:
    """First the kinds in the order of concern, then the rules, then where reviews stand if they differ."""
    kinds: dict[str, tuple[str, int]] = {}
    rules: dict[str, tuple[str, int]] = {}
    for row in rows:
        kinds[row.kind_slug] = row.kind_label, kinds.get(row.kind_slug, ("", 0))[1] + 1
        rules[row.rule_slug] = row.rule_id, rules.get(row.rule_slug, ("", 0))[1] + 1
    order = [*wording.KINDS, *sorted(kinds)]
    found = [Filter(name, *kinds[name]) for name in sorted(kinds, key=order.index)] + [Filter(name, *rules[name]) for name in sorted(rules)]
    stands = Counter(name for row in rows for name in row.review.slugs)
    labels = {f"review-{status}": label for status, label in wording.REVIEW_STATUS.items()}
    labels |= {"review-overdue": "Overdue", "review-waiver": "With waiver"}
    return found + [Filter(name, label, stands[name]) for name, label in labels.items() if stands[name] and len(stands) > 1]


def _style(rows: list[Finding]) -> str:
    """The filters work by style alone, so that the page needs no script."""
    names = sorted({name for row in rows for name in (row.kind_slug, row.rule_slug, *row.review.slugs)})
    return "".join(f"body:has(#only-{name}:target) .worklist tbody tr:not(.is-{name}){{display:none}}" for name in names)
