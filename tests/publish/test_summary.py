"""summary.json: what its schema says, what the verdicts say, and never "no findings" for a run that did not take place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import infusion_audit_schemas
from infusion_audit import run as job
from infusion_audit.errors import GateFailed
from infusion_audit.summary import SCHEMA_FILE, json_schema

from .conftest import call, query

PUBLISHED = Path(infusion_audit_schemas.__file__).parent / SCHEMA_FILE


def read(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "summary.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text("utf-8"))).validate(found)
    return found


def test_the_published_schema_is_the_one_that_is_written_by() -> None:
    assert PUBLISHED.read_text("utf-8") == json.dumps(json_schema(), indent=2) + "\n", "write json_schema() into the file again"
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_its_counts_are_those_of_the_verdicts(run_folder: Path) -> None:
    found = read(run_folder)
    counted = query(run_folder, "select rule_id, verdict, count(*) from verdict group by all")
    assert {(rule["rule_id"], verdict): rule[verdict] for rule in found["rules"] for verdict in ("compliant", "violation")} == {
        (rule["rule_id"], verdict): next((n for r, v, n in counted if (r, v) == (rule["rule_id"], verdict)), 0)
        for rule in found["rules"]
        for verdict in ("compliant", "violation")
    }
    assert sum(n for _, _, n in counted) == found["sessions"]["total"] * len(found["rules"])
    assert found["findings"] == sum(n for _, verdict, n in counted if verdict == "violation") == sum(found["findings_by_severity"].values())
    assert sum(found["sessions"][part] for part in ("with_finding", "undecided", "compliant", "out_of_scope")) == found["sessions"]["total"]
    assert query(run_folder, "select count(distinct session_id) from verdict where verdict = 'violation'") == [
        (found["sessions"]["with_finding"],)
    ]
    rows = found["rows"]
    assert rows["received"] == rows["loaded"] + rows["quarantined"] + rows["duplicates"]


def test_it_holds_no_patient_session_or_file(run_folder: Path) -> None:
    text = (run_folder / "summary.json").read_text("utf-8")
    for patient, session in query(run_folder, "select distinct patient_id, session_id from verdict"):
        assert patient not in text
        assert session not in text
    assert ".csv" not in text


def test_a_run_that_the_gate_stopped_has_no_number_of_findings(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "administration.csv").write_text(
        "administration_id,patient_id,event,started_at,dose,dose_unit\n" + "".join(f"A{n},P{n},bolus,soon,10,mg\n" for n in range(400)),
        "utf-8",
    )
    with pytest.raises(GateFailed):
        job.audit([data], tmp_path / "audit")
    (folder,) = (tmp_path / "audit" / "runs").glob("[!.]*")
    found = read(folder)
    assert (found["status"], found["findings"], found["sessions"], found["rules"]) == ("gate_failed", None, None, [])


def test_rendering_again_tells_of_the_reviews_as_they_stand(workspace: Path, dispose: Any) -> None:
    (folder,) = (workspace / "runs").glob("[!.]*")
    before = read(folder)
    dispose()
    assert call("report", "--workspace", workspace).exit_code == 0
    after = read(folder)
    assert before["reviews"]["reviewed"] == 0
    assert after["reviews"]["reviewed"] == 1
    assert {key: after[key] for key in after if key != "reviews"} == {key: before[key] for key in before if key != "reviews"}
