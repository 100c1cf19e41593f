"""The linter: every check finds its planted fault, and the shipped protocols have only the warnings that are documented."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from infusion_audit import run as job
from infusion_audit.cli import main
from infusion_audit.errors import UserError
from infusion_audit.lint import Subject, between_files, checked, findings, lint, overlaps
from infusion_audit.lint.content import (
    pl07_rule_says_whom_it_concerns,
    pl08_rule_needs_what_no_table_holds,
    pl10_code_sets,
    pl26_scales,
    pl27_licensed_text,
)
from infusion_audit.protocol import load_protocol, shipped_protocols
from infusion_audit.protocol.problem import CHECKS, Problem
from infusion_audit.rulebook import Rulebook
from infusion_audit.sample import write_sample
from infusion_audit.statement import comparators, statements

SHIPPED = "ketamine-chronic-pain"
SECOND = "asra-aapm-asa-2018-chronic"
DOCS = Path(__file__).parents[1] / "docs" / "protocols.md"
SOURCE_TEXT = Path(__file__).parents[2] / "shared" / "design" / "seed.txt"
CODE = {"code_set": "KC-01", "system": "icd10cm", "code": "I16", "match": "prefix", "strength": "definite"}


@pytest.fixture
def edited(tmp_path: Path):
    """Writes the shipped protocol with pieces replaced, and gives the file name."""

    def write(*changes: tuple[str, str], name: str = "mine.toml") -> str:
        text = load_protocol(SHIPPED).text
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def found(file: str, source: Path | None = None) -> set[tuple[str, str]]:
    """What the linter says of a file beyond what it says of the shipped one, as (check, key)."""
    usual = {(each.check, each.what) for each in lint(SHIPPED)[1]}
    return {(each.check, each.key) for each in lint(file, source)[1] if (each.check, each.what) not in usual}


def in_table(name: str, old: str, new: str) -> tuple[str, str]:
    """A change inside one table of the file."""
    text = load_protocol(SHIPPED).text
    entry = text[text.index(f"[{name}]") :].split("\n\n")[0]
    assert old in entry, (name, old)
    return entry, entry.replace(old, new, 1)


def in_rule(rule_id: str, old: str, new: str) -> tuple[str, str]:
    """A change inside the entry of one rule."""
    return in_table(f"rules.{rule_id}", old, new)


# ---------------------------------------------------------------- every check finds its fault


FAULTS: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "PL-01",
        "monitoring.grace_mins",
        [("grace_min = 5", "grace_mins = 5")],
    ),
    (
        "PL-01",
        "rules.KD-01.limit",
        [("limit = 0.35", "limit = nan")],
    ),
    (
        "PL-01",
        "rules.KD-06",
        [("limit_low = 1", "limit_low = 6")],
    ),
    (
        "PL-01",
        "protocol.id",
        [('id = "ketamine-chronic-pain"', "")],
    ),
    (
        "PL-01",
        "",
        [("[rules.KD-02]", "[rules.KD-01]")],
    ),
    (
        "PL-02",
        "rules.KD-01.quote",
        [in_rule("KD-01", "limit = 0.35", "limit = 0.4")],
    ),
    (
        "PL-02",
        "rules.KD-01.comparator",
        [('quote = "<0.35 mg/kg"', 'quote = ">0.35 mg/kg"')],
    ),
    (
        "PL-02",
        "rules.KD-02.comparator",
        [in_rule("KD-02", "limit = 1\n", "limit = 0.5\n")],
    ),
    (
        "PL-02",
        "benchmarks.KB-03.quote",
        [("figure = 69", "figure = 70")],
    ),
    (
        "PL-02",
        "protocol.source_sha256",
        [('source_sha256 = "3d', 'source_sha256 = "4d')],
    ),
    (
        "PL-03",
        "monitoring.interval_min",
        [in_table("monitoring", 'source = "site_policy"', 'source = "seed"')],
    ),
    (
        "PL-03",
        "rules.KD-08.source",
        [in_rule("KD-08", 'source = "site_policy"', 'source = "seed"\nquote = "<= 1 mg/kg"\nseed_line = 9')],
    ),
    (
        "PL-04",
        "rules.KD-02.unit",
        [in_rule("KD-02", '"mg/kg/h"', '"mg/kg"')],
    ),
    (
        "PL-05",
        "rules.KD-04.limit",
        [in_rule("KD-04", "1-2 mcg/kg/min", "1-3 mcg/kg/min")],
    ),
    (
        "PL-05",
        "rules.KD-05.also",
        [in_rule("KD-05", "1-2 mcg/kg/min", "1-2 mcg/min")],
    ),
    (
        "PL-06",
        "weight.basis",
        [('basis = "dosing"', "")],
    ),
    (
        "PL-06",
        "session.gap_min",
        [("gap_min = 240", "")],
    ),
    (
        "PL-06",
        "total.count_pca",
        [("count_pca = true", "")],
    ),
    (
        "PL-06",
        "scope.product",
        [('product = "ketamine"', "")],
    ),
    (
        "PL-06",
        "rules.KD-02",
        [in_rule("KD-02", 'comparator = "<="\n', "")],
    ),
    (
        "PL-11",
        "protocol.approved_by",
        [("production = false", "production = true")],
    ),
    (
        "PL-12",
        "rules.KD-07.limit",
        [in_rule("KD-07", "limit = 1\n", "limit = 2\n"), ("should not exceed 1 mg/kg", "should not exceed 2 mg/kg")],
    ),
    (
        "PL-13",
        "rules.KD-07.limit",
        [in_rule("KD-10", "enabled = false", "enabled = true")],
    ),
    (
        "PL-14",
        "rules.KD-09.limit",
        [in_rule("KD-09", "enabled = false", "enabled = true")],
    ),
    (
        "PL-15",
        "rules.KD-03.limit",
        [in_rule("KD-03", "limit = 0.5", "limit = 0.6")],
    ),
    (
        "PL-16",
        "rules.KD-04.limit",
        [in_rule("KD-04", "limit = 0.12", "limit = 0.6")],
    ),
    (
        "PL-17",
        "rules.KD-01.comparator",
        [('comparator = "<" ', 'comparator = "<="')],
    ),
    (
        "PL-17",
        "rules.KD-02.comparator",
        [in_rule("KD-02", "seed_line = 6", 'seed_line = 6\norigin = "another text"\norigin_comparator = "<"')],
    ),
    (
        "PL-18",
        "benchmarks.KB-03.regimens",
        [("hours = 96}", "hours = 97}")],
    ),
    (
        "PL-19",
        "benchmarks.KB-01",
        [('population = "211', '# population = "211'), ("interval = [-2.35, -1.31]", "")],
    ),
    (
        "PL-19",
        "benchmarks.KB-03",
        [('responder_definition = "at least 30 % relief"', "")],
    ),
    (
        "PL-21",
        "rules.KD-07.marginal_percent",
        [in_rule("KD-07", "marginal_percent = 5 ", "marginal_percent = 6 ")],
    ),
    (
        "PL-22",
        "benchmarks.KB-01.window_h",
        [("window_h = [48, 336]", "window_h = [-2, 336]")],
    ),
    (
        "PL-22",
        "benchmarks.KB-04.window_h",
        [("window_h = [720, 2160]", "window_h = [720, 2161]")],
    ),
    (
        "PL-23",
        "session.gap_min",
        [("gap_min = 240", "gap_min = 1441")],
    ),
    (
        "PL-23",
        "series.gap_d",
        [("gap_d = 90", "gap_d = 0.1")],
    ),
    (
        "PL-25",
        "",
        [('statement = "bolus {comparator}', 'statement = "bolus µ {comparator}')],
    ),
    (
        "PL-25",
        "",
        [('title = "Intravenous ketamine', 'title = "0.5\u20131 mg/kg/h: Intravenous ketamine')],
    ),
    (
        "PL-27",
        "",
        [("# effective_to = 2027-12-31", "# CPT 96365")],
    ),
    (
        "PL-27",
        "",
        [("# effective_to = 2027-12-31", "# SNOMED CT 77386006")],
    ),
]


@pytest.mark.parametrize(("check", "key", "changes"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_planted_fault_is_found(edited, check: str, key: str, changes: list[tuple[str, str]]):
    assert (check, key) in found(edited(*changes))


def test_a_site_may_depart_from_the_quote_of_a_limit_and_keep_it(edited):
    entry, changed = in_rule("KD-01", "limit = 0.35", "limit = 0.3")
    own = edited((entry, changed.replace('source = "seed"', 'source = "site_policy"')))
    assert not {check for check, _ in found(own)} & {"PL-02", "PL-05"}


def test_every_check_is_tried():
    elsewhere = {"PL-07", "PL-08", "PL-09", "PL-10", "PL-20", "PL-24", "PL-26"}  # below: rule files, code sets, runs, data, scales
    assert {check for check, *_ in FAULTS} | elsewhere == set(CHECKS)
    assert not {check for check, *_ in FAULTS} & elsewhere


def test_a_problem_names_its_line(edited):
    file = edited(("count_pca = true", "count_pca = true\ncount_priming = true"))
    (problem,) = lint(file)[1]
    assert Path(file).read_text("utf-8").splitlines()[(problem.line or 0) - 1].startswith("count_priming = true")


# ---------------------------------------------------------------- rule files and code sets


def subject(**changes: Any) -> Subject:
    protocol = load_protocol(SHIPPED)
    return replace(Subject(protocol, Rulebook.load(), [protocol], []), **changes)


def book(**header: Any) -> Rulebook:
    rules = Rulebook.load().rules
    return Rulebook(rules | {"KD-01": replace(rules["KD-01"], **header)})


@pytest.mark.parametrize("header", [{"population": ""}, {"limitations": " "}])
def test_a_rule_file_that_leaves_open_whom_it_concerns_is_found(header: dict[str, str]):
    (problem,) = pl07_rule_says_whom_it_concerns(subject(book=book(**header)))
    assert (problem.check, problem.key, problem.is_error) == ("PL-07", "rules.KD-01", True)


@pytest.mark.parametrize("needs", [("administration", "electrocardiogram"), ()])
def test_a_rule_that_needs_what_no_table_holds_is_found(needs: tuple[str, ...]):
    (problem,) = pl08_rule_needs_what_no_table_holds(subject(book=book(needs=needs)))
    assert (problem.check, problem.key) == ("PL-08", "rules.KD-01")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([CODE | {"code": "16"}], "is no code of"),
        ([CODE | {"system": "loinc"}], "is no code of"),
        ([CODE, CODE], "stands there 2 times"),
        ([CODE, CODE | {"strength": "exclude"}], "is cancelled by"),
        ([CODE | {"code": "I16.0"}, CODE | {"strength": "exclude"}], "is cancelled by"),
    ],
)
def test_a_broken_code_set_is_found(rows: list[dict[str, str]], says: str):
    problems = list(pl10_code_sets(subject(codes=list(enumerate(rows, start=2)))))
    assert [each.check for each in problems] == ["PL-10"]
    assert says in problems[0].what


def test_an_exclusion_inside_an_inclusion_is_what_exclusions_are_for():
    rows = [CODE, CODE | {"code": "I16.0", "strength": "exclude"}, CODE | {"match": "exact", "strength": "exclude"}]
    assert list(pl10_code_sets(subject(codes=list(enumerate(rows, start=2))))) == []


def test_codes_under_a_licence_are_found():
    (problem,) = pl27_licensed_text(subject(codes=[(2, CODE | {"system": "snomed", "code": "77386006"})]))
    assert problem.check == "PL-27"


def triggers(stated: set[str], **comparators: str) -> Subject:
    """The shipped protocol with KM-04 on, these triggers stated, and these comparators on the wrong side or not."""
    right = {"rass": "le", "poss": "ge", "ramsay": "ge", "moaas": "le", "aldrete_consciousness": "le"}
    right |= {"respiratory_rate": "lt", "spo2": "lt", "etco2": "gt"} | comparators
    kinds = {kind: SimpleNamespace(comparator=comparator) for kind, comparator in right.items()}
    protocol = load_protocol(SHIPPED)
    rules = protocol.rules | {"KM-04": protocol.rules["KM-04"].model_copy(update={"enabled": True})}
    monitoring = SimpleNamespace(triggers=SimpleNamespace(model_fields_set=stated, **kinds))
    return subject(protocol=protocol.model_copy(update={"monitoring": monitoring, "rules": rules}))


SEDATION = {"rass", "poss", "ramsay", "moaas", "aldrete_consciousness"}


@pytest.mark.parametrize(
    ("case", "keys"),
    [
        (triggers(SEDATION), []),
        (triggers(SEDATION - {"poss"}), ["monitoring.triggers"]),
        (triggers(SEDATION, rass="ge"), ["monitoring.triggers.rass"]),
        (triggers(SEDATION, etco2="lt"), ["monitoring.triggers.etco2"]),
    ],
    ids=["complete", "not stated", "RASS falls", "carbon dioxide rises"],
)
def test_a_scale_without_trigger_or_direction_is_found(case: Subject, keys: list[str]):
    assert [(each.check, each.key) for each in pl26_scales(case)] == [("PL-26", key) for key in keys]


# ---------------------------------------------------------------- the shipped protocols


def test_the_shipped_protocol_has_exactly_the_documented_warnings():
    assert [(each.check, each.key) for each in lint(SHIPPED)[1]] == [
        ("PL-17", "rules.KD-01.comparator"),
        ("PL-15", "rules.KD-03.limit"),
        ("PL-14", "rules.KD-06.limit"),
        ("PL-12", "rules.KD-07.limit"),
        ("PL-12", "rules.KD-07.limit"),
        ("PL-13", "rules.KD-07.limit"),
        ("PL-14", "rules.KD-07.limit"),
        ("PL-19", "benchmarks.KB-02"),
        ("PL-18", "benchmarks.KB-03.regimens"),
        ("PL-18", "benchmarks.KB-04.regimens"),
    ]


def test_the_second_protocol_has_exactly_the_documented_warnings():
    assert [(each.check, each.key) for each in lint(SECOND)[1]] == [("PL-14", "rules.KD-09.limit"), ("PL-13", "rules.KD-10.limit")]


def test_the_minutes_to_the_maximum_are_those_of_the_specification():
    texts = [each.what for each in lint(SHIPPED)[1] if each.check == "PL-12"]
    assert [re.findall(r"(\d+) min at", text) for text in texts] == [["325", "500", "650", "1000"], ["39", "60", "78", "120"]]


def test_the_weights_at_which_limits_meet_are_those_of_the_specification():
    text = " ".join(each.what for each in lint(SHIPPED)[1] if each.check == "PL-14")
    assert "lighter than 14.3 kg" in text
    assert "lighter than 80 kg (KD-09 of asra-aapm-asa-2018-chronic)" in text


@pytest.mark.parametrize("protocol", sorted(shipped_protocols()))
def test_no_shipped_protocol_has_an_error(protocol: str):
    assert [each for each in lint(protocol)[1] if each.is_error] == []


def test_every_entry_of_the_second_protocol_has_its_citation_and_certainty():
    protocol = load_protocol(SECOND)
    assert protocol.protocol.approved_by == ""
    assert {rule.certainty for rule in protocol.rules.values()} == {"certain"}
    assert all(rule.citation and rule.source == "ASRA/AAPM/ASA 2018 (chronic pain)" for rule in protocol.rules.values())
    assert {each.certainty for each in protocol.not_judged} == {"certain", "uncertain"}
    assert all(each.why and each.citation for each in protocol.not_judged)
    assert not {"KD-04", "KD-05", "KD-06", "KD-07"} & set(protocol.rules)


@pytest.mark.skipif(not SOURCE_TEXT.exists(), reason="the source text is not beside the repository")
def test_every_quote_stands_in_the_source_text():
    assert [each for each in lint(SHIPPED, SOURCE_TEXT)[1] if each.is_error] == []


@pytest.mark.skipif(not SOURCE_TEXT.exists(), reason="the source text is not beside the repository")
@pytest.mark.parametrize(
    ("check", "key", "change"),
    [
        ("PL-02", "rules.KD-01.quote", in_rule("KD-01", "seed_line = 5", "seed_line = 6")),
        ("PL-02", "rules.KC-02.quote", in_rule("KC-02", '"Pregnancy"', '"Pregnant"')),
        ("PL-02", "rules.KD-04.also", in_rule("KD-04", "1-2 mcg/kg/min", "1.0-2 mcg/kg/min")),
        ("PL-02", "benchmarks.KB-03.quote", ("seed_line = 16", "seed_line = 17")),
        ("PL-03", "rules.KD-01.limit", in_rule("KD-01", "limit = 0.35", "limit = 0.37")),
    ],
)
def test_a_quote_that_the_source_text_lacks_is_found(edited, check: str, key: str, change: tuple[str, str]):
    assert (check, key) in found(edited(change), SOURCE_TEXT)


def test_another_source_text_is_refused(tmp_path: Path):
    other = tmp_path / "other.txt"
    other.write_text("Initial bolus: <0.35 mg/kg IV\n", "utf-8")
    assert ("PL-02", "protocol.source_sha256") in {(each.check, each.key) for each in lint(SHIPPED, other)[1]}


# ---------------------------------------------------------------- statements in words


@pytest.mark.parametrize("text", ["1-2 mcg/kg/min", "1 to 2 μg/kg/min", "1-2 ug/kg/min", "0.06-0.12 mg/kg/h", "60-120 mcg/kg/hr"])
def test_every_way_to_write_a_rate_is_the_same_rate(text: str):
    (rate,) = statements(text)
    assert (rate.low * rate.factor, rate.high * rate.factor, rate.dimension) == (Fraction("0.06"), Fraction("0.12"), (True, True))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("<0.35 mg/kg", {"lt"}),
        ("should not exceed 1 mg/kg", {"le"}),
        ("no more than 5", {"le"}),
        ("at least 80 mg", {"ge"}),
        ("over 2 h", {"gt"}),
        ("Pregnancy", set()),
    ],
)
def test_a_quote_s_comparator_is_read(text: str, codes: set[str]):
    assert comparators(text) == codes


# ---------------------------------------------------------------- versions


def version(number: str, start: str | None, end: str | None) -> dict[str, str | None]:
    return {"version": number, "effective_from": start, "effective_to": end}


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (("2026-01-01", "2026-06-30"), ("2026-07-01", None), False),
        (("2026-01-01", "2026-07-01"), ("2026-07-01", None), True),
        (("2026-01-01", None), ("2026-07-01", None), False),  # the older one ends where the newer begins
        (("2026-01-01", None), ("2026-01-01", None), True),
        ((None, None), (None, None), True),
        (("2026-07-01", None), ("2026-01-01", "2026-12-31"), True),
    ],
)
def test_versions_overlap_when_both_are_in_force_on_a_day(one: tuple[str, str], other: tuple[str, str], answer: bool):
    assert overlaps(version("1", *one), version("2", *other)) is answer
    assert overlaps(version("2", *other), version("1", *one)) is answer


def test_files_are_held_against_each_other(edited):
    same = load_protocol(edited(("age_min = 18", "age_min = 21"), name="same.toml"))
    later = load_protocol(edited(('version = "1.0"', 'version = "1.1"'), name="later.toml"))
    problems = [(place, each.check, each.key, each.is_error) for place, each in between_files([load_protocol(SHIPPED), same, later])]
    assert problems == [
        (1, "PL-09", "protocol.version", True),
        (2, "PL-09", "protocol.effective_from", True),
        (2, "PL-09", "protocol.effective_from", True),
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("gap_min = 240 ", "gap_min = 240.0  # minutes "),
        ('approved_by = ""', 'approved_by = "Dr A. Example"'),
        ("# effective_to = 2027-12-31", "effective_to = 2027-12-31"),
    ],
)
def test_a_comment_an_approval_and_an_end_are_no_change_of_content(edited, change: tuple[str, str]):
    assert load_protocol(edited(change)).content_sha256 == load_protocol(SHIPPED).content_sha256


def used(protocol: str, **changes: Any) -> dict[str, Any]:
    """A published run by a protocol, as its manifest tells it."""
    return {"report": "runs/x/index.html", "protocol": load_protocol(protocol).manifest()} | changes


def test_changed_content_under_a_used_version_is_refused(edited):
    changed = load_protocol(edited(("age_min = 18", "age_min = 21")))
    assert [each.check for each in checked(changed, Rulebook.load(), runs=[used(SHIPPED)]) if each.is_error] == ["PL-09"]
    assert [each for each in checked(changed, Rulebook.load(), runs=[used(SHIPPED, report=None)]) if each.is_error] == []
    assert [each for each in checked(load_protocol(SHIPPED), Rulebook.load(), runs=[used(SHIPPED)]) if each.check == "PL-09"] == []


def test_a_new_version_for_the_same_days_is_only_warned_about(edited):
    newer = load_protocol(edited(('version = "1.0"', 'version = "1.1"')))
    assert [each.is_error for each in checked(newer, Rulebook.load(), runs=[used(SHIPPED)]) if each.check == "PL-09"] == [False]
    later = load_protocol(edited(('version = "1.0"', 'version = "1.1"'), ("effective_from = 2020-01-01", "effective_from = 2026-11-01")))
    assert [each for each in checked(later, Rulebook.load(), runs=[used(SHIPPED)]) if each.check == "PL-09"] == []


# ---------------------------------------------------------------- in a run


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shipped protocol has judged 40 sessions and published."""
    home = tmp_path_factory.mktemp("home")
    write_sample(home / "data", sessions=40, seed=3, months=2, faults=False)
    job.audit([home / "data"], home / "audit", gate=False)
    return home / "audit"


def test_the_warnings_stand_in_the_manifest_and_on_the_first_page(workspace: Path):
    (folder,) = (workspace / "runs").glob("[!.]*")
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert [each["check"] for each in run["protocol_warnings"]][:3] == ["PL-17", "PL-15", "PL-14"]
    assert {"check", "level", "line", "key", "what", "next"} == set(run["protocol_warnings"][0])
    page = (folder / "index.html").read_text("utf-8")
    assert f"{len(run['protocol_warnings'])} warnings about the protocol file" in page
    assert "39 min at 1 mg/kg/h" in page


def test_an_error_stops_a_run_before_it_begins(workspace: Path, edited):
    before = sorted((workspace / "runs").iterdir())
    changes = (
        ('quote = "<0.35 mg/kg"', 'quote = ">0.35 mg/kg"'),
        ("production = false", "production = true"),
        ('version = "1.0"', 'version = "2"'),
    )
    with pytest.raises(UserError) as caught:
        job.check(workspace, "all", edited(*changes))
    assert caught.value.exit_code == 2
    assert re.findall(r"\((PL-\d\d)\)", caught.value.message) == ["PL-11", "PL-02"]
    assert sorted((workspace / "runs").iterdir()) == before


def test_a_changed_file_needs_a_new_version(workspace: Path, edited):
    with pytest.raises(UserError, match=r"version 1\.0 of ketamine-chronic-pain was used in this workspace with other content \(PL-09\)"):
        job.check(workspace, "all", edited(("age_min = 18", "age_min = 21")))
    run = job.check(workspace, "all", edited(("age_min = 18", "age_min = 21"), ('version = "1.0"', 'version = "1.1"')))
    assert run["protocol"]["version"] == "1.1"


def test_what_only_data_can_show_is_found(workspace: Path, edited):
    file = edited(
        ("interval_min = 15\n", "interval_min = 600\n"),
        ('version = "1.0"', 'version = "1.2"'),
    )
    run = job.check(workspace, "all", file)
    short = [each for each in run["protocol_warnings"] if each["check"] == "PL-20"]
    assert [each["key"] for each in short] == ["monitoring.interval_min"]
    assert re.match(r"\d+ of \d+ sessions", short[0]["what"])


def test_an_idle_rule_and_one_that_mostly_cannot_judge_are_found():
    counts = {
        "KD-01": {"compliant": 8, "violation": 0, "not_evaluable": 2, "not_applicable": 5},  # 20 % is not above 20 %
        "KD-02": {"compliant": 7, "violation": 0, "not_evaluable": 2, "not_applicable": 5},
        "KD-03": {"compliant": 0, "violation": 0, "not_evaluable": 0, "not_applicable": 15},
        "KD-04": {"compliant": 0, "violation": 0, "not_evaluable": 0, "not_applicable": 0},  # no session at all
    }
    problems = list(findings._idle_rules(counts))  # pyright: ignore[reportPrivateUsage]
    assert [(each.check, each.key) for each in problems] == [("PL-24", "rules.KD-02"), ("PL-24", "rules.KD-03")]


def test_a_session_is_judged_only_by_a_version_in_force_at_its_start(workspace: Path, edited):
    run = job.check(workspace, "all", SHIPPED)
    import duckdb

    query = "select distinct session_id, cast(session_started_at as date) from read_parquet('{}') order by 2"
    with duckdb.connect() as connection:
        days = connection.execute(query.format(workspace / "runs" / run["run_id"] / "verdicts.parquet")).fetchall()
        first: date = days[len(days) // 2][1]
        file = edited(
            ("effective_from = 2020-01-01", f"effective_from = {first}"), ('version = "1.0"', 'version = "1.3"'), name="later.toml"
        )
        later = job.check(workspace, "all", file)
        answer = connection.execute(
            f"""
            select count(distinct session_id) filter (where reason = 'protocol_not_in_force'),
                bool_and((verdict = 'not_applicable') = true) filter (where reason = 'protocol_not_in_force')
            from read_parquet('{workspace / "runs" / later["run_id"] / "verdicts.parquet"}')
            """
        ).fetchone()
    assert later["sessions"] == run["sessions"]
    assert 0 < later["sessions_not_in_force"] < run["sessions"]
    assert answer == (later["sessions_not_in_force"], True)


def test_the_second_protocol_runs(workspace: Path):
    run = job.check(workspace, "all", SECOND)
    assert set(run["verdicts"]) <= set(load_protocol(SECOND).rules)
    assert {"KD-01", "KD-02", "KD-03"} <= set(run["verdicts"])
    assert run["verdicts"]["KD-02"]["compliant"] > 0


# ---------------------------------------------------------------- the commands


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.stdout


def test_lint_ends_with_2_on_an_error_and_with_0_on_warnings(edited):
    assert call("protocol", "lint", SHIPPED)[0] == 0
    code, text = call("protocol", "lint", edited(("limit = 0.35", "limit = 0.4")))
    assert code == 2
    assert "PL-02  error" in text


def test_lint_prints_json(edited):
    code, text = call("protocol", "lint", edited(("production = false", "production = true")), "--json")
    entries = json.loads(text)
    assert code == 2
    assert {"file", "check", "level", "line", "key", "what", "next"} == set(entries[0])
    assert (entries[0]["check"], entries[0]["level"]) == ("PL-11", "error")


def test_lint_reads_a_file_that_is_no_protocol(tmp_path: Path):
    (tmp_path / "odd.toml").write_text("[rules\n", "utf-8")
    code, text = call("protocol", "lint", str(tmp_path / "odd.toml"))
    assert (code, "PL-01  error" in text) == (2, True)


def test_lint_knows_what_a_workspace_used(workspace: Path, edited):
    code, text = call("protocol", "lint", edited(("age_min = 18", "age_min = 21")), "--workspace", str(workspace))
    assert (code, "PL-09  error" in text) == (2, True)


def test_diff_prints_what_differs_and_nothing_else(edited):
    file = edited(("limit = 0.35", "limit = 0.3"), ('comparator = "<" ', 'comparator = "<=" '), ("# To make it yours", "# A comment"))
    code, text = call("protocol", "diff", SHIPPED, file, "--json")
    assert code == 0
    assert json.loads(text) == [
        {"key": "rules.KD-01.limit", "before": "0.35", "after": "0.3"},
        {"key": "rules.KD-01.comparator", "before": "<", "after": "<="},
    ]
    assert re.search(r"^rules\.KD-01\.limit +0\.35 +0\.3$", call("protocol", "diff", SHIPPED, file)[1], re.MULTILINE)
    assert "They say the same." in call("protocol", "diff", SHIPPED, SHIPPED)[1]


def test_diff_tells_a_rule_that_only_one_file_has():
    entries = {each["key"]: each for each in json.loads(call("protocol", "diff", SHIPPED, SECOND, "--json")[1])}
    assert entries["rules.KD-07"]["before"] == "enabled true, severity major, limit 1, comparator <=, unit mg/kg, source seed"
    assert entries["rules.KD-07"]["after"] is None


# ---------------------------------------------------------------- the documentation


def test_every_check_is_documented_with_its_level():
    rows = dict(re.findall(r"^\| (PL-\d\d) \| ([EW]) \|", DOCS.read_text("utf-8"), re.MULTILINE))
    assert rows == {check: level[0].upper() for check, (level, _) in CHECKS.items()}


def test_a_problem_says_what_and_where():
    problem = Problem("PL-23", "session.gap_min", "is too long", line=7)
    assert problem.sentence("mine.toml") == "mine.toml, line 7: session.gap_min: is too long (PL-23)"
