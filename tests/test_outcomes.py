"""Strata and outcomes from the record to the page: exact responders, windows, completeness, and sums that add up."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit.protocol import load_protocol
from infusion_audit.run import audit, render_again
from tests.reports.inspection import Page
from tests.reports.test_statistics import needs_vectors, vectors

START = datetime(2026, 6, 15, 10, tzinfo=UTC)
END = timedelta(hours=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COLUMNS = {
    "patient": "patient_id birth_date sex",
    "encounter": "encounter_id patient_id site_id department started_at ended_at",
    "medication_order": "order_id patient_id encounter_id context indication dosing_weight dosing_weight_unit",
    "administration": "administration_id patient_id encounter_id order_id line_id event route started_at stopped_at "
    "rate rate_unit dose dose_unit",
    "observation": "patient_id encounter_id kind value unit effective_at",
    "condition": "patient_id encounter_id code code_system category onset_at present_on_admission",
    "medication": "patient_id drug_class started_at ended_at days_supply outcome mme_per_day origin",
}
CHANGES = ("lowest", "last_score", "change_lowest", "change_last", "change_mean")
Score = tuple[timedelta, str]


class Clinic:
    """An extract written session by session."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, str]]] = {table: [] for table in COLUMNS}
        self.count = 0

    def patient(self, name: str, born: str = "1980-01-01") -> None:
        self.rows["patient"].append({"patient_id": name, "birth_date": born, "sex": "male"})

    def session(
        self,
        name: str,
        *scores: Score,
        at: datetime = START,
        mg: str = "42",
        hours: int | None = 1,
        indication: str = "crps",
        context: str = "chronic",
    ) -> None:
        """One infusion of ``mg`` an hour in a patient of 70 kg, with pain scores at times after the start."""
        self.count += 1
        if not any(row["patient_id"] == name for row in self.rows["patient"]):
            self.patient(name)
        key = {"patient_id": name, "encounter_id": f"{name}-{self.count}"}
        self.add("encounter", **key, site_id="S", department="D", started_at=stamp(at - HOUR))
        weight = {"dosing_weight": "70", "dosing_weight_unit": "kg"}
        self.add("medication_order", **key, order_id=f"O{self.count}", context=context, indication=indication, **weight)
        stop = stamp(at + hours * HOUR) if hours else ""
        given = {"administration_id": f"A{self.count}", "order_id": f"O{self.count}", "line_id": f"L{self.count}", "event": "infusion"}
        self.add("administration", **key, **given, started_at=stamp(at), stopped_at=stop, rate=mg, rate_unit="mg/h")
        for after, value in scores:
            self.add("observation", patient_id=name, kind="pain_nrs", value=value, effective_at=stamp(at + after))

    def add(self, table: str, **cells: str) -> None:
        self.rows[table].append(cells)

    def write(self, folder: Path, extracted: str = "2027-06-01T00:00:00Z", coverage: str = "") -> Path:
        folder.mkdir(parents=True)
        for table, rows in self.rows.items():
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS[table].split(), restval="")
                writer.writeheader()
                writer.writerows(rows)
        (folder / "manifest.toml").write_text(f'site = "x"\ntimezone = "UTC"\nextracted_at = "{extracted}"\n{coverage}', "utf-8")
        return folder


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def before(value: str) -> Score:
    return (-HOUR, value)


def after(days: float, value: str) -> Score:
    return (END + days * DAY, value)


def worked_clinic() -> Clinic:
    """The responders, changes and windows of the specification, one patient each, and what surrounds them."""
    clinic = Clinic()
    for name, first, later in (("R01", "7", "4.9"), ("R02", "10", "7"), ("R03", "7", "5"), ("R04", "0", "0"), ("R06", "8", "4")):
        clinic.session(name, before(first), after(5, later))
    clinic.session("R05", before("7"), after(1, "2"), after(15, "2"))
    clinic.session("R07", before("8"), after(1, "3"), after(3, "6"), after(10, "5"))
    clinic.session("R08", before("6"), after(3, "7"), after(10, "4"))
    clinic.session("edge-in", before("8"), after(2, "3"), after(14, "2"))
    clinic.session("edge-out", before("8"), (END + 2 * DAY - timedelta(seconds=1), "1"), (END + 14 * DAY + timedelta(seconds=1), "1"))
    clinic.session("old-baseline", (-DAY - timedelta(seconds=1), "9"), after(5, "1"))
    clinic.session("odd-scores", before("8"), after(4, "11"), after(5, "4.25"), after(6, "5"))
    clinic.session("open-end", before("8"), after(5, "1"), hours=None)
    clinic.session("acute", before("8"), after(5, "1"), context="postsurgical", indication="postsurgical_pain")
    for number, later in enumerate(("2", "3", "8")):
        clinic.session("A", before("8"), after(5, later), at=START + number * 30 * DAY, indication="fibromyalgia")
    clinic.session("B", before("8"), after(5, "8"), indication="fibromyalgia")
    clinic.session("daily", before("8"), at=START, indication="central_pain")
    clinic.session("daily", before("8"), after(5, "1"), at=START + DAY, indication="central_pain")
    return clinic


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worked")
    run = audit([worked_clinic().write(folder / "data")], folder / "audit", gate=False)
    return folder / "audit" / "runs" / run["run_id"]


def facts(run: Path, table: str = "pain_outcome", where: str = "window_code = 'weeks'") -> dict[str, dict[str, Any]]:
    """The stored facts by patient; the last session of a patient wins."""
    data = run / "data"
    query = f"""
        select s.patient_id, o.* from read_parquet('{data / table}.parquet') as o
        join read_parquet('{data}/session.parquet') as s using (session_no) where {where} order by s.started_at
    """
    relation = duckdb.sql(query)
    return {row[0]: dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()}


def responder(fact: dict[str, Any], level: int) -> str:
    if fact["status"] != "measured":
        return "missing"
    answer = fact[f"responder_{level}"]
    return "not applicable" if answer is None else "responder" if answer else "non-responder"


def test_a_responder_is_decided_by_exact_decimals(worked: Path):
    found = facts(worked)
    assert [responder(found[name], 30) for name in ("R01", "R02", "R03", "R04", "R05")] == [
        *("responder", "responder", "non-responder", "not applicable", "missing")
    ]
    assert responder(found["R06"], 50) == "responder"


@needs_vectors
def test_responders_and_changes_equal_the_vectors_of_the_specification(worked: Path):
    found = facts(worked)
    rows = vectors("responder_30", "responder_50")
    assert len(rows) == 6
    for row in rows:
        assert responder(found[row["id"]], int(row["function"][-2:])) == row["expected"], row["id"]
    shown = {name: {key: f"{float(found[name][key]):g}" for key in CHANGES} for name in ("R07", "R08")}
    expected = {row["id"]: row["expected"] for row in vectors("change")}
    first, second = shown["R07"], shown["R08"]
    assert expected["R07"] == (
        f"lowest >=48 h: {first['lowest']}, change {first['change_lowest']}; last: {first['last_score']}, change {first['change_last']}; "
        f"mean: 5.5, change {first['change_mean']}"
    )
    assert expected["R08"] == (
        f"lowest: {second['lowest']} ({second['change_lowest']}); last: {second['last_score']} ({second['change_last']}); "
        f"mean 5.5 ({second['change_mean']})"
    )


def test_the_windows_hold_their_edges_and_nothing_beyond(worked: Path):
    found = facts(worked)
    assert (found["edge-in"]["lowest"], found["edge-in"]["score_count"]) == (2, 2)
    assert found["edge-out"]["status"] == "no_score"
    assert found["old-baseline"]["status"] == "no_baseline"


def test_a_score_of_another_scale_is_no_score(worked: Path):
    assert (facts(worked)["odd-scores"]["lowest"], facts(worked)["odd-scores"]["score_count"]) == (5, 1)


def test_a_row_that_was_kept_out_may_have_been_the_lowest_score(tmp_path: Path):
    """Where it may have been one of the window, the change is unknown and the session is missing."""
    clinic = Clinic()
    rows = {"another-kind": ("spo2", after(4, "1")), "another-window": ("pain_nrs", after(20, "1")), "lost": ("pain_nrs", after(4, "1"))}
    for name, (kind, (at, value)) in rows.items():
        clinic.session(name, before("8"), after(5, "4"))
        when = stamp(START + at).replace("T", " at ")
        clinic.add("observation", patient_id=name, kind=kind, value=value, effective_at=when)
    run = audit([clinic.write(tmp_path / "data")], tmp_path / "audit", gate=False)
    found = facts(tmp_path / "audit" / "runs" / run["run_id"])
    assert {name: (fact["status"], fact["is_due"], fact["change_lowest"] is None) for name, fact in found.items()} == {
        "another-kind": ("measured", True, False),
        "another-window": ("measured", True, False),
        "lost": ("score_kept_out", True, True),
    }


def test_an_unknown_end_and_a_postsurgical_session_give_no_figure(worked: Path):
    assert facts(worked)["open-end"]["status"] == "time_unknown"
    assert facts(worked)["acute"]["status"] == "postsurgical"


def test_a_window_ends_at_the_next_session(worked: Path):
    data = duckdb.sql(f"""
        select o.status from read_parquet('{worked}/data/pain_outcome.parquet') as o
        join read_parquet('{worked}/data/session.parquet') as s using (session_no)
        where s.patient_id = 'daily' and o.window_code = 'weeks' order by s.started_at
    """).fetchall()
    assert data == [("closed",), ("measured",)]


def test_one_session_a_patient_stands_behind_every_interval(worked: Path):
    text = Page.read(worked / "selection.html").text
    assert re.search(r"Fibromyalgia .*? 4 2 2 of 2 50\.0", text)  # A's first session responded, its third did not; B did not


def test_a_window_that_is_not_over_is_not_missing(tmp_path: Path):
    clinic = Clinic()
    clinic.session("early", before("8"), after(3, "8"))
    run = audit([clinic.write(tmp_path / "data", extracted="2026-06-20T00:00:00Z")], tmp_path / "audit", gate=False)
    folder = tmp_path / "audit" / "runs" / run["run_id"]
    assert facts(folder)["early"]["status"] == "not_covered"
    assert facts(folder, where="window_code = 'immediate'")["early"]["status"] == "no_score"


def strata_clinic() -> Clinic:
    clinic = Clinic()
    clinic.patient("old", "1961-06-15")
    clinic.patient("young", "1961-06-16")
    clinic.patient("nobody", "")
    for name in ("old", "young", "nobody"):
        clinic.session(name)
    for name, mg in (("d0.5", "35"), ("d0.51", "35.7"), ("d1", "70"), ("d2", "140"), ("d2.01", "140.7")):
        clinic.session(name, mg=mg)
    clinic.session("d-open", hours=None)
    clinic.session("by-code", indication="")
    clinic.add(
        "condition", patient_id="by-code", code="M79.7", code_system="icd10cm", category="problem_list", onset_at="2020-01-01T00:00:00Z"
    )
    clinic.add(
        "condition", patient_id="by-code", code="G90.511", code_system="icd10cm", category="problem_list", onset_at="2020-01-01T00:00:00Z"
    )
    clinic.session("no-code", indication="")
    clinic.add(
        "condition", patient_id="no-code", code="G54.7", code_system="icd10cm", category="problem_list", onset_at="2020-01-01T00:00:00Z"
    )
    clinic.session("order-wins", indication="phantom_limb_pain")
    clinic.add(
        "condition",
        patient_id="order-wins",
        code="G90.511",
        code_system="icd10cm",
        category="problem_list",
        onset_at="2020-01-01T00:00:00Z",
    )
    taken = {"started_at": stamp(START - 20 * DAY), "ended_at": stamp(START + 60 * DAY)}
    clinic.session("opioid")
    clinic.add("medication", patient_id="opioid", drug_class="opioid", mme_per_day="60", **taken)
    clinic.session("both")
    clinic.add("medication", patient_id="both", drug_class="opioid", mme_per_day="60", started_at=taken["started_at"], days_supply="30")
    clinic.add("medication", patient_id="both", drug_class="nsaid", started_at=stamp(START + END + DAY))
    clinic.session("after-a-day")
    clinic.add("medication", patient_id="after-a-day", drug_class="nsaid", started_at=stamp(START + END + DAY + timedelta(seconds=1)))
    clinic.session("perhaps-still")
    clinic.add("medication", patient_id="perhaps-still", drug_class="opioid", started_at=taken["started_at"])
    clinic.session("no-amount")
    clinic.add("medication", patient_id="no-amount", drug_class="opioid", **taken)
    for number in range(7):
        clinic.session("often", at=START + number * 16 * DAY)
    clinic.session("mouth")
    given = {"encounter_id": "mouth-1", "event": "bolus", "started_at": stamp(START + END), "dose": "50", "dose_unit": "mg"}
    clinic.add("administration", administration_id="po", patient_id="mouth", route="po", **given)
    return clinic


@pytest.fixture(scope="module")
def strata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strata")
    run = audit([strata_clinic().write(folder / "data")], folder / "audit", gate=False)
    return folder / "audit" / "runs" / run["run_id"]


@pytest.mark.parametrize(
    ("patient", "stratifier", "stratum"),
    [
        ("old", "elderly", "elderly"),
        ("young", "elderly", "younger"),
        ("nobody", "elderly", "unknown"),
        ("d0.5", "dose_band", "to_0.5"),
        ("d0.51", "dose_band", "0.5_to_1"),
        ("d1", "dose_band", "0.5_to_1"),
        ("d2", "dose_band", "1_to_2"),
        ("d2.01", "dose_band", "over_2"),
        ("d-open", "dose_band", "unknown"),
        ("by-code", "indication", "crps"),
        ("no-code", "indication", "unknown"),
        ("order-wins", "indication", "phantom_limb_pain"),
        ("opioid", "co_analgesia", "opioid_only"),
        ("opioid", "opioid_change", "same"),
        ("both", "co_analgesia", "opioid_and_other"),
        ("both", "opioid_change", "less"),
        ("after-a-day", "co_analgesia", "none"),
        ("perhaps-still", "co_analgesia", "unknown"),
        ("perhaps-still", "opioid_change", "unknown"),
        ("no-amount", "co_analgesia", "opioid_only"),
        ("no-amount", "opioid_change", "unknown"),
        ("d1", "opioid_change", "none"),
        ("d1", "series_number", "first"),
        ("often", "series_number", "from_6"),
        ("often", "series_length", "over_90_d"),
        ("mouth", "other_route", "po"),
        ("d1", "other_route", "none"),
    ],
)
def test_a_session_lies_in_its_stratum(strata: Path, patient: str, stratifier: str, stratum: str):
    assert facts(strata, "stratum", "true")[patient][stratifier] == stratum


def test_the_strata_of_every_stratifier_add_up_to_all_sessions(strata: Path):
    total = duckdb.sql(f"select count(*) from read_parquet('{strata}/data/session.parquet')").fetchall()[0][0]
    page = (strata / "selection.html").read_text("utf-8")
    sections = re.findall(r'<section id="([\w-]+)".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert len(sections) == 8
    for name, body in sections:
        first = [re.findall(r'<td class="n">([\d,]+)</td>', row)[0] for row in body.split("</tr>")[:-1]]
        assert sum(int(each.replace(",", "")) for each in first) == total, name


def test_the_counts_of_a_statement_add_up_to_its_verdicts_in_every_stratifier(strata: Path):
    total = duckdb.sql(f"select rule_id, count(*) from read_parquet('{strata}/verdicts.parquet') group by rule_id").fetchall()
    page = (strata / "selection.html").read_text("utf-8")
    for rule, sessions in total:
        tables = re.findall(rf"<tbody><tr><th scope=\"rowgroup\"[^>]*><a [^>]*>{rule}</a>.*?</tbody>", page, re.DOTALL)
        assert len(tables) == 8
        for table in tables:
            assert sum(sum(map(int, re.findall(r'<td class="n">(\d+)</td>', row)[:4])) for row in table.split("</tr>")) == sessions, rule


def test_medications_that_are_not_covered_leave_the_question_open(tmp_path: Path):
    clinic = Clinic()
    clinic.session("x")
    coverage = '[[coverage]]\ntable = "medication"\nfrom = 2026-06-16T00:00:00Z\n'
    run = audit([clinic.write(tmp_path / "data", coverage=coverage)], tmp_path / "audit", gate=False)
    found = facts(tmp_path / "audit" / "runs" / run["run_id"], "stratum", "true")["x"]
    assert (found["co_analgesia"], found["opioid_change"]) == ("unknown", "unknown")


def test_a_stored_run_renders_its_strata_and_outcomes_again(worked: Path):
    pages = {name: (worked / name).read_bytes() for name in ("selection.html", "outcomes.html")}
    render_again(worked.parents[1], worked.name)
    assert {name: (worked / name).read_bytes() for name in pages} == pages


def test_a_period_keeps_the_facts_of_its_own_sessions_only(tmp_path: Path):
    run = audit([worked_clinic().write(tmp_path / "data")], tmp_path / "audit", gate=False, period="2026-07")
    folder = tmp_path / "audit" / "runs" / run["run_id"]
    assert facts(folder).keys() == facts(folder, "stratum", "true").keys() == {"A"}


def test_published_figures_stand_only_beside_what_is_like_them(worked: Path):
    page = Page.read(worked / "outcomes.html")
    text = page.text
    assert text.count("Uncontrolled audit data. No comparison here shows that ketamine did or did not cause a change.") == 2
    assert "not a dosing recommendation" in text
    assert {name for name in page.attributes("aria-labelledby") if name.startswith("benchmark-")} == {
        f"benchmark-kb-{number}-title benchmark-kb-{number}-desc" for number in ("02", "03", "04")
    }
    kb01 = text[text.index("KB-01 Change") : text.index("KB-02 Responders")]
    assert "\N{MINUS SIGN}1.83 points" in kb01
    assert "Shown in words only" in kb01
    assert "trial arm; definitions differ" in text
    assert text.count("do not meet this protocol's own dose rules") == 2


def test_the_relative_risk_is_printed_as_published_and_never_recomputed(worked: Path):
    benchmark = load_protocol("ketamine-chronic-pain").benchmarks["KB-02"]
    assert str(benchmark.ratio) == "2.43"
    text = Page.read(worked / "outcomes.html").text
    assert "relative risk 2.43 (1.1 to 5.4) as published" in text
    assert "2.64" not in text


def test_the_methods_page_tells_what_became_of_every_statement(worked: Path):
    section = (worked / "methods.html").read_text("utf-8").partition('id="trace"')[2].partition("</section>")[0]
    assert section.count('<tr><th scope="row">') == 40
    assert '<a href="rule-kd-07.html">KD-07</a>' in section


def test_below_sixty_per_cent_the_page_shows_bounds_only(tmp_path: Path):
    clinic = Clinic()
    for number in range(5):
        clinic.session(f"P{number}", before("8"), *([after(5, "2")] if number < 2 else []))
    run = audit([clinic.write(tmp_path / "data")], tmp_path / "audit", gate=False)
    text = Page.read(tmp_path / "audit" / "runs" / run["run_id"] / "outcomes.html").text
    assert "not shown: fewer than 60 % measured" in text
    assert re.search(r"2 weeks ≥ 30 % 5 0 2 of 2 bounds only 40\.0.% 100.%", text)
    assert "Bounds only, 40.0" in text
