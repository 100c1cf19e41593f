"""The product and the reference engine agree on named charts at the edges of the semantics."""

import pytest

from ..support.edges import EDGES, edge_tables
from ..support.folder import as_text, rows_of, write_folder
from ..support.product import Published, protocol_file, run
from .agreement import compare
from .engine import judge

MANIFEST = {"site": "edges", "timezone": "UTC", "extracted_at": "2026-11-20T00:00:00Z"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """What the product publishes for all edges."""
    root = tmp_path_factory.mktemp("edges")
    folder = write_folder(root / "data", edge_tables(), MANIFEST)
    return run([folder], root / "audit", protocol_file(root / "protocol.toml"))


@pytest.mark.parametrize("name", EDGES)
def test_both_engines_read_the_edge_alike(name: str, published: list[Published]) -> None:
    tables = rows_of(edge_tables(), name)
    expected = judge(tables, {}, MANIFEST)
    assert expected, "no session"
    differences = list(compare(expected, [v for v in published if v.patient_id == name]))
    assert not differences, "\n".join([as_text(tables), *(f"{d.rule_id}: {d.text}" for d in differences)])
