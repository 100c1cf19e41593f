"""The wheel: everything in it that it needs, nothing else, and it works from an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as pip would; the dependencies are those of this environment."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return site


def call(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run([sys.executable, "-P", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)


def shipped(*folders: str) -> set[Path]:
    return {
        file.relative_to(ROOT)
        for folder in folders
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    }


def test_the_wheel_holds_every_file_of_the_product_and_nothing_else(wheel: Path):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {str(Path(*file.parts[1:])) for file in shipped("pipeline", "schemas", "reports")}
    data = {f"infusion_audit/{file}" for file in shipped("sql", "protocols")}
    assert names == code | data
    assert any(name.endswith(".sql") for name in names)


def test_the_wheel_names_its_licence_and_command(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        info = {name.split("/", 1)[1]: name for name in archive.namelist() if ".dist-info/" in name}
        assert "licenses/LICENSE" in info
        assert "infusion-audit = infusion_audit.cli:main" in archive.read(info["entry_points.txt"]).decode()


def test_the_wheel_is_the_same_each_time_it_is_built(wheel: Path, tmp_path: Path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_installed_wheel_finds_its_sql_and_protocols_from_an_empty_folder(installed: Path, tmp_path: Path):
    code = "import infusion_audit.engine as e; print(e.resource('sql')); print(e.resource('protocols'))"
    assert call(installed, tmp_path, "-c", code).stdout.split() == [
        str(installed / "infusion_audit" / name) for name in ("sql", "protocols")
    ]
    assert "KD-01" in call(installed, tmp_path, "-m", "infusion_audit.cli", "rules", "list").stdout


def test_the_installed_wheel_audits_a_sample_in_an_empty_folder(installed: Path, tmp_path: Path):
    call(installed, tmp_path, "-m", "infusion_audit.cli", "sample", "x", "--sessions", "60")
    manifest: dict[str, Any] = json.loads(call(installed, tmp_path, "-m", "infusion_audit.cli", "run", "x", "--no-gate", "--json").stdout)
    assert manifest["exit_code"] == 0
    assert (tmp_path / "audit" / manifest["report"]).is_file()
    assert (tmp_path / "audit" / "index.html").is_file()


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert all(re.match(r"[a-z0-9._-]+==\S+", entry) and "--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|file:|index-url|find-links|/", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    pinned = {entry.split("==")[0] for entry in entries}
    assert {re.split(r"[^A-Za-z0-9-]", each)[0].lower() for each in needed} <= pinned
