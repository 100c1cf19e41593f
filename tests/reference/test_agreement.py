"""The product and the reference engine, which share no code, agree on generated sessions at exact limits."""

import os
from collections import Counter
from functools import cache

import pytest

from ..support.folder import write_folder
from ..support.generate import Batch, make_batch
from ..support.product import Published, protocol_file, run
from .agreement import compare, explain
from .engine import judge
from .verdicts import Verdict

# A long run takes more seeds from the environment: INFUSION_AUDIT_SEEDS=50 is about 19,000 sessions.
SEEDS = range(int(os.environ.get("INFUSION_AUDIT_SEEDS", "6")))
PATIENTS = 200


@cache
def expected_of(seed: int) -> list[Verdict]:
    """What the reference engine says about a seed's batch."""
    batch = make_batch(seed, PATIENTS)
    return judge(batch.tables, batch.settings, batch.manifest)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Batch, list[Published]]]:
    """What the product publishes for each seed."""
    root = tmp_path_factory.mktemp("agreement")
    batches = {seed: make_batch(seed, PATIENTS) for seed in SEEDS}

    def audit(seed: int) -> list[Published]:
        folder = write_folder(root / str(seed) / "data", batches[seed].tables, batches[seed].manifest)
        protocol = protocol_file(root / str(seed) / "protocol.toml", batches[seed].settings)
        return run([folder], root / str(seed) / "audit", protocol)

    return {seed: (batches[seed], audit(seed)) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_product_and_the_reference_agree(seed: int, published: dict[int, tuple[Batch, list[Published]]]) -> None:
    batch, got = published[seed]
    differences = list(compare(expected_of(seed), got))
    assert not differences, explain(differences, batch)


def test_the_batches_hold_every_verdict_of_every_rule() -> None:
    expected = [v for seed in SEEDS for v in expected_of(seed)]
    seen = Counter((v.rule_id, v.verdict) for v in expected)
    rules = {v.rule_id for v in expected}
    missing = {(r, v) for r in rules for v in ("compliant", "violation", "not_applicable", "not_evaluable") if not seen[r, v]}
    assert missing == {("KO-01", "violation")}, "a missing outcome is missing data, so KO-01 alone accuses nobody"
    assert sum(n for (rule, _), n in seen.items() if rule == "KD-07") >= 2_000
