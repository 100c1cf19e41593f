"""Comparison of what the product published with what the reference engine says."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..support.folder import as_text, rows_of
from ..support.generate import Batch
from ..support.product import Published
from .verdicts import NOT_EVALUABLE, Verdict

Key = tuple[str, float, str]


@dataclass(frozen=True)
class Difference:
    """Where the two engines disagree."""

    patient_id: str
    rule_id: str
    field: str
    text: str


def close(expected: Fraction | None, got: float | None, *, undecided: bool) -> bool:
    """Equal up to the rounding of print; where nothing could be decided, a low bound of nothing known may be zero or empty."""
    if expected is None or got is None:
        known = got if expected is None else float(expected)
        return known is None or (undecided and known == 0)
    return abs(float(expected) - got) <= 1e-6 * max(1.0, abs(got))


def show(verdict: Verdict | Published) -> str:
    """A verdict for a person."""
    numbers = [None if x is None else round(float(x), 9) for x in (verdict.observed, verdict.observed_low, verdict.observed_high)]
    reason = f" ({verdict.reason}: {verdict.detail})" if isinstance(verdict, Published) else ""
    return f"{verdict.verdict} {verdict.grade or ''} observed={numbers[0]} low={numbers[1]} high={numbers[2]}{reason}"


def differing_field(expected: Verdict, got: Published) -> str | None:
    """The first field in which a pair of verdicts differs."""
    if expected.verdict != got.verdict:
        return f"{expected.verdict} -> {got.verdict}"
    if (expected.grade or None) != (got.grade or None):
        return "grade"
    undecided = expected.verdict == NOT_EVALUABLE
    names = ["observed", "observed_low", "observed_high"]
    low, high = expected.observed_low, expected.observed_high
    if low != high and low is not None and high is not None and abs(high - low) < Fraction(1, 10**8):
        # Bounds that differ by less than a report can print may be shown as one value.
        names.remove("observed")
    for name in names:
        if not close(getattr(expected, name), getattr(got, name), undecided=undecided):
            return name
    return None


def compare(expected: list[Verdict], got: list[Published]) -> Iterator[Difference]:
    """All differences, including sessions that only one engine found."""
    mine: dict[Key, Verdict] = {(v.patient_id, float(v.started), v.rule_id): v for v in expected}
    theirs: dict[Key, Published] = {(v.patient_id, v.started, v.rule_id): v for v in got}
    assert len(theirs) == len(got), "more than one verdict for a session and rule"
    rules = {rule for _, _, rule in mine}
    for key in sorted(mine.keys() | {k for k in theirs if k[2] in rules}):
        one, other = mine.get(key), theirs.get(key)
        if one is None or other is None:
            text = f"only the {'product' if one is None else 'reference'} has this session: {show(one or other)}"  # type: ignore[arg-type]
            yield Difference(key[0], key[2], "session", text)
        elif (field := differing_field(one, other)) is not None:
            yield Difference(key[0], key[2], field, f"{field}\n    reference: {show(one)}\n    product:   {show(other)}")


def explain(differences: list[Difference], batch: Batch) -> str:
    """The counts, and the rows of the smallest patient that shows a difference."""
    counts = Counter((d.rule_id, d.field) for d in differences)
    sizes = {d.patient_id: sum(len(r) for r in rows_of(batch.tables, d.patient_id).values()) for d in differences}
    smallest = min(sizes, key=lambda p: (sizes[p], p))
    lines = [f"{len(differences)} differences", *(f"  {rule} {field}: {n}" for (rule, field), n in counts.most_common())]
    lines += ["", f"patient {smallest}, manifest {batch.manifest}", as_text(rows_of(batch.tables, smallest))]
    lines += [f"{d.rule_id}: {d.text}" for d in differences if d.patient_id == smallest]
    return "\n".join(lines)
