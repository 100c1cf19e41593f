"""De-identification: identifiers of every kind are planted in every text of an extract, and none is found in anything handed out."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from infusion_audit import outputs, page_tables
from infusion_audit import run as job
from infusion_audit.deidentify import _AS_THEY_ARE, Pseudonyms
from infusion_audit.engine import resource
from infusion_audit.protocol import load_protocol
from infusion_audit.summary import Summary

from .conftest import KEY, call

# what stands for each of the 18 identifier types of 45 CFR 164.514(b)(2); the words are unlike anything of the product's own
PLANTED = {
    "name": "Zebulon Quartermain",
    "geography": "17 Larkspur Crescent, Pellworth 90417",
    "date": "1931-02-03",
    "telephone": "555-0142",
    "fax": "555-0199",
    "email": "zquartermain@mailhost.example",
    "ssn": "078-05-1120",
    "record": "MRN-48392077",
    "plan": "HICN-9921-A",
    "account": "ACCT-775501",
    "licence": "LIC-3398812",
    "vehicle": "VIN1FTFW1ET5DFC",
    "device": "PUMPSN-00417-X",
    "url": "https://portal.example/zq",
    "ip": "203.0.113.77",
    "biometric": "FINGERPRINT-77AA",
    "photograph": "photo-zq.jpg",
    "other": "TRIALSUBJ-0042",
}
P, Q = f"{PLANTED['record']} {PLANTED['name']}", f"{PLANTED['ssn']} {PLANTED['plan']}"  # two patients
# a score that cannot be read stands in the wording of the contraindications, inside; a value that is no number is kept out
UNREADABLE = f"said {PLANTED['name']}"
READ_ALOUD = ("systolic_bp", "diastolic_bp", "hcg", "child_pugh", "alt", "ast", "bilirubin", "icp", "iop")
TABLES = {
    "patient": f"patient_id,birth_date,sex\n{P},{PLANTED['date']},female\n{Q},1980-05-06,male\n",
    "encounter": (
        "encounter_id,patient_id,site_id,department,started_at,ended_at\n"
        f'{PLANTED["account"]},{P},"{PLANTED["geography"]}",Ward {PLANTED["name"]},2026-03-17T06:00:00Z,2026-03-18T06:00:00Z\n'
    ),
    "medication_order": (
        "order_id,patient_id,encounter_id,prescriber_id,context,dosing_weight,dosing_weight_unit,ordered_at\n"
        f"{PLANTED['other']},{P},{PLANTED['account']},Dr {PLANTED['licence']},chronic,70,kg,2026-03-17T07:00:00Z\n"
        f"{PLANTED['other']}2,{P},,Dr {PLANTED['licence']},chronic,70,kg,2026-03-27T07:00:00Z\n"
        f"{PLANTED['other']}3,{Q},,{PLANTED['email']},chronic,70,kg,2026-03-17T07:00:00Z\n"
    ),
    "administration": (
        "administration_id,patient_id,encounter_id,order_id,line_id,product,event,started_at,dose,dose_unit,performer_id,status,"
        f"comment for {PLANTED['name']}\n"
        f"{PLANTED['photograph']},{P},{PLANTED['account']},{PLANTED['other']},{PLANTED['device']},,bolus,2026-03-17T10:03:00Z,90,mg,"
        f"{PLANTED['ip']},,see {PLANTED['url']}\n"
        f"{PLANTED['biometric']},{P},,{PLANTED['other']}2,,,bolus,2026-03-27T11:03:00Z,90,mg,,,\n"
        f"{PLANTED['vehicle']},{Q},,{PLANTED['other']}3,,,bolus,2026-03-17T10:03:00Z,30,{PLANTED['telephone']},,,\n"
        f"X1,{P},,,,{PLANTED['email']},bolus,2026-03-17T10:03:00Z,30,mg,,,\n"
        f"X2,{P},,,,,bolus,on {PLANTED['date']},30,mg,,,\n"
        f"X3,{P},,,,,bolus,2026-03-17T10:03:00Z,{PLANTED['fax']} x,mg,,{PLANTED['url']},\n"
    ),
    "observation": (
        "patient_id,kind,value,unit,effective_at\n"
        f"{P},pain_nrs,8,,2026-03-17T09:00:00Z\n{P},{PLANTED['email']},8,,2026-03-17T09:00:00Z\n"
        f"{P},rass,call {PLANTED['telephone']},,2026-03-17T10:10:00Z\n"
        + "".join(f"{P},{kind},{UNREADABLE} {kind},mmHg,2026-03-17T09:50:00Z\n" for kind in READ_ALOUD)
        + f"{P},weight,{UNREADABLE},kg {PLANTED['name']},2026-03-17T09:50:00Z\n"
    ),
    "condition": (
        "patient_id,encounter_id,code,code_system,category,onset_at,present_on_admission\n"
        f"{P},{PLANTED['account']},F20.0,icd10cm,encounter,{PLANTED['date']},Y\n{P},,{PLANTED['other']},other,problem_list,,\n"
    ),
    "screening": f"patient_id,item,answer,answered_at,role\n{P},pregnancy,no,2026-03-17T09:00:00Z,{PLANTED['name']}\n",
    "medication": f"patient_id,drug,drug_class,started_at,days_supply\n{P},given by {PLANTED['name']},nsaid,2026-01-05,30\n",
    "stock": (
        "patient_id,container_id,action,amount,unit,occurred_at,user_id,witness_id\n"
        f"{P},{PLANTED['device']},dispense,100,mg,2026-03-17T09:30:00Z,{PLANTED['licence']},{PLANTED['ip']}\n"
    ),
    "intervention": f"patient_id,kind,performed_at\n{P},{PLANTED['biometric']},2026-03-17T10:30:00Z\n",
    "procedure": f"patient_id,kind,ended_at\n{P},other,2026-01-02T10:00:00Z\n",
}


@dataclass
class Secret:
    """The audited extract, and a copy of it that is to hold no identifier."""

    workspace: Path
    run_id: str
    copy: Path
    printed: str

    def rows(self, folder: Path) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((folder / "findings.csv").read_text("utf-8"), newline="")))


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Secret:
    home = tmp_path_factory.mktemp("secret")
    data = home / "data"
    data.mkdir()
    for table, text in TABLES.items():
        folder = data / table  # parts whose names tell a patient
        folder.mkdir()
        (folder / f"{PLANTED['name']} {PLANTED['telephone']}.csv").write_text(text, "utf-8")
    (data / "manifest.toml").write_text(
        f'site = "{PLANTED["geography"]}"\nsource_system = "{PLANTED["ip"]}"\ntimezone = "America/Chicago"\n'
        'extracted_at = "2026-04-01T00:00:00Z"\n',
        "utf-8",
    )
    protocol = home / "protocol.toml"
    text = load_protocol("ketamine-chronic-pain").text.replace('approved_by = ""', f'approved_by = "{PLANTED["name"]}"')
    assert PLANTED["name"] in text
    protocol.write_text(text.replace('version = "1.0"', 'version = "1.0.1"'), "utf-8")
    run = job.audit([data], home / "audit", period="2026-03", protocol=str(protocol), gate=False)
    folder = home / "audit" / "runs" / run["run_id"]
    with (folder / "findings.csv").open(encoding="utf-8", newline="") as opened:
        found = list(csv.DictReader(opened))
    reviewed = home / "reviewed.csv"
    words = f"{PLANTED['name']} says {PLANTED['telephone']}"
    lines = [f"{row['finding_key']},data_error,{words},Rev {PLANTED['name']},{words},{PLANTED['email']},2026-03-20" for row in found]
    reviewed.write_text("\n".join(["finding_key,disposition,reason,reviewer,action,owner,action_due", *lines]) + "\n", "utf-8")
    assert call("review", "import", reviewed, "--workspace", home / "audit").exit_code == 0
    options = ("--workspace", home / "audit", "--deidentify", "--to", "xlsx", "--to", "fhir")
    key = home / "key"
    key.write_text(KEY + "\n", "utf-8")
    result = call("publish", home / "reports", *options, "--key-file", key, "--notify", f"tee {home / 'reports' / 'told.json'}")
    assert result.exit_code == 0, result.stderr
    return Secret(home / "audit", run["run_id"], home / "reports", result.stdout + result.stderr)


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """All that is written in a tree: names, and contents with archives and tables laid open."""
    for path in sorted(folder.rglob("*")):
        yield "name", str(path.relative_to(folder))
        if path.is_symlink():
            yield "link", str(path.readlink())
        elif path.suffix == ".parquet":
            with duckdb.connect() as connection:
                yield path.name, str(connection.execute(f"select * from read_parquet('{path}')").fetchall())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace")
        elif path.is_file():
            yield path.name, path.read_bytes().decode("utf-8", "replace")


def pieces() -> set[str]:
    """The planted texts, and what is telling of them by itself."""
    words = {word for text in PLANTED.values() for word in re.split(r"[ ,]+", text) if len(word) > 4}
    return {*PLANTED.values(), *words, "Chicago", "1980-05-06", KEY}


def test_the_identifiers_do_stand_in_the_report_that_stays_inside(secret: Secret) -> None:
    """Else the next test would prove nothing."""
    inside = "\n".join(text for _, text in texts(secret.workspace / "runs" / secret.run_id))
    for kind in ("name", "geography", "telephone", "ssn", "record", "email", "account", "photograph", "other"):
        assert PLANTED[kind] in inside, kind


def test_a_value_that_cannot_be_read_stands_as_it_was_typed_in_the_report_that_stays_inside(secret: Secret) -> None:
    """A reviewer needs it to find the row. A test after this one finds the name nowhere in the copy."""
    folder = secret.workspace / "runs" / secret.run_id
    kept_out = (folder / "quarantine.csv").read_text("utf-8")
    assert [kind for kind in READ_ALOUD if f"{UNREADABLE} {kind}" not in kept_out] == ["child_pugh"]
    pages = "\n".join(file.read_text("utf-8") for file in folder.glob("*.html"))
    assert f"Child-Pugh {UNREADABLE} child_pugh".casefold() in pages.casefold()


def test_a_run_says_nothing_of_a_value_that_cannot_be_read(secret: Secret, tmp_path: Path) -> None:
    """Neither what it prints nor run.json nor summary.json, which schedulers and logs keep."""
    printed = ""
    for options in ((), ("--quiet",), ("--json",)):
        result = call("run", secret.workspace.parent / "data", "--workspace", tmp_path / "audit", "--no-gate", *options)
        assert result.exit_code == 0, result.stderr
        printed += result.stdout + result.stderr
    written = [file.read_text("utf-8") for name in ("run.json", "summary.json") for file in (tmp_path / "audit").glob(f"runs/*/{name}")]
    assert len(written) == 6
    assert UNREADABLE.casefold() not in (printed + "".join(written)).casefold()


def test_no_planted_identifier_is_anywhere_in_the_copy(secret: Secret) -> None:
    found = [(piece, place) for place, text in texts(secret.copy) for piece in pieces() if piece.casefold() in text.casefold()]
    assert found == []
    assert [piece for piece in pieces() if piece.casefold() in secret.printed.casefold()] == []


def test_the_copy_has_every_page_that_names_no_month_and_quotes_no_record(secret: Secret) -> None:
    (copied,) = (secret.copy / "runs").iterdir()
    inside = secret.workspace / "runs" / secret.run_id
    pages = {page.name for page in inside.glob("*.html") if not page.name.startswith("case-")}
    assert {page.name for page in copied.glob("*.html")} == pages - {"trends.html", "changes.html"}
    for page in ("doses", "pharmacy", "monitoring", "contraindications"):
        told = (copied / f"{page}.html").read_text("utf-8")
        assert "earlier release" not in told
        assert "None" not in told
        assert told.count("<tr") == (inside / f"{page}.html").read_text("utf-8").count("<tr")
    with (inside / "outliers.csv").open(encoding="utf-8") as here, (copied / "outliers.csv").open(encoding="utf-8") as there:
        own, given = list(csv.DictReader(here)), list(csv.DictReader(there))
    assert own
    assert [row["kind"] for row in given] == [row["kind"] for row in own]
    assert not any(row["evidence"] for row in given)


def test_no_id_of_the_report_that_stays_inside_is_in_the_copy(secret: Secret) -> None:
    """Session and finding keys are plain hashes of what identifies: whoever can guess a patient could try them."""
    inside = secret.rows(secret.workspace / "runs" / secret.run_id)
    keys = {row[name] for row in inside for name in ("finding_key", "session_id", "run_id")}
    assert keys
    outside = "\n".join(text for _, text in texts(secret.copy)) + secret.printed
    assert [key for key in keys if key in outside] == []


def test_no_date_of_the_records_or_of_the_run_is_finer_than_a_year(secret: Secret) -> None:
    """What is left of this century are the day on which the protocol came into force, and the workbook's fixed date and its example."""
    allowed = {"2020-01-01", "2000-01-01", "2000-01", "2026-11-30"}
    for place, text in texts(secret.copy):
        found = set(re.findall(r"\b(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?\b", text)) - allowed
        assert found == set(), place
    run = json.loads(next(secret.copy.glob("latest/run.json")).read_text("utf-8"))
    assert run["period"] == "2026"
    assert re.fullmatch(r"\d{4}", run["started_at"])


def test_nothing_is_counted_by_a_month_that_never_was(secret: Secret) -> None:
    for page in (secret.copy / "latest").glob("*.html"):
        text = re.sub(r"<td[^>]*data-label=\"Session\".*?</td>", "", page.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"<span class=\"when\">.*?</span>", "", text)
        assert re.findall(r"\b2[12]\d\d-[01]\d\b(?!-\d)", text) == [], page.name


def test_intervals_between_the_sessions_of_a_patient_hold_and_patients_move_apart(secret: Secret) -> None:
    sql = """
        select patient_id, list(distinct session_started_at order by session_started_at) as times
        from read_parquet('{}') group by patient_id order by len(times)
    """
    with duckdb.connect() as connection:
        inside = connection.execute(sql.format(secret.workspace / "runs" / secret.run_id / "verdicts.parquet")).fetchall()
        outside = connection.execute(sql.format(secret.copy / "latest" / "verdicts.parquet")).fetchall()
    assert [len(times) for _, times in inside] == [len(times) for _, times in outside] == [1, 2]
    shifts = []
    for (_, before), (_, after) in zip(inside, outside, strict=True):
        moved = {then - now for now, then in zip(before, after, strict=True)}
        assert len(moved) == 1
        (shift,) = moved
        assert shift.seconds == 0
        assert shift.days % 7 == 0
        assert 100 * 365 < shift.days < 201 * 366
        shifts.append(shift)
    assert shifts[0] != shifts[1]


def test_every_verdict_and_number_is_that_of_the_report_inside(secret: Secret) -> None:
    sql = "select rule_id, verdict, grade, observed, observed_low, observed_high, reason from read_parquet('{}') order by all"
    with duckdb.connect() as connection:
        inside = connection.execute(sql.format(secret.workspace / "runs" / secret.run_id / "verdicts.parquet")).fetchall()
        assert connection.execute(sql.format(secret.copy / "latest" / "verdicts.parquet")).fetchall() == inside
    told = Summary.model_validate_json((secret.copy / "latest" / "summary.json").read_text("utf-8"))
    run = json.loads((secret.workspace / "runs" / secret.run_id / "run.json").read_text("utf-8"))
    assert told.deidentified
    assert told.site is None
    assert {rule.rule_id: rule.violation for rule in told.rules} == {rule: of["violation"] for rule, of in run["verdicts"].items()}
    assert told.protocol.approved


def test_ages_over_89_are_90(secret: Secret) -> None:
    from infusion_audit.edition import edition
    from infusion_audit.workspace import Workspace

    home = Workspace(secret.workspace)
    with edition(home, home.find_run(), KEY.encode()) as found:
        ages = found.connection.execute("select distinct age_years, birth_date from session order by 1").fetchall()
    assert ages == [(45, None), (90, None)]


def test_the_same_key_gives_the_same_pseudonyms_and_another_gives_others() -> None:
    one, same, other = (Pseudonyms(key.encode()) for key in (KEY, KEY, KEY + "."))
    assert one.of("patient", "P1") == same.of("patient", "P1") != other.of("patient", "P1")
    assert len({one.of("patient", "P1"), one.of("patient", "P2"), one.of("session", "P1")}) == 3
    assert len({one.shift_d(f"P{number}") for number in range(200)}) > 150


def test_a_copy_by_report_is_the_same_as_the_published_one(secret: Secret, tmp_path: Path) -> None:
    result = call("report", "--workspace", secret.workspace, "--deidentify", "--output", tmp_path / "copy", env={"INFUSION_AUDIT_KEY": KEY})
    assert result.exit_code == 0, result.stderr
    for file in (tmp_path / "copy").iterdir():
        assert file.read_bytes() == (secret.copy / "latest" / file.name).read_bytes(), file.name


def test_a_copy_needs_a_place_and_a_key_only_for_what_it_is_for(workspace: Path, tmp_path: Path) -> None:
    assert "--output DIR" in call("report", "--workspace", workspace, "--deidentify").stderr
    (tmp_path / "key").write_text("x" * 40, "utf-8")
    assert "only for --deidentify" in call("report", "--workspace", workspace, "--key-file", tmp_path / "key").stderr
    assert call("report", "--workspace", workspace, "--output", workspace).exit_code == 2  # never over something that exists


def test_every_stored_table_has_a_query_that_says_what_may_pass() -> None:
    queries = {file.stem for file in (resource("sql") / "deidentify").glob("*.sql")}
    stored = {
        *outputs._STORED,
        outputs._SIDE_BY_SIDE,
        "verdict",
        "review",
        "review_past",
        "review_day",
        "reaudit",
        *page_tables.all_names(),
    }
    assert queries | set(_AS_THEY_ARE) == stored
    assert not queries & set(_AS_THEY_ARE)


@pytest.mark.parametrize("table", ["rule", "setting", "sensitivity", "benchmark", "side_by_side", "pain_outcome", "review_day"])
def test_what_passes_as_it_is_has_no_column_that_could_identify(secret: Secret, table: str) -> None:
    file = secret.workspace / "runs" / secret.run_id / "data" / f"{table}.parquet"
    if file.exists():
        with duckdb.connect() as connection:
            columns = {row[0] for row in connection.execute(f"describe select * from read_parquet('{file}')").fetchall()}
        assert not [name for name in columns if re.search(r"patient|session_id|encounter|_at$|_local$|file|raw|^line$|person|birth", name)]
