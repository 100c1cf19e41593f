"""Tables of text rows written as an extract folder: CSV files and a manifest."""

import csv
import json
from pathlib import Path
from typing import Any

Tables = dict[str, list[dict[str, str]]]

COLUMNS: dict[str, list[str]] = {
    "patient": ["patient_id", "birth_date", "sex"],
    "encounter": ["encounter_id", "patient_id", "site_id", "department", "started_at", "ended_at"],
    "medication_order": [
        "order_id",
        "patient_id",
        "encounter_id",
        "prescriber_id",
        "context",
        "indication",
        "dosing_weight",
        "dosing_weight_unit",
        "concentration",
        "concentration_unit",
        "ordered_at",
    ],
    "administration": [
        "administration_id",
        "patient_id",
        "encounter_id",
        "order_id",
        "line_id",
        "source",
        "event",
        "product",
        "route",
        "started_at",
        "stopped_at",
        "dose",
        "dose_unit",
        "rate",
        "rate_unit",
        "volume_ml",
        "concentration",
        "concentration_unit",
        "pump_weight",
        "pump_weight_unit",
        "delivered_count",
        "status",
        "recorded_at",
        "performer_id",
        "total_dose",
        "total_dose_unit",
    ],
    "observation": [
        "patient_id",
        "encounter_id",
        "kind",
        "value",
        "unit",
        "method",
        "laterality",
        "upper_limit",
        "effective_at",
        "recorded_at",
    ],
    "procedure": ["patient_id", "kind", "ended_at"],
    "intervention": ["patient_id", "kind", "performed_at"],
}


def write_csv(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    """One CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def manifest_text(manifest: dict[str, Any]) -> str:
    """The manifest as TOML."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in manifest.items() if key != "coverage"]
    for entry in manifest.get("coverage", []):
        lines += ["", "[[coverage]]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def write_folder(folder: Path, tables: Tables, manifest: dict[str, Any], *, parts: int = 1) -> Path:
    """An extract folder; with several parts, each table is a folder of files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if parts == 1:
            write_csv(folder / f"{name}.csv", COLUMNS[name], rows)
            continue
        for part in range(parts):
            write_csv(folder / name / f"part-{part}.csv", COLUMNS[name], rows[part::parts])
    (folder / "manifest.toml").write_text(manifest_text(manifest), encoding="utf-8")
    return folder


def rows_of(tables: Tables, patient_id: str) -> Tables:
    """The rows of one patient."""
    return {name: [r for r in rows if r.get("patient_id") == patient_id] for name, rows in tables.items()}


def as_text(tables: Tables) -> str:
    """Rows for a person: one a line, without empty cells."""
    pairs = [(name, row) for name, rows in tables.items() for row in rows]
    return "\n".join(f"  {name}: " + " ".join(f"{k}={v}" for k, v in row.items() if v and k != "patient_id") for name, row in pairs)
