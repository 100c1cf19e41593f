"""The external report at its destination: its pages and nothing else, nobody in them, no small count, whole or not at all."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pytest

from infusion_audit import destination
from infusion_audit import run as job
from infusion_audit.publish import Published, publish
from infusion_audit.sample import write_sample

from .conftest import KEY, call
from .test_publish import is_whole, tree

PAGES = {"index.html", "scorecard.html", "selection.html", "outcomes.html", "trends.html", "methods.html"}
NAME = "Zebulon Quartermain"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of a clinic, where somebody has typed a name into a score beside every blood pressure."""
    base = tmp_path_factory.mktemp("outside")
    write_sample(base / "data", sessions=240, seed=11, months=4, faults=True, format="canonical")
    observations = base / "data" / "observation.csv"
    score = rb"\g<0>\n\1child_pugh,ask " + NAME.encode() + rb",,\2"
    text, typed = re.subn(rb"(?m)^((?:[^,\n]*,){2})systolic_bp,[^,\n]*,[^,\n]*,([^\n]*)$", score, observations.read_bytes())
    assert typed > 100
    observations.write_bytes(text)
    job.audit([base / "data"], base / "audit", period="2026-Q3", gate=False)
    return base / "audit"


@pytest.fixture
def outside(audited: Path, tmp_path: Path) -> Path:
    """A workspace to publish from."""
    return shutil.copytree(audited, tmp_path / "audit")


@pytest.fixture(scope="module")
def site(audited: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    """A destination with the external report, published by the command."""
    base = tmp_path_factory.mktemp("site")
    workspace = shutil.copytree(audited, base / "audit")
    result = call(
        "publish", base / "www", "--workspace", workspace, "--audience", "external", "--notify", f"tee {base / 'told.json'}", "--json"
    )
    assert result.exit_code == 0, result.stderr
    (base / "printed").write_text(result.stdout + result.stderr, "utf-8")
    return base, publish(workspace, str(base / "www"), small_numbers="hide")


def run_of(workspace: Path) -> Path:
    (folder,) = (workspace / "runs").glob("[!.]*")
    return folder


def test_the_pages_are_all_that_is_published(site: tuple[Path, Published]) -> None:
    base, done = site
    assert set(tree(base / "www")) == {"latest.json"} | {f"{done.path}/{name}" for name in PAGES | {"SHA256SUMS"}}
    assert {file.name for file in (base / "www" / "latest").iterdir()} == PAGES | {"SHA256SUMS"}
    assert is_whole(base / "www" / "latest")
    assert not done.is_new  # the same again is the same


def test_they_are_the_pages_that_the_workspace_would_show(site: tuple[Path, Published]) -> None:
    base, done = site
    job.render_outside(base / "audit", done.run_id)
    for name in PAGES:
        assert (base / "audit" / "external" / done.run_id / name).read_bytes() == (base / "www" / done.path / name).read_bytes()


def test_nobody_and_no_record_is_named_there(site: tuple[Path, Published]) -> None:
    base, _ = site
    folder = run_of(base / "audit")
    with duckdb.connect() as connection:
        connection.execute(f"create view session as select * from read_parquet('{folder / 'data' / 'session.parquet'}')")
        connection.execute(f"create view input_file as select * from read_parquet('{folder / 'data' / 'input_file.parquet'}')")
        named: set[str] = set()
        for column in ("session_id", "patient_id", "encounter_id", "prescriber_id"):
            named |= {str(value) for (value,) in connection.execute(f"select distinct {column} from session").fetchall() if value}
        named |= {str(value) for row in connection.execute("select file, sha256 from input_file").fetchall() for value in row}
    with (folder / "findings.csv").open(encoding="utf-8", newline="") as opened:
        named |= {row["finding_key"] for row in csv.DictReader(opened)}
    assert len(named) > 400
    inside = "\n".join(file.read_text("utf-8") for file in folder.glob("*.html"))
    assert f"ask {NAME}".casefold() in inside.casefold()  # else the next line would prove nothing
    told = "\n".join((base / name).read_text("utf-8") for name in ("printed", "told.json"))
    outside = told + "".join(file.read_text("utf-8") for file in (base / "www").rglob("*") if file.is_file())
    assert [each for each in {*named, NAME, "Quartermain"} if each.casefold() in outside.casefold()] == []


def test_no_count_from_1_to_10_stands_in_any_cell_or_chart(site: tuple[Path, Published]) -> None:
    for name in PAGES - {"methods.html"}:
        text = (site[0] / "www" / "latest" / name).read_text("utf-8")
        cells = re.findall(r'<td class="n[^"]*"[^>]*>(.*?)</td>', text, re.DOTALL)
        numbers = [number for cell in cells if re.fullmatch(r"[\d,]+", number := re.sub(r"<[^>]+>", "", cell).strip())]
        assert numbers, name
        assert not [number for number in numbers if 0 < int(number.replace(",", "")) < 11], name


def test_no_hidden_count_follows_from_the_shown_ones(site: tuple[Path, Published]) -> None:
    """In a row with a known sum a single gap would tell its number: none has one, unless what is hidden is nothing small."""
    text = (site[0] / "www" / "latest" / "scorecard.html").read_text("utf-8")
    rows = re.findall(r'<tr id="rule-[^"]+">(.*?)</tr>', text, re.DOTALL)
    assert len(rows) > 10
    gaps = [sum("hidden" in cell for cell in re.findall(r'<td class="n[^"]*"[^>]*>(.*?)</td>', row, re.DOTALL)[:4]) for row in rows]
    assert 1 not in gaps
    assert max(gaps) >= 2  # the faults of the sample are rare enough for something to be hidden


def test_what_is_told_of_it_holds_no_count(site: tuple[Path, Published]) -> None:
    base, done = site
    pointer = json.loads((base / "www" / "latest.json").read_text("utf-8"))
    assert pointer == done.summary | {"published_at": pointer["published_at"]}
    assert set(pointer) == {"run_id", "path", "published_at", "edition"}
    assert pointer["edition"] == "external"
    told = json.loads((base / "told.json").read_text("utf-8"))
    assert told == json.loads((base / "printed").read_text("utf-8"))
    assert set(told) == set(pointer)


def test_small_numbers_may_be_rounded_instead(outside: Path, tmp_path: Path) -> None:
    result = call("publish", tmp_path / "www", "--workspace", outside, "--audience", "external", "--small-numbers", "round")
    assert result.exit_code == 0, result.stderr
    cells = re.findall(r'<td class="n[^"]*"[^>]*>([\d,]+)</td>', (tmp_path / "www" / "latest" / "index.html").read_text("utf-8"))
    assert cells
    assert not [cell for cell in cells if cell[-1] not in "05"]
    result = call("publish", tmp_path / "www", "--workspace", outside, "--audience", "external")
    assert result.exit_code == 2
    assert "--small-numbers round" in result.stderr
    assert len(list((tmp_path / "www" / "runs").iterdir())) == 1


def test_a_report_that_may_not_be_shown_keeps_the_one_before(outside: Path, audited: Path, tmp_path: Path) -> None:
    """Days that overlap in part with what was given out: refused, and nothing at the destination has changed."""
    publish(outside, str(tmp_path / "www"), small_numbers="hide")
    before = tree(tmp_path / "www")
    job.audit([audited.parent / "data"], outside, period="2026-09-10..2026-10-20", gate=False)
    result = call("publish", tmp_path / "www", "--workspace", outside, "--audience", "external")
    assert result.exit_code == 2
    assert "has no external report" in result.stderr
    assert tree(tmp_path / "www") == before
    assert not list(outside.glob(".publishing*"))


def test_a_full_disk_keeps_the_one_before(outside: Path, audited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(outside, str(tmp_path / "www"), small_numbers="hide")
    before = tree(tmp_path / "www")
    job.audit([audited.parent / "data"], outside, period="2026-07", gate=False)

    def fills_up(_: Path, target: Path) -> Any:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(destination.shutil, "copyfile", fills_up)
    result = call("publish", tmp_path / "www", "--workspace", outside, "--audience", "external")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert tree(tmp_path / "www") == before


def test_one_place_holds_one_edition(outside: Path, tmp_path: Path) -> None:
    """Whoever may read the external report would find patients beside it, and latest would lead to them."""
    publish(outside, str(tmp_path / "www"), small_numbers="hide")
    before = tree(tmp_path / "www")
    refused = call("publish", tmp_path / "www", "--workspace", outside)
    assert refused.exit_code == 2
    assert f"{tmp_path / 'www'} holds external reports, and this one is internal" in refused.stderr
    refused = call("publish", tmp_path / "www", "--workspace", outside, "--deidentify", env={"INFUSION_AUDIT_KEY": KEY})
    assert refused.exit_code == 2
    assert tree(tmp_path / "www") == before
    publish(outside, str(tmp_path / "inside"))
    refused = call("publish", tmp_path / "inside", "--workspace", outside, "--audience", "external")
    assert "holds internal reports" in refused.stderr
    (tmp_path / "www" / "latest.json").write_text("{", "utf-8")
    refused = call("publish", tmp_path / "www", "--workspace", outside)
    assert refused.exit_code == 2
    assert "which edition" in refused.stderr


def test_a_store_holds_the_pages_alone_and_one_edition(outside: Path) -> None:
    store = fsspec.filesystem("memory")
    try:
        done = publish(outside, "memory://www", small_numbers="hide")
        expected = {"/www/latest.json", "/www/latest/index.html"} | {f"/www/{done.path}/{name}" for name in PAGES | {"SHA256SUMS"}}
        assert set(store.find("/www")) == expected
        refused = call("publish", "memory://www", "--workspace", outside)
        assert refused.exit_code == 2
        assert "memory://www holds external reports, and this one is internal" in refused.stderr
    finally:
        store.rm("/", recursive=True)


@pytest.mark.parametrize("option", [("--to", "xlsx"), ("--deidentify",)])
def test_what_is_not_for_readers_outside_is_refused_with_it(outside: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    result = call("publish", tmp_path / "www", "--workspace", outside, "--audience", "external", *option, env={"INFUSION_AUDIT_KEY": KEY})
    assert result.exit_code == 2
    assert option[0] in result.stderr
    assert not (tmp_path / "www").exists()
