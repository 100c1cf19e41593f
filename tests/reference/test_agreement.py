"""The product and the reference engine, which share no code, agree on generated sessions at exact limits."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pytest

from ..support.folder import as_text, rows_of, write_folder
from ..support.generate import Batch, make_batch
from ..support.product import Published, protocol_file, run
from .engine import judge
from .verdicts import NOT_EVALUABLE, Verdict

# A long run takes more seeds from the environment: INFUSION_AUDIT_SEEDS=50 is about 13,000 sessions.
SEEDS = range(int(os.environ.get("INFUSION_AUDIT_SEEDS", "10")))
PATIENTS = 200
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
    low, high = got.observed_low, got.observed_high
    if low is not None and low == high == got.observed and close(expected.observed_low, low, undecided=False):
        # Bounds that differ by less than a double can show are printed as one value.
        return None if close(expected.observed_high, high, undecided=False) else "observed_high"
    for name in ("observed", "observed_low", "observed_high"):
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


@cache
def expected_of(seed: int) -> list[Verdict]:
    """What the reference engine says about a seed's batch."""
    batch = make_batch(seed, PATIENTS)
    return judge(batch.tables, batch.settings, batch.manifest)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Batch, list[Published]]]:
    """What the product publishes for each seed; two runs at a time."""
    root = tmp_path_factory.mktemp("agreement")
    protocol = protocol_file(root / "protocol.toml")
    batches = {seed: make_batch(seed, PATIENTS) for seed in SEEDS}

    def audit(seed: int) -> list[Published]:
        folder = write_folder(root / str(seed) / "data", batches[seed].tables, batches[seed].manifest)
        return run([folder], root / str(seed) / "audit", protocol)

    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(audit, SEEDS))
    return {seed: (batches[seed], found) for seed, found in zip(SEEDS, verdicts, strict=True)}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_product_and_the_reference_agree(seed: int, published: dict[int, tuple[Batch, list[Published]]]) -> None:
    batch, got = published[seed]
    differences = list(compare(expected_of(seed), got))
    assert not differences, explain(differences, batch)


def test_the_batches_hold_every_verdict_of_every_rule() -> None:
    expected = [v for seed in SEEDS for v in expected_of(seed)]
    seen = Counter((v.rule_id, v.verdict) for v in expected)
    rules = {v.rule_id for v in expected}
    assert not [(r, v) for r in rules for v in ("compliant", "violation", "not_applicable", "not_evaluable") if not seen[r, v]]
    assert sum(n for (rule, _), n in seen.items() if rule == "KD-07") >= 2_000
