"""Protocol files: what is read exactly, what is refused, and that a refusal says where and what to do."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from infusion_audit.engine import connect, resource
from infusion_audit.errors import UserError
from infusion_audit.protocol import install, load_protocol, not_judged, shipped_protocols
from infusion_audit.rulebook import Rulebook

SHIPPED = "ketamine-chronic-pain"


@pytest.fixture
def edited(tmp_path: Path):
    """Writes the shipped protocol with pieces replaced, and gives the file name."""

    def write(*changes: tuple[str, str]) -> str:
        text = load_protocol(SHIPPED).text
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def problems(file: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_protocol(file)
    assert caught.value.exit_code == 2
    return caught.value.message.splitlines()


# ---------------------------------------------------------------- what is read


def test_the_limits_are_exactly_those_of_the_source_text():
    rules = load_protocol(SHIPPED).rules
    limits = {
        rule_id: (rule.low, rule.high, rule.comparator, rule.unit)
        for rule_id, rule in rules.items()
        if rule_id <= "KD-07" and rule_id >= "KD"
    }
    assert limits == {
        "KD-01": (None, Decimal("0.35"), "lt", "mg/kg"),
        "KD-02": (None, Decimal("1"), "le", "mg/kg/h"),
        "KD-03": (Decimal("0.5"), None, "ge", "mg/kg/h"),
        "KD-04": (None, Decimal("0.12"), "le", "mg/kg/h"),
        "KD-05": (Decimal("0.06"), None, "ge", "mg/kg/h"),
        "KD-06": (Decimal("1"), Decimal("5"), "between", "mg"),
        "KD-07": (None, Decimal("1"), "le", "mg/kg"),
    }


def test_a_number_from_the_source_text_stands_in_its_quote():
    for rule_id, rule in load_protocol(SHIPPED).rules.items():
        if rule.source == "seed":
            numbers = re.findall(r"\d+(?:\.\d+)?", rule.quote or "")
            assert {str(limit) for limit in (rule.limit, rule.limit_low) if limit is not None} <= set(numbers), rule_id


def test_what_the_source_text_does_not_say_is_marked_as_site_policy():
    protocol = load_protocol(SHIPPED)
    assert protocol.monitoring.source == protocol.scope.source == protocol.weight.source == "site_policy"
    assert protocol.rules["KD-08"].source == "site_policy"
    assert not any(rule.enabled for rule in protocol.rules.values() if rule.source == "site_policy")


def test_a_protocol_says_what_it_is_and_that_nobody_approved_it():
    manifest = load_protocol(SHIPPED).manifest()
    assert manifest["id"] == SHIPPED
    assert manifest["standing"] == "secondary summary, unreviewed at source; not a guideline"
    assert manifest["approved_by"] == ""
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["source_text_sha256"])


def test_the_hash_is_that_of_the_bytes(tmp_path: Path):
    original = load_protocol(SHIPPED)
    copy = tmp_path / "copy.toml"
    copy.write_bytes(original.text.encode())
    assert load_protocol(str(copy)).sha256 == original.sha256
    copy.write_bytes(original.text.encode() + b"\n")
    assert load_protocol(str(copy)).sha256 != original.sha256


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path):
    copy = tmp_path / "copy.toml"
    copy.write_bytes(b"\xef\xbb\xbf" + load_protocol(SHIPPED).text.encode())
    assert load_protocol(str(copy)).id == SHIPPED


@pytest.mark.parametrize(("symbol", "code"), [("<", "lt"), ("<=", "le"), ("≤", "le"), ("lt", "lt"), ("le", "le")])
def test_a_comparator_may_be_a_symbol_or_a_code(edited, symbol: str, code: str):
    assert load_protocol(edited(('comparator = "<"', f'comparator = "{symbol}"'))).rules["KD-01"].comparator == code


@pytest.mark.parametrize("written", ["0.3", '"0.3"', "3e-1", "0.300000"])
def test_a_decimal_is_exact_however_it_is_written(edited, written: str):
    assert load_protocol(edited(("limit = 0.35", f"limit = {written}"))).rules["KD-01"].limit == Decimal("0.3")


def test_the_statement_shows_the_limit_of_the_file(edited):
    assert load_protocol(edited(("limit = 0.35", "limit = 0.2"))).rules["KD-01"].sentence == "bolus < 0.2 mg/kg"


def test_a_site_may_name_another_product(edited):
    assert load_protocol(edited(('product = "ketamine"', 'product = "Propofol "'))).scope.product == "propofol"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", '"0,35"', "true", '"much"', "0.1234567", "1e13", "[1]"])
def test_a_limit_that_is_no_exact_number_is_refused(edited, number: str):
    (problem,) = problems(edited(("limit = 0.35", f"limit = {number}")))
    assert "rules.KD-01.limit" in problem


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_key(edited):
    (problem,) = problems(edited(("grace_min = 5", "grace_mins = 5")))
    line = (
        load_protocol(SHIPPED)
        .text.splitlines()
        .index(next(x for x in load_protocol(SHIPPED).text.splitlines() if x.startswith("grace_min")))
        + 1
    )
    assert problem.endswith(f'mine.toml, line {line}: monitoring.grace_mins: unknown key; did you mean "grace_min"? (PL-01)')


def test_of_a_flood_of_problems_the_first_are_named_and_the_others_counted(edited, tmp_path: Path):
    flood = "\n".join(f"k{number} = 1" for number in range(20_000))
    *named, last = problems(edited(("grace_min = 5", f"grace_min = 5\n{flood}")))
    assert len(named) == 100
    assert "has 19900 more problems" in last
    giant = tmp_path / "giant.toml"
    giant.write_text(load_protocol(SHIPPED).text + "#" * 2**20)
    with pytest.raises(UserError, match="is larger than 1 MB, which no protocol is"):
        load_protocol(str(giant))


def test_all_problems_are_named_at_once(edited):
    found = problems(
        edited(
            ('severity = "major"', 'severity = "mayor"'),
            ("gap_min = 240", "gap_min = 0"),
            ("enabled = true", 'enabled = "true"'),
            ("[rules.KD-03]", "[rules.KD-33]"),
            ('basis = "dosing"', 'basis = "lean"'),
        )
    )
    assert [re.search(r": ([\w.-]+): ", problem)[1] for problem in found] == [
        "session.gap_min",
        "weight.basis",
        "rules.KD-01.enabled",
        "rules.KD-01.severity",
        "rules.KD-33",
    ]
    assert 'did you mean "major"?' in found[3]
    assert 'did you mean "KD-03"?' in found[4]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('unit = "mg/kg"', 'unit = "mg"', "rules.KD-01.unit"),  # the rule computes mg/kg: a limit in mg would judge nonsense
        ('comparator = "<" ', 'comparator = ">" ', "rules.KD-01.comparator"),
        ("limit = 0.35", "", "rules.KD-01"),
        ("limit_low = 1", "limit_low = 6", "rules.KD-06"),
        ("limit_low = 1", "", "rules.KD-06"),
        ("seed_line = 5", "", "rules.KD-01"),
        ("max_kg = 300", "max_kg = 20", "weight"),
        ("phases = []", "phases = [{until_min = 60, interval_min = 15}, {until_min = 30, interval_min = 30}]", "monitoring"),
        ("phases = []", "phases = [{until_min = 60, every_min = 15}]", "monitoring.phases.0"),
        ('respiratory = "any"', 'respiratory = ["spo3"]', "monitoring.respiratory"),
        ('respiratory = "any"', "respiratory = []", "monitoring.respiratory"),
        ('version = "1.0"', "version = 1.0", "protocol.version"),
        ("effective_from = 2020-01-01", "effective_from = 2020-01-01\neffective_to = 2019-12-31", "protocol"),
        ('product = "ketamine"', 'product = ""', "scope.product"),
        ('product = "ketamine"', "", "scope.product"),
        ("gap_min = 240", "", "session.gap_min"),
        ('basis = "dosing"', "", "weight.basis"),
        ("count_pca = true", "", "total.count_pca"),
        ('id = "ketamine-chronic-pain"', "", "protocol.id"),
    ],
)
def test_a_mistake_is_named_by_its_key(edited, old: str, new: str, key: str):
    assert any(f": {key}" in problem for problem in problems(edited((old, new))))


def test_a_protocol_without_an_enabled_rule_is_refused(tmp_path: Path):
    file = tmp_path / "idle.toml"
    file.write_text(load_protocol(SHIPPED).text.replace("enabled = true", "enabled = false"), encoding="utf-8")
    assert "no rule is enabled" in problems(str(file))[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[protocol\n", "not valid TOML"),
        (b"a = 1\na = 2\n", "not valid TOML"),
        (b"\xff\xfe[\x00p\x00", "not UTF-8"),
        (b"", "the table [protocol] is missing"),
        (b"rules = 3\n", "must be a table: [rules]"),
        (b"[rules]\nKD-01 = 3\n", "must be a table: [rules.KD-01]"),
        (b"x = " + b"[" * 5000, "not valid TOML"),
    ],
)
def test_a_file_that_is_no_protocol_is_refused(tmp_path: Path, content: bytes, says: str):
    file = tmp_path / "odd.toml"
    file.write_bytes(content)
    assert any(says in problem and "odd.toml" in problem for problem in problems(str(file)))


@pytest.mark.parametrize(
    ("name", "says"),
    [("ketamine-chronic-pian", f'did you mean "{SHIPPED}"?'), ("nothing.toml", "does not exist"), ("no/such/file", "does not exist")],
)
def test_an_unknown_protocol_is_named(name: str, says: str):
    assert says in problems(name)[0]


# ---------------------------------------------------------------- into the engine


def test_every_shipped_rule_has_an_entry_in_a_shipped_protocol():
    entries = {rule_id for protocol in shipped_protocols() for rule_id in load_protocol(protocol).rules}
    assert {rule.rule_id for rule in Rulebook.load()} <= entries


def test_the_rule_table_holds_the_enabled_rules_that_this_release_judges():
    protocol, book = load_protocol(SHIPPED), Rulebook.load()
    with connect() as connection:
        install(connection, protocol, book)
        rows = connection.execute("select rule_id, limit_low, limit_high, comparator from rule order by rule_id").fetchall()
    assert rows == [
        (rule.rule_id, entry.low, entry.high, entry.comparator)
        for rule in sorted(book, key=lambda rule: rule.rule_id)
        if (entry := protocol.rules[rule.rule_id]).enabled
    ]


def test_a_rule_that_is_asked_for_and_cannot_be_judged_is_said_so():
    protocol, book = load_protocol(SHIPPED), Rulebook({})
    assert [each["rule_id"] for each in not_judged(protocol, book)] == sorted(
        rule_id for rule_id, rule in protocol.rules.items() if rule.enabled
    )


def test_the_setting_table_is_one_row_of_exact_values(edited):
    file = edited(
        ("phases = []", "phases = [{until_min = 60, interval_min = 15},\n  {until_min = 180, interval_min = 30}]"),
        ('respiratory = "any"', 'respiratory = ["spo2"]'),
        ("interval_min = 15\n", "interval_min = 12.5\n"),
    )
    with connect() as connection:
        install(connection, load_protocol(file), Rulebook({}))
        (row,) = connection.execute(
            "select phases, respiratory_any, respiratory_kinds, interval_min, product, count_pca from setting"
        ).fetchall()
    phases = [{"until_min": 60, "interval_min": 15}, {"until_min": 180, "interval_min": 30}]
    assert row == (phases, False, ["spo2"], Decimal("12.5"), "ketamine", True)


def test_any_respiratory_assessment_is_spelled_out_for_the_rules():
    with connect() as connection:
        install(connection, load_protocol(SHIPPED), Rulebook({}))
        (row,) = connection.execute("select respiratory_any, respiratory_kinds, phases from setting").fetchall()
    assert row == (True, ["respiratory_rate", "spo2", "etco2"], [])


def test_shipped_files_are_called_after_their_id():
    for protocol_id, file in shipped_protocols().items():
        assert load_protocol(protocol_id).id == protocol_id
        assert file.parent == resource("protocols")
