"""Changes that mean nothing change nothing, and a blank, a lost row or a higher dose never acquits."""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..support.folder import Tables, as_text, rows_of, write_folder
from ..support.generate import Batch, make_batch
from ..support.product import Published, protocol_file, run
from ..support.variants import renamed
from .claims import PROPERTIES, Broken
from .judged import Judged, by_product, by_reference, joined, published

SEED, PATIENTS = 60, 80
ENGINES = ("reference", "product")


@dataclass(frozen=True)
class Variant:
    """One patient changed in one way, under another identity."""

    name: str
    original: str
    number: int


@dataclass(frozen=True)
class World:
    """The original patients and all their variants in one extract."""

    base: Batch
    everyone: Batch
    variants: dict[str, Variant]


@pytest.fixture(scope="module")
def world() -> World:
    """Every patient under every property that fits."""
    base = make_batch(SEED, PATIENTS)
    patients = sorted(r["patient_id"] for r in base.tables["patient"])
    variants: dict[str, Variant] = {}
    tables: list[Tables] = [base.tables]
    for patient in patients:
        original = rows_of(base.tables, patient)
        for number, prop in enumerate(PROPERTIES):
            rows = prop.change(original)
            if rows is None:
                continue
            variant = Variant(f"V{number:02d}{patient}", patient, number)
            variants[variant.name] = variant
            tables.append(renamed(rows, patient, variant.name))
    return World(base, Batch(joined(tables), base.manifest, base.settings), variants)


@pytest.fixture(scope="module")
def protocol(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protocol with every rule of this release switched on."""
    return protocol_file(tmp_path_factory.mktemp("protocol") / "protocol.toml", world.base.settings)


@pytest.fixture(scope="module")
def product(world: World, protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """What the product publishes for everyone."""
    return by_product(world.everyone, tmp_path_factory.mktemp("everyone"), protocol)


@pytest.fixture(scope="module")
def alone(world: World, protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """What the product publishes for the original patients alone."""
    return by_product(world.base, tmp_path_factory.mktemp("alone"), protocol)


@pytest.fixture(scope="module")
def judged_by(world: World, request: pytest.FixtureRequest) -> dict[str, Judged]:
    """Both engines on everyone, each only when asked for."""
    if request.param == "reference":
        return {"judged": by_reference(world.everyone)}
    return {"judged": published(request.getfixturevalue("product"))}


def report(broken: list[tuple[Variant, Broken]], world: World) -> str:
    """How often each rule broke the property, and the smallest patient with both versions of the rows."""
    counts = Counter(f"{b[1]}: {b[2] and b[2][0]} -> {b[3] and b[3][0]}" for _, b in broken)
    sizes = {v.name: sum(len(r) for r in rows_of(world.everyone.tables, v.name).values()) for v, _ in broken}
    smallest = min(sizes, key=lambda name: (sizes[name], name))
    lines = [f"{len(broken)} outcomes", *(f"  {text}: {n}" for text, n in counts.most_common()), "", f"patient {smallest}"]
    lines += ["before:", as_text(rows_of(world.base.tables, world.variants[smallest].original))]
    lines += ["after:", as_text(rows_of(world.everyone.tables, smallest))]
    lines += [f"{b[1]} at {b[0]}: {b[2]} -> {b[3]}" for v, b in broken if v.name == smallest]
    return "\n".join(lines)


@pytest.mark.parametrize("judged_by", ENGINES, indirect=True)
@pytest.mark.parametrize("number", range(len(PROPERTIES)), ids=[p.name.replace(" ", "-") for p in PROPERTIES])
def test_a_change_has_no_effect_but_the_permitted_one(number: int, judged_by: dict[str, Judged], world: World) -> None:
    judged, mine = judged_by["judged"], [v for v in world.variants.values() if v.number == number]
    claim = PROPERTIES[number].claim
    broken = [(v, b) for v in mine for b in claim(judged.of(v.original), judged.of(v.name))]
    assert len(mine) >= 5, "too few patients fit this property for it to mean anything"
    assert not broken, report(broken, world)


def test_every_session_gets_exactly_one_verdict_of_every_rule(product: list[Published]) -> None:
    sessions = {v.session_id for v in product}
    rules = {v.rule_id for v in product}
    assert len(sessions) == len({(v.patient_id, v.started) for v in product})
    assert len({(v.session_id, v.rule_id) for v in product}) == len(product) == len(sessions) * len(rules)
    assert rules >= {"KD-01", "KD-02", "KD-03", "KD-04", "KD-05", "KD-06", "KD-07", "KD-08", "KM-01", "KM-02", "KM-03"}


def by_key(verdicts: list[Published], patients: set[str]) -> dict[tuple[str, str], Published]:
    """The verdicts of some patients by session and rule."""
    return {(v.session_id, v.rule_id): v for v in verdicts if v.patient_id in patients}


def test_neighbours_change_nothing(world: World, alone: list[Published], product: list[Published]) -> None:
    patients = {r["patient_id"] for r in world.base.tables["patient"]}
    assert by_key(alone, patients) == by_key(product, patients)


def test_the_order_of_rows_and_files_changes_nothing(world: World, alone: list[Published], protocol: Path, tmp_path: Path) -> None:
    shuffled = {name: random.Random(1).sample(rows, len(rows)) for name, rows in world.base.tables.items()}
    again = by_product(Batch(shuffled, world.base.manifest, world.base.settings), tmp_path, protocol, parts=3)
    assert sorted(again, key=repr) == sorted(alone, key=repr)


def test_loading_the_same_extract_twice_changes_nothing(world: World, alone: list[Published], protocol: Path, tmp_path: Path) -> None:
    first = write_folder(tmp_path / "first", world.base.tables, world.base.manifest)
    copy = write_folder(tmp_path / "copy", world.base.tables, world.base.manifest)
    for folder in (first, first, copy):
        again = run([folder], tmp_path / "audit", protocol)
        assert sorted(again, key=repr) == sorted(alone, key=repr)
