"""A clinic of three sessions, two of them with a finding, audited in a workspace of its own."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from infusion_audit import run as job
from infusion_audit.cli import main
from infusion_audit.protocol import load_protocol

from ..conftest import Once

SEED = "ketamine-chronic-pain"
DOSES = {"P1": "40", "P2": "28", "P3": "10"}  # mg for 70 kg: two boluses above 0.35 mg/kg, one below


def write_extract(folder: Path, doses: Mapping[str, str], extracted_at: str) -> Path:
    """One bolus per patient."""
    folder.mkdir(parents=True)
    days = list(enumerate(doses.items(), start=1))
    given = [f"A{n},{patient},O{n},bolus,2026-10-0{n}T10:00:00Z,{dose},mg" for n, (patient, dose) in days]
    ordered = [f"O{n},{patient},chronic,70,kg,2026-10-0{n}T08:00:00Z" for n, (patient, _) in days]
    (folder / "administration.csv").write_text(
        "\n".join(["administration_id,patient_id,order_id,event,started_at,dose,dose_unit", *given]) + "\n", "utf-8"
    )
    (folder / "medication_order.csv").write_text(
        "\n".join(["order_id,patient_id,context,dosing_weight,dosing_weight_unit,ordered_at", *ordered]) + "\n", "utf-8"
    )
    (folder / "manifest.toml").write_text(f'extracted_at = "{extracted_at}"\n', "utf-8")
    return folder


def of_doses() -> str:
    """The shipped protocol with its rules on doses and monitoring alone: the clinic brings no diagnoses and no drug history."""
    return re.sub(r"^(\[rules\.(?:KC|KS)-\d\d\]\nenabled = )true", r"\1false", load_protocol(SEED).text, flags=re.MULTILINE)


def protocol_file(folder: Path, **changes: str) -> Path:
    """The protocol of doses as another version, with pieces of its text replaced."""
    text = of_doses().replace('version = "1.0"', f'version = "{1 + len(changes)}.1"')
    for old, new in (change.split(" => ") for change in changes.values()):
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / f"protocol-{'-'.join(changes)}.toml"
    file.write_text(text, "utf-8")
    return file


@dataclass
class Clinic:
    """The workspace, and what people do with it."""

    folder: Path
    run_id: str = ""
    files: int = 0
    extracts: list[Path] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "audit"

    @property
    def ledger(self) -> Path:
        return self.workspace / "reviews.jsonl"

    def audit(self, doses: Mapping[str, str] | None = None, **options: Any) -> dict[str, Any]:
        """Audit, with new doses from a later extract if they are given."""
        if doses or not self.extracts:
            number = len(self.extracts) + 1
            self.extracts.append(write_extract(self.folder / f"extract{number}", doses or DOSES, f"2026-11-{number:02}T00:00:00Z"))
        (self.folder / "doses.toml").write_text(of_doses(), "utf-8")
        run = job.audit([self.extracts[-1]], self.workspace, gate=False, **{"protocol": str(self.folder / "doses.toml"), **options})
        self.run_id = run["run_id"]
        return run

    def call(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["review", *words, "--workspace", str(self.workspace)])

    def findings(self, run_id: str | None = None) -> dict[str, dict[str, str]]:
        """findings.csv by patient."""
        file = self.workspace / "runs" / (run_id or self.run_id) / "findings.csv"
        return {row["patient_id"]: row for row in csv.DictReader(io.StringIO(file.read_text("utf-8"), newline=""))}

    def write(self, *rows: Mapping[str, str]) -> Path:
        """A file of dispositions; a patient stands for the key of its finding."""
        self.files += 1
        file, found = self.folder / f"reviewed{self.files}.csv", self.findings()
        said = [name for row in rows for name in row if name != "patient"]
        names = list(dict.fromkeys(["finding_key", *said]))
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, names, restval="")
            writer.writeheader()
            for row in rows:
                key = {"finding_key": found[row["patient"]]["finding_key"]} if "patient" in row else {}
                writer.writerow(key | {name: value for name, value in row.items() if name != "patient"})
        return file

    def say(self, patient: str, disposition: str, reviewer: str = "A. Smith", reason: str = "seen in the chart", **more: str) -> None:
        """Import one disposition."""
        row = {"patient": patient, "disposition": disposition, "reviewer": reviewer, "reason": reason, **more}
        result = self.call("import", str(self.write(row)))
        assert result.exit_code == 0, result.output

    def page(self, name: str, run_id: str | None = None) -> str:
        return (self.workspace / "runs" / (run_id or self.run_id) / f"{name}.html").read_text("utf-8")

    def state(self, patient: str, run_id: str | None = None) -> tuple[str, str, str]:
        """Status, cause and disposition after rendering again."""
        job.render_again(self.workspace, run_id or self.run_id)
        row = self.findings(run_id)[patient]
        return row["review_status"], row["review_cause"], row["disposition"]


@pytest.fixture(scope="session")
def audited(once: Once) -> Path:
    """The folder of the audited clinic."""
    return once("clinic", lambda folder: Clinic(folder).audit())


@pytest.fixture
def clinic(audited: Path, tmp_path: Path) -> Clinic:
    """A copy of the audited clinic, to write into."""
    shutil.copytree(audited, tmp_path, dirs_exist_ok=True)
    (run,) = (tmp_path / "audit" / "runs").glob("[!.]*")
    return Clinic(tmp_path, run.name, extracts=sorted(tmp_path.glob("extract*")))
