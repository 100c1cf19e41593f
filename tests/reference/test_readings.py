"""Every reading that a protocol can choose: the two engines agree, and the panel of a run says what a run by that reading finds."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import connect
from infusion_audit.protocol import load_protocol
from infusion_audit.readings import QUESTIONS, alternatives
from infusion_audit.run import check, load_only

from ..support.folder import write_folder
from ..support.generate import Batch, make_batch
from ..support.product import Published, judged, protocol_file, read_verdicts
from .agreement import compare, explain
from .engine import judge as by_reference

# A long run takes more seeds from the environment: INFUSION_AUDIT_READING_SEEDS=20 is about 2,000 sessions for each reading.
SEEDS = range(100, 100 + int(os.environ.get("INFUSION_AUDIT_READING_SEEDS", "1")))
PATIENTS = 80
OWN = load_protocol("ketamine-chronic-pain")
SETTINGS: list[dict[str, Any]] = [
    *({q.setting: list(a) if isinstance(a, tuple) else a} for q in QUESTIONS for a in q.answers if a != q.chosen(OWN)),
    # settings that meet in one rule
    {"total.interpretation": "per_hour", "total.count_bolus": False},
    {"total.interpretation": "per_hour", "session.gap_min": 20},
    {"total.interpretation": "rolling_24h", "total.count_pca": False, "total.count_bolus": False},
    {"total.interpretation": "per_bolus", "bolus.apply_to": "first_only", "rules.KD-07.limit": "0.35", "rules.KD-07.comparator": "<"},
    {"weight.basis": "ideal", "total.interpretation": "per_hour"},
    {"maintenance.min_segment_min": 30, "rules.KD-03.comparator": ">", "rules.KD-02.comparator": "<"},
]
Reader = tuple[list[Published], dict[str, Any]]


def judged_by(batch: Batch, workspace: Path, settings: dict[str, Any]) -> list[Published]:
    """The verdicts on what is loaded, by some settings."""
    protocol = protocol_file(workspace.with_suffix(".toml"), batch.settings | written(settings))
    with connect(workspace / "warehouse.duckdb") as connection:
        return judged(connection, protocol)


WRITTEN = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def written(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as a file writes them."""
    return {k: WRITTEN.get(v, v) if k.endswith("comparator") else v for k, v in settings.items()}


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The batches, each loaded into a workspace."""
    root = tmp_path_factory.mktemp("readings")
    for seed in SEEDS:
        batch = make_batch(seed, PATIENTS)
        load_only([write_folder(root / f"data{seed}", batch.tables, batch.manifest)], root / str(seed))
    return {seed: root / str(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def panels(workspaces: dict[int, Path]) -> dict[int, Reader]:
    """The runs by the shipped readings, whose panels say what the others would find."""
    found: dict[int, Reader] = {}
    for seed, workspace in workspaces.items():
        manifest = check(workspace, "all", str(protocol_file(workspace.with_suffix(".toml"), make_batch(seed, PATIENTS).settings)))
        found[seed] = read_verdicts(workspace / "runs" / manifest["run_id"] / "verdicts.parquet"), manifest
    return found


def counts(verdicts: list[Published]) -> Counter[tuple[str, str]]:
    return Counter((v.rule_id, v.verdict) for v in verdicts)


def said(manifest: dict[str, Any], settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a panel says about one setting."""
    (key, value), *_ = settings.items()
    text = ", ".join(value) if isinstance(value, list) else value if isinstance(value, str) else str(value).lower()
    yield from (row for row in manifest["sensitivity"] if (row["setting"], row["answer"]) == (key, text))


def test_a_list_of_the_sites_own_stands_in_the_panel_beside_the_shipped_answers() -> None:
    (question,) = (q for q in QUESTIONS if q.setting == "monitoring.respiratory")
    own = question.with_answer(OWN, ("etco2", "spo2", "etco2"))
    assert own
    found = {answer: other for q, answer, other in alternatives(own) if q is question}
    assert list(found) == [("spo2", "etco2"), *question.answers]
    assert found["spo2", "etco2"] is own
    assert question.meaning(("spo2", "etco2")) == "each of spo2 and etco2 on its own"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{k.split('.')[-1]}={v}" for k, v in s.items()))
def test_the_engines_and_the_panel_agree_on_a_reading(
    settings: dict[str, Any], seed: int, workspaces: dict[int, Path], panels: dict[int, Reader]
) -> None:
    batch = make_batch(seed, PATIENTS)
    got = judged_by(batch, workspaces[seed], settings)
    differences = list(compare(by_reference(batch.tables, batch.settings | written(settings), batch.manifest), got))
    assert not differences, explain(differences, batch)
    if len(settings) > 1:
        return
    by_default, manifest = panels[seed]
    rows = list(said(manifest, settings))
    assert rows
    found = counts(got)
    for row in rows:
        assert (row["violation"], row["not_evaluable"]) == (found[row["rule_id"], "violation"], found[row["rule_id"], "not_evaluable"]), row
    # a rule that the panel does not name is not concerned
    other = {v.rule_id for v in got} - {row["rule_id"] for row in rows}
    assert {k: n for k, n in counts(by_default).items() if k[0] in other} == {k: n for k, n in found.items() if k[0] in other}
