"""A hospital that keeps its records as CLIF, and a protocol about another drug."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from infusion_audit.engine import Connection
from infusion_audit.judge import judge
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook

from ..support.product import shipped_protocol

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "mimic_demo"


@pytest.fixture(scope="session")
def real() -> Path:
    """The demo of MIMIC-IV, as CLIF and as it was published; not part of the repository."""
    if not REAL.is_dir():
        pytest.skip("the real extract is not on this machine")
    return REAL


def protocol_about(product: str, path: Path) -> Path:
    """The shipped protocol, made a protocol about another drug."""
    text = shipped_protocol()
    for key, value in {"id": f"{product}-sedation", "version": "1.0.test", "title": f"Limits of another drug, tried on {product}"}.items():
        text = re.sub(rf'^{key} *= *".*?"', f'{key} = "{value}"', text, count=1, flags=re.MULTILINE)
    text, changed = re.subn(r'^product *= *"ketamine"', f'product = "{product}"', text, flags=re.MULTILINE)
    assert changed == 1, "the shipped protocol no longer names its product in the way this helper expects"
    path.write_text(text, encoding="utf-8")
    return path


def reconstruct(connection: Connection, protocol: Path, rule: str | None = None) -> None:
    """Sessions and doses of what is loaded, as tables on the connection, and the verdicts of every rule or of one."""
    asked = load_protocol(str(protocol))
    if rule is not None:
        asked = asked.model_copy(update={"rules": {rule: asked.rules[rule]}})
    judge(connection, asked, Rulebook.load(), parse_period("all", date(2026, 1, 1)), "test")
