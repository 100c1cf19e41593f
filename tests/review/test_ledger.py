"""The ledger is only appended to: every edit, deletion, move and cut is told by number, and a crash leaves all or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infusion_audit import ledger
from infusion_audit.ledger import LEDGER, read_ledger
from infusion_audit.workspace import Workspace

from .conftest import Clinic

Lines = list[str]


@pytest.fixture
def reviewed(clinic: Clinic) -> Clinic:
    """Four entries."""
    for disposition in ("justified", "unjustified", "cannot_determine", "rule_error"):
        clinic.say("P1", disposition, reviewed_at="2026-11-01")
    return clinic


def lines(clinic: Clinic) -> Lines:
    return clinic.ledger.read_text("utf-8").splitlines(keepends=True)


def rechained(entries: Lines) -> Lines:
    """The chain as somebody would make it who knows how it is made."""
    made: Lines = []
    previous = ledger.BEGINNING
    for number, line in enumerate(entries, start=1):
        content = json.loads(line) | {"seq": number, "previous": previous}
        previous = ledger._hash(content)
        made.append(ledger._canonical(content | {"hash": previous}).decode() + "\n")
    return made


def edited(found: Lines) -> Lines:
    return [line.replace("cannot_determine", "justified") if '"seq":3' in line else line for line in found]


TAMPERED: list[tuple[str, Callable[[Lines], Lines], str]] = [
    ("edit", edited, r"entry 3 \(line 3\) was edited"),
    ("spaces", lambda found: [*found[:1], found[1].replace('","', '", "', 1), *found[2:]], r"entry 2 \(line 2\) was edited"),
    ("delete", lambda found: found[:1] + found[2:], "line 2 holds entry 3: entry 2 was removed or moved"),
    ("delete the first", lambda found: found[1:], "line 1 holds entry 2"),
    ("reorder", lambda found: [found[0], found[2], found[1], found[3]], "line 2 holds entry 3"),
    ("repeat", lambda found: [*found[:2], *found[1:]], "line 3 holds entry 2"),
    ("truncate", lambda found: found[:2], "entry 3 is missing: the ledger held 4 entries"),
    ("empty", lambda _: [], "entry 1 is missing"),
    ("cut a line", lambda found: [*found[:3], found[3][:50]], "line 4 is cut off"),
    ("garbage", lambda found: [found[0], "\x00\n", *found[2:]], "line 2 is not an entry"),
    ("deep", lambda found: [found[0], "[" * 100_000 + "\n", *found[2:]], "line 2 is not an entry"),
    ("edit and chain anew", lambda found: rechained(edited(found)), "entry 4 or one before it was replaced"),
    ("delete and chain anew", lambda found: rechained(found[:1] + found[2:]), "entry 4 is missing"),
]


@pytest.mark.parametrize(("tamper", "words"), [each[1:] for each in TAMPERED], ids=[each[0] for each in TAMPERED])
def test_the_first_bad_entry_is_named_and_nothing_is_imported_on_top(
    reviewed: Clinic, tamper: Callable[[Lines], Lines], words: str
) -> None:
    reviewed.ledger.write_text("".join(tamper(lines(reviewed))), "utf-8")
    before = reviewed.ledger.read_bytes()
    verified = reviewed.call("verify")
    assert verified.exit_code == 2
    assert re.search(words, verified.stderr), verified.stderr
    row = {"patient": "P2", "disposition": "justified", "reason": "seen", "reviewer": "B"}
    refused = reviewed.call("import", str(reviewed.write(row)))
    assert refused.exit_code == 2
    assert "backup" in refused.stderr
    assert reviewed.ledger.read_bytes() == before


def test_a_removed_ledger_is_missed(reviewed: Clinic) -> None:
    reviewed.ledger.unlink()
    assert "entry 1 is missing" in reviewed.call("verify").stderr


def test_a_cut_ledger_with_a_forged_head_is_still_missed_by_the_runs_made_since(reviewed: Clinic) -> None:
    made = reviewed.audit()
    reviewed.ledger.write_text("".join(lines(reviewed)[:2]), "utf-8")
    kept = read_ledger(Workspace(reviewed.workspace))
    (reviewed.workspace / ledger.HEAD).write_text(json.dumps({"entries": 2, "head": kept.entries[-1].hash}), "utf-8")
    verified = reviewed.call("verify")
    assert verified.exit_code == 2
    assert f"entry 3 is missing: the ledger held 4 entries when run {made['run_id']} was made" in verified.stderr


def test_without_head_file_the_ledger_holds_but_says_what_cannot_be_told(reviewed: Clinic) -> None:
    (reviewed.workspace / ledger.HEAD).unlink()
    verified = reviewed.call("verify")
    assert verified.exit_code == 0
    assert "reviews.head.json is missing" in verified.stdout


def test_an_edited_head_file_is_told(reviewed: Clinic) -> None:
    (reviewed.workspace / ledger.HEAD).write_text("{", "utf-8")
    assert "reviews.head.json cannot be read" in reviewed.call("verify").stderr


def test_a_hash_noted_elsewhere_proves_what_came_before_it(reviewed: Clinic) -> None:
    noted = read_ledger(Workspace(reviewed.workspace)).entries[1].hash
    assert "Nothing up to entry 2 was changed" in reviewed.call("verify", "--head", noted).stdout
    # whoever can write every file of the workspace can chain all of it anew; only the noted hash tells
    reviewed.ledger.write_text("".join(rechained(edited(lines(reviewed))[:1])), "utf-8")
    (reviewed.workspace / ledger.HEAD).unlink()
    assert reviewed.call("verify").exit_code == 0
    assert reviewed.call("verify", "--head", noted).exit_code == 2


def test_a_broken_ledger_is_the_first_thing_on_the_report_and_no_disposition_is_shown(reviewed: Clinic) -> None:
    reviewed.ledger.write_text("".join(edited(lines(reviewed))), "utf-8")
    run = reviewed.audit()
    assert "entry 3 (line 3) was edited" in run["review"]["problem"]
    assert "The review ledger cannot be trusted" in reviewed.page("index")
    assert reviewed.findings()["P1"]["review_status"] == "open"
    assert reviewed.findings()["P1"]["disposition"] == ""


def test_the_clock_set_back_changes_no_order_and_is_noted(reviewed: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "now", lambda: "1970-01-01T00:00:00Z")
    reviewed.say("P1", "unjustified", reviewed_at="2026-11-20")
    entries = read_ledger(Workspace(reviewed.workspace)).entries
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert (entries[-1].recorded_at, entries[-1].statement.reviewed_at) == ("1970-01-01T00:00:00Z", "2026-11-20")
    verified = reviewed.call("verify")
    assert verified.exit_code == 0
    assert "before entry 4: the clock was set back" in verified.stdout
    assert reviewed.state("P1") == ("reviewed", "", "unjustified")


@pytest.mark.parametrize("fails_on", [1, 2], ids=["ledger", "head file"])
def test_a_crash_while_writing_leaves_all_or_nothing(reviewed: Clinic, monkeypatch: pytest.MonkeyPatch, fails_on: int) -> None:
    before, calls, replace = len(lines(reviewed)), [0], Path.replace

    def crash(self: Path, target: Path) -> Path:
        calls[0] += self.name.startswith(".reviews")
        if calls[0] == fails_on:
            raise OSError(28, "No space left on device", str(self))
        return replace(self, target)

    rows = [{"patient": patient, "disposition": "justified", "reason": "seen", "reviewer": "B"} for patient in ("P1", "P2")]
    file = reviewed.write(*rows)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        assert reviewed.call("import", str(file)).exit_code == 2
    assert reviewed.call("verify").exit_code == 0
    assert len(lines(reviewed)) == before + (0 if fails_on == 1 else 2)
    assert reviewed.call("import", str(file)).exit_code == 0
    assert len(lines(reviewed)) == before + 2


def test_entries_are_one_line_of_text_each_that_any_tool_can_read(reviewed: Clinic) -> None:
    for number, line in enumerate(lines(reviewed), start=1):
        entry = json.loads(line)
        assert entry["seq"] == number
        assert {"recorded_at", "recorded_by", "previous", "hash", "finding", "statement", "was"} <= set(entry)
    assert (reviewed.workspace / LEDGER).stat().st_size < 8000
