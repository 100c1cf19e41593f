"""The pages on doses, pharmacy, monitoring and contraindications: numbers worked by hand, from the record to the page."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit.run import audit, render_again
from infusion_audit_reports.doses import minutes_to_cap
from tests.reports.inspection import Page
from tests.support.product import shipped_protocol

DAY = "2026-06-15"  # a Monday
Rows = dict[str, list[dict[str, str]]]
PAYLOAD = "=<script>alert(1)</script>"


class Record:
    """An extract under construction: one patient of 70 kg for each session."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.numbers = 0

    def add(self, table: str, **cells: str) -> None:
        self.rows.setdefault(table, []).append(cells)

    def patient(
        self, name: str, *, context: str = "chronic", site: str = "S1", department: str = "ward", day: str = DAY, **order: str
    ) -> None:
        self.add("patient", patient_id=name, birth_date="1980-01-01", sex="male")
        self.add("encounter", patient_id=name, encounter_id=f"E-{name}", site_id=site, department=department, started_at=f"{day}T08:00")
        weight = {"dosing_weight": "70", "dosing_weight_unit": "kg"}
        self.add(
            "medication_order", patient_id=name, encounter_id=f"E-{name}", order_id=f"O-{name}", context=context, **{**weight, **order}
        )

    def give(self, name: str, event: str, at: str, until: str = "", /, **cells: str) -> None:
        self.numbers += 1
        key = {"patient_id": name, "encounter_id": f"E-{name}", "order_id": f"O-{name}", "line_id": f"L-{name}"}
        stop = {"stopped_at": stamp(until)} if until else {}
        self.add("administration", **key, administration_id=f"A{self.numbers}", event=event, started_at=stamp(at), **stop, **cells)

    def infuse(self, name: str, rate: str, unit: str = "mg/h", *, at: str = "10:00", until: str = "10:30", **cells: str) -> None:
        self.give(name, "infusion", at, until, rate=rate, rate_unit=unit, **cells)

    def push(self, name: str, dose: str, at: str = "10:00", **cells: str) -> None:
        self.give(name, "bolus", at, dose=dose, dose_unit="mg", **cells)

    def observe(self, name: str, kind: str, value: str, *times: str, **cells: str) -> None:
        for at in times:
            self.add("observation", patient_id=name, encounter_id=f"E-{name}", kind=kind, value=value, effective_at=stamp(at), **cells)

    def write(self, folder: Path, *empty: str) -> Path:
        folder.mkdir(parents=True)
        for table, rows in self.rows.items():
            columns = list(dict.fromkeys(key for row in rows for key in row))
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        for table, header in (each.split(": ") for each in empty):
            (folder / f"{table}.csv").write_text(header + "\n", "utf-8")
        manifest = 'site = "x"\ntimezone = "America/New_York"\nextracted_at = "2027-01-01T00:00:00Z"\n'
        (folder / "manifest.toml").write_text(manifest, "utf-8")
        return folder


def stamp(text: str) -> str:
    """``10:00`` on the day, local time; anything longer stays."""
    return f"{DAY}T{text}" if len(text) == 5 else text


class Published:
    """A finished run: its tables, its pages and its spreadsheet."""

    def __init__(self, workspace: Path, manifest: dict[str, Any]) -> None:
        self.workspace = workspace
        self.manifest = manifest
        self.folder = workspace / "runs" / manifest["run_id"]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query over the stored tables, each by its own name, and over ``verdict`` and ``outlier``."""
        with duckdb.connect() as connection:
            for file in (self.folder / "data").glob("*.parquet"):
                connection.execute(f"create view {file.stem} as select * from read_parquet('{file}')")
            connection.execute(f"create view verdict as select * from read_parquet('{self.folder / 'verdicts.parquet'}')")
            connection.execute(f"create view outlier as select * from read_csv('{self.folder / 'outliers.csv'}', all_varchar = true)")
            return connection.execute(query).fetchall()

    def of(self, query: str) -> dict[str, Any]:
        """The answer of a query of two columns: patient and value."""
        return dict(self.rows(query))

    def text(self, page: str) -> str:
        return Page.read(self.folder / page).text


def protocol(folder: Path, *enabled: str) -> str:
    """The shipped protocol with more rules enabled."""
    text = shipped_protocol()
    for rule in enabled:
        text, changed = re.subn(rf"(\[rules\.{rule}\]\n)enabled = false", r"\1enabled = true", text)
        assert changed == 1, rule
    path = folder / "site.toml"
    path.write_text(re.sub(r'^version = ".*"', 'version = "9"', text, count=1, flags=re.MULTILINE), "utf-8")
    return str(path)


SLIPS = {
    # name: (what is charted, what would explain it) at 70 kg
    # windows: rate 0.5 to 1 mg/kg/h, bolus 0.0875 to under 0.35 mg/kg, demand 1 to 5 mg
    "ten": (("rate", "490", "mg/h"), {"divided_by_10"}),  # 7 mg/kg/h, 0.7 with the point elsewhere
    "sixty": (("rate", "2240", "mg/h"), {"divided_by_60"}),  # 32 mg/kg/h; 0.533 per hour
    "thousand": (("rate", "49000", "mg/h"), {"divided_by_1000"}),  # 700 mg/kg/h
    "micro-minute": (("rate", "910", "mg/h"), {"divided_by_1000_60"}),  # 13 mg/kg/h; 13 mcg/kg/min are 0.78
    "per-kg": (("rate", "0.7", "mg/h"), {"multiplied_by_60", "multiplied_by_weight"}),  # 0.01 mg/kg/h
    "context": (("rate", "4.9", "mg/h"), {"multiplied_by_10", "other_context"}),  # 0.07 mg/kg/h is a postsurgical rate
    "as-mL": (("rate", "50", "mL/h"), {"divided_by_concentration"}),  # 5 mg/mL: 250 mg/h are 3.571; 50 mg/h would be 0.714
    "as-mg": (("rate", "10", "mg/h"), {"multiplied_by_concentration"}),  # 0.143; 10 mL/h of 5 mg/mL would be 0.714
    "slightly": (("rate", "84", "mg/h"), set[str]()),  # 1.2 mg/kg/h is merely too high
    "push-ten": (("bolus", "98", "mg"), {"divided_by_10"}),  # 1.4 mg/kg; 0.14
    "push-at-limit": (("bolus", "245", "mg"), set[str]()),  # 3.5 mg/kg; a tenth is 0.35, which is not under 0.35
    "push-slightly": (("bolus", "25.2", "mg"), set[str]()),  # 0.36
    "demand-ten": (("demand", "30", "mg"), {"divided_by_10"}),
    "demand-low": (("demand", "0.04", "mg"), {"multiplied_by_60"}),  # 2.4
}


def doses() -> Record:
    """Sessions for the pages on doses and pharmacy."""
    record = Record()
    record.patient("flowing")
    record.push("flowing", "14")
    record.infuse("flowing", "70", until="11:30")  # 14 mg at once, 56 more at 70 mg/h
    record.patient("steps")
    record.infuse("steps", "35", until="11:00")
    record.infuse("steps", "70", at="11:00", until="12:00")
    record.patient("pushed")
    record.infuse("pushed", "60", until="11:00")
    record.push("pushed", "14", "11:00")
    record.patient("open")
    record.infuse("open", "70", until="")
    record.give("open", "rate_verify", "11:30", rate="70", rate_unit="mg/h")
    record.patient("read")
    record.infuse("read", "40", until="12:00")
    record.give("read", "infused_total", "12:00", dose="100", dose_unit="mg")
    for name, ((what, value, unit), _) in SLIPS.items():
        record.patient(name, **({"concentration": "5", "concentration_unit": "mg/mL"} if name.startswith("as-") else {}))
        if what == "rate":
            record.infuse(name, value, unit)
        elif what == "bolus":
            record.push(name, value)
        else:
            record.give(name, "pca_demand", "10:00", dose=value, dose_unit=unit, delivered_count="1")
    # 31 boluses after surgery: 0.14, 0.15 and 0.16 mg/kg, and one of 0.34, inside the limit and unlike the others
    for number, mg in enumerate([*["9.8"] * 10, *["10.5"] * 11, *["11.2"] * 9, "23.8"]):
        name = f"usual-{number}" if number < 30 else PAYLOAD
        record.patient(name, context="postsurgical", site="S2")
        record.push(name, mg, concentration="10" if number < 30 else "50", concentration_unit="mg/mL")
    record.patient("volume")
    record.infuse("volume", "10", "mL/h")
    record.patient("two-concentrations", concentration="10", concentration_unit="mg/mL")
    record.infuse("two-concentrations", "4", "mL/h", concentration="20", concentration_unit="mg/mL")
    for name, other in (("in-lb", "154.3"), ("alike", "72"), ("ten-kg", "700")):
        record.patient(name)
        record.infuse(name, "42")
        record.observe(name, "weight", other, "09:00", unit="kg", method="measured")
    record.patient("pump-weight")
    record.infuse("pump-weight", "0.6", "mg/kg/h", pump_weight="80", pump_weight_unit="kg")
    record.patient("stock")
    record.infuse("stock", "35", until="11:00")
    key = {"patient_id": "stock", "container_id": "C1", "unit": "mg", "user_id": "NURSE-77"}
    record.add("stock", **key, action="dispense", amount="50", occurred_at=stamp("09:30"))
    record.add("stock", **key, action="waste", amount="5", occurred_at=stamp("11:10"))
    return record


@pytest.fixture(scope="module")
def pharmacy(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("pharmacy")
    data = doses().write(folder / "in")
    return Published(folder / "audit", audit([data], folder / "audit", protocol=protocol(folder, "KR-01", "KR-02"), gate=False))


CROSSED = "select s.patient_id, {} from kd_cap_crossing as c inner join session as s on s.session_no = c.session_no"


def test_the_cap_is_reached_when_the_doses_add_up_to_it(pharmacy: Published):
    minutes = pharmacy.of(CROSSED.format("round(c.minutes_to_cap, 6)"))
    assert minutes["flowing"] == 48  # (70 - 14) mg / 70 mg/h
    assert minutes["steps"] == 90  # 35 mg in the first hour, 35 more at 70 mg/h
    assert minutes["pushed"] == 60  # 60 mg by then, and the push carries it over
    assert minutes["open"] == 60
    assert minutes["read"] == 120


def test_a_crossing_is_exact_only_where_nothing_is_uncertain(pharmacy: Published):
    exact = pharmacy.of(CROSSED.format("c.is_exact"))
    assert [exact[name] for name in ("flowing", "steps", "pushed", "open", "read")] == [True, True, True, False, False]
    text = pharmacy.text("doses.html")
    assert re.search(r"Patient flowing Chronic pain 1\.700 mg/kg 48 min 90 min", text)
    assert re.search(r"Patient open Chronic pain at least 1\.500 mg/kg at the latest 60 min end not known", text)


def test_every_session_over_the_cap_has_its_crossing(pharmacy: Published):
    over = {name for (name,) in pharmacy.rows("select patient_id from verdict where rule_id = 'KD-07' and verdict = 'violation'")}
    assert set(pharmacy.of(CROSSED.format("1"))) == over
    assert f"{len(over)} sessions over the cap." in pharmacy.text("doses.html")


def test_the_protocols_minutes_to_the_cap_are_the_known_ones():
    rules: dict[str, Any] = {
        "KD-01": {"limit_low": None, "limit_high": 0.35},
        "KD-02": {"limit_low": None, "limit_high": 1},
        "KD-03": {"limit_low": 0.5, "limit_high": None},
        "KD-04": {"limit_low": None, "limit_high": 0.12},
    }
    usual = {("KD-01", "chronic"): {"quantiles": [0.1, 0.15, 0.2, 0.25, 0.3]}}
    table = minutes_to_cap(rules, usual, 1, count_bolus=True)
    assert [(row["rate"], [round(value, 9) for _, value in row["cells"]]) for row in table] == [
        ("0.5", [120, 96, 78]),
        ("1", [60, 48, 39]),
        ("0.12", [500, 325]),
    ]
    assert [len(row["cells"]) for row in minutes_to_cap(rules, usual, 1, count_bolus=False)] == [1, 1, 1]


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_suspected_where_it_would_explain_the_dose(pharmacy: Published, name: str):
    found = pharmacy.rows(f"select kind, rule_id, suspected from outlier where patient_id = '{name}' and rule_id <> 'KD-07'")
    ((kind, _, suspected),) = found
    assert set((suspected or "").split("; ")) - {""} == SLIPS[name][1]
    assert kind == ("suspected_slip" if SLIPS[name][1] else "outside_limit")


def test_a_suspicion_changes_no_verdict(pharmacy: Published):
    names = ", ".join(f"'{name}'" for name in SLIPS)
    rules = "('KD-01', 'KD-02', 'KD-03', 'KD-06')"
    found = pharmacy.rows(
        f"select verdict, count(*) from verdict where patient_id in ({names}) and rule_id in {rules} group by all order by all"
    )
    assert dict(found)["violation"] == len(SLIPS)
    text = pharmacy.text("pharmacy.html")
    assert "a decimal place misplaced (÷ 10): would be 0.7 mg/kg/h" in text
    assert "per minute and per hour confused (÷ 60): would be 0.533 mg/kg/h" in text


def test_a_dose_unlike_the_usual_is_listed_though_it_is_inside_the_limit(pharmacy: Published):
    columns = "patient_id, kind, verdict, usual, usual_sessions, robust_score"
    found = pharmacy.rows(f"select {columns} from outlier where kind = 'unusual_here' and rule_id = 'KD-01'")
    # median ln 0.15; deviations of 30 others 0, ln(16/15) and ln(15/14): MAD ln(16/15); 0.6745 x ln(0.34 / 0.15) / ln(16/15)
    assert found == [("'" + PAYLOAD, "unusual_here", "compliant", "0.15", "31", "8.55")]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([0.14] * 10 + [0.15] * 10 + [0.16] * 9, 1),  # 30 sessions with the high one
        ([0.14] * 10 + [0.15] * 10 + [0.16] * 8, 0),  # 29: too few to say what is usual
        ([0.15] * 29, 0),  # the same dose in more than half of them: no measure of distance
    ],
)
def test_usual_needs_enough_sessions_and_a_spread(others: list[float], expected: int):
    sql = Path(__file__).parents[1] / "sql" / "judge" / "unusual_dose.sql"
    with duckdb.connect() as connection:
        connection.execute("create table rule as select 'KD-01' as rule_id, null as limit_low, 0.35 as limit_high")
        connection.execute("create table session (session_id varchar, context varchar)")
        connection.execute("create table verdict (session_id varchar, rule_id varchar, verdict varchar, severity varchar, observed double)")
        for number, dose in enumerate([*others, 0.34]):
            connection.execute("insert into session values (?, 'chronic')", [str(number)])
            connection.execute("insert into verdict values (?, 'KD-01', 'compliant', 'major', ?)", [str(number), dose])
        assert len(connection.execute(sql.read_text("utf-8")).fetchall()) == expected


def test_concentrations_that_do_not_fit_are_listed(pharmacy: Published):
    kinds = pharmacy.of("select patient_id, kind from outlier where kind like 'concentration%'")
    assert kinds == {
        "volume": "concentration_missing",
        "two-concentrations": "concentration_conflict",
        "'" + PAYLOAD: "concentration_unusual",
    }
    assert "50 mg/mL was charted in 1 of 31 sessions with a concentration at this site; usual: 10 mg/mL." in pharmacy.text("pharmacy.html")


def test_weights_that_differ_are_listed_with_both_rows(pharmacy: Published):
    found = {
        patient: (kind, reason, rows)
        for patient, kind, reason, rows in pharmacy.rows(
            "select patient_id, kind, reason, evidence from outlier where kind in ('weight_conflict', 'pump_weight')"
        )
    }
    assert set(found) == {"in-lb", "ten-kg", "pump-weight"}  # 72 beside 70 kg is no conflict
    assert found["in-lb"][:2] == ("weight_conflict", "Used: 70 kg (dosing); also charted: 154.3 kg (measured): suspected lb for kg.")
    assert found["ten-kg"][1].endswith("also charted: 700 kg (measured): suspected slip of ten.")
    assert found["pump-weight"][:2] == ("pump_weight", "Used: 70 kg (dosing); also charted: 80 kg (pump).")
    assert re.fullmatch(r"medication_order\.csv:\d+; observation\.csv:\d+", found["in-lb"][2])


def test_stock_is_listed_by_container_and_never_by_person(pharmacy: Published):
    reasons = pharmacy.of("select kind, reason from outlier where patient_id = 'stock' and rule_id like 'KR-%'")
    assert set(reasons) == {"not_reconciled", "waste_not_witnessed"}
    assert reasons["not_reconciled"].startswith("10 mg of the dispensed ketamine are not accounted for")  # 50 - 35 - 5
    assert "Container C1: dispensed 50 mg, wasted 5 mg, returned 0 mg, 1 wasted without a second person." in reasons["not_reconciled"]
    for file in (*pharmacy.folder.glob("*.html"), pharmacy.folder / "outliers.csv"):
        assert "NURSE-77" not in file.read_text("utf-8"), file.name


def test_the_list_has_every_dose_outside_a_limit_once(pharmacy: Published):
    violations = "select count(*) from verdict where verdict = 'violation' and rule_id like 'KD-%'"
    listed = "select count(*) from outlier where kind in ('suspected_slip', 'outside_limit')"
    assert pharmacy.rows(violations) == pharmacy.rows(listed)
    assert pharmacy.rows("select count(distinct place), max(cast(place as integer)) from outlier") == [
        (len(pharmacy.rows("from outlier")),) * 2
    ]


def test_every_dose_row_leads_to_its_finding(pharmacy: Published):
    page = (pharmacy.folder / "pharmacy.html").read_text("utf-8")
    links = set(re.findall(r'<a class="when" href="(findings[\w-]*\.html)#(f-[\w-]+)"', page))
    assert links
    for file, anchor in links:
        assert anchor in Page.read(pharmacy.folder / file).attributes("id")


def test_hostile_text_is_inert_in_page_and_spreadsheet(pharmacy: Published):
    page = Page.read(pharmacy.folder / "pharmacy.html")
    assert PAYLOAD in page.text
    assert "script" not in {tag for tag, _ in page.elements}
    with (pharmacy.folder / "outliers.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [
        cell for cell in cells if cell.startswith(("=", "+", "@", "\t")) or (cell.startswith("-") and not re.fullmatch(r"-[\d.]+", cell))
    ]


def test_the_shares_of_the_dose_page_are_the_verdicts(pharmacy: Published):
    text = pharmacy.text("doses.html")
    for rule, context, total, met in pharmacy.rows(
        """
        select
            v.rule_id,
            case s.context when 'chronic' then 'Chronic pain' else 'After surgery' end,
            count(*),
            count(*) filter (where verdict = 'compliant')
        from verdict as v inner join session as s on s.session_id = v.session_id
        where v.rule_id between 'KD-01' and 'KD-07' and v.verdict <> 'not_applicable' group by all
        """
    ):
        assert re.search(rf"{rule} {context} [^A-Z]*?(?:PCA[^A-Z]*?)?{total} {met} ", text), (rule, context)


def test_a_dose_at_its_limit_stands_on_the_side_where_the_protocol_puts_it(pharmacy: Published):
    chart = re.search(
        r"Maintenance in chronic pain: highest rate.*?(?=Maintenance in chronic pain: lowest rate)", pharmacy.text("doses.html")
    )
    assert chart
    # flowing, steps and open ran at exactly 1 mg/kg/h; "pushed" at 0.857
    assert re.search(r"Chronic pain: 0\.9 to 1 3 0", chart[0])


def monitored() -> Record:
    """Sessions for the pages on monitoring and contraindications; saturation is assessed every 15 minutes in all of them."""
    record = Record()
    record.patient("late")
    record.infuse("late", "42", until="12:00")
    record.observe("late", "rass", "0", "10:15", "10:30", "11:10", "11:20", "11:40")
    record.observe("late", "spo2", "98", *quarters("10:00", 8))
    record.patient("paused", department="clinic", day="2026-06-16")
    for at, until in (("10:00", "10:30"), ("12:00", "12:30")):
        record.infuse("paused", "42", at=f"2026-06-16T{at}", until=f"2026-06-16T{until}")
    record.observe("paused", "rass", "0", "2026-06-16T10:15")
    record.observe("paused", "spo2", "98", "2026-06-16T10:15", "2026-06-16T12:00", "2026-06-16T12:15")
    record.patient("clocks-back", department="clinic", day="2026-10-31")
    record.infuse("clocks-back", "35", at="2026-11-01T05:30Z", until="2026-11-01T07:30Z")
    record.observe("clocks-back", "spo2", "98", *(f"2026-11-01T{h:02}:{m:02}Z" for h in (5, 6, 7) for m in (0, 15, 30, 45)))
    record.patient("deep", day="2026-06-17")
    record.infuse("deep", "42", at="2026-06-17T10:00", until="2026-06-17T10:30")
    record.observe("deep", "rass", "-4", "2026-06-17T10:15")
    record.observe("deep", "spo2", "98", "2026-06-17T10:15")
    for name, systolic in (("late", "190"), ("paused", "120")):
        when = "09:30" if name == "late" else "2026-06-16T09:30"
        record.observe(name, "systolic_bp", systolic, when, unit="mmHg")
        record.observe(name, "diastolic_bp", "70", when, unit="mmHg")
    for item in ("uncontrolled_cardiovascular_disease", "active_psychosis", "severe_liver_dysfunction", "high_intraocular_pressure"):
        record.add("screening", patient_id="late", encounter_id="E-late", item=item, answer="no", answered_at=stamp("09:00"))
    eye = {"code": "H40.1130", "code_system": "icd10cm", "category": "problem_list", "onset_at": "2026-01-01"}
    record.add("condition", patient_id="paused", encounter_id="E-paused", **eye)
    return record


def quarters(first: str, number: int) -> list[str]:
    hour = int(first[:2])
    return [f"{hour + step // 4:02}:{15 * (step % 4):02}" for step in range(1, number)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("ward")
    data = monitored().write(folder / "in", "intervention: patient_id,encounter_id,kind,performed_at")
    return Published(folder / "audit", audit([data], folder / "audit", protocol=protocol(folder, "KM-04", "KM-05"), gate=False))


CELL = """
    select weekday, hour_of_day, sum(watched_us) // 60000000, sum(overdue_us) // 60000000, sum(late_gaps)
    from km_cell where requirement = 'sedation' and {} group by all order by all
"""


def test_overdue_time_is_split_over_the_hours_in_which_it_passed(ward: Published):
    # the assessment due at 10:50 came at 11:10
    assert ward.rows(CELL.format("weekday = 0")) == [(0, 10, 60, 10, 1), (0, 11, 60, 10, 0)]


def test_a_long_pause_is_neither_watched_nor_overdue(ward: Published):
    # 15 minutes ran after the assessment at 10:15 before the pause; due 5 minutes after it, at 12:05
    assert ward.rows(CELL.format("weekday = 1")) == [(1, 10, 30, 0, 0), (1, 12, 30, 25, 1)]


def test_an_hour_that_the_clocks_repeat_counts_twice(ward: Published):
    # 01:30 to 02:00 in summer time, 01:00 to 02:30 after the clocks went back
    assert ward.rows(CELL.format("weekday = 6")) == [(6, 1, 90, 70, 1), (6, 2, 30, 30, 0)]


def test_hours_of_the_infusion_departments_and_hours_of_the_day_add_up(ward: Published):
    cells = "select sum(watched_us), sum(overdue_us), sum(late_gaps) from km_cell where requirement = 'sedation'"
    phases = "select sum(watched_us), sum(overdue_us), sum(late_gaps) from km_phase where requirement = 'sedation'"
    assert ward.rows(cells) == ward.rows(phases)
    assert ward.rows(
        "select phase_no, watched_us // 60000000, overdue_us // 60000000, late_gaps from km_phase where rule_id = 'KM-01' order by all"
    ) == [(1, 60 + 30 + 60 + 30, 10 + 40, 2), (2, 60 + 60, 10 + 60, 0), (3, 30, 25, 1)]
    assert ward.rows(
        "select department, sum(overdue_us) // 60000000 from km_cell where requirement = 'sedation' group by all order by all"
    ) == [
        ("clinic", 125),
        ("ward", 20),
    ]


def test_late_gaps_are_those_of_the_verdicts(ward: Published):
    for rule in ("KM-01", "KM-02"):
        judged = ward.rows(f"select count(*) from verdict where rule_id = '{rule}' and verdict = 'violation'")
        assert ward.rows(f"select count(distinct session_no) from km_longest where rule_id = '{rule}'") == judged
        assert ward.rows(f"select coalesce(sum(late_gaps), 0) from km_gap where rule_id = '{rule}'") == ward.rows(
            f"select coalesce(sum(late_gaps), 0) from km_cell where rule_id = '{rule}'"
        )
    assert ward.rows(
        "select s.patient_id, gap_min from km_longest as l inner join session as s on s.session_no = l.session_no order by gap_min desc"
    ) == [
        ("clocks-back", 120),
        ("paused", 45),
        ("late", 40),
    ]


def test_gaps_are_counted_in_steps_with_the_limit_inside_its_step(ward: Published):
    # late: 15, 15, 40, 10, 20, 20; paused: 15, 45; clocks-back: 120; deep: 15, 15
    assert ward.rows("select step, gaps, late_gaps from km_gap where requirement = 'sedation' order by step") == [
        (2, 1, 0),
        (3, 5, 0),
        (4, 2, 0),
        (8, 1, 1),
        (9, 1, 1),
        (24, 1, 1),
    ]


def test_the_page_says_when_and_where(ward: Published):
    text = ward.text("monitoring.html")
    assert re.search(
        r"Sedation 43\.9 % of 5\.5 h overdue 3 late gaps \. KM-01 : 3 of 4 judged sessions do not meet it", text
    )  # 145 of 330 min
    assert re.search(r"Respiratory status 0 % of 5\.5 h overdue 0 late gaps\. KM-02 : 0 of 4", text)
    assert re.search(r"Most overdue: Sunday 01:00 \(77\.8 % of 1\.5 h\)", text)
    assert re.search("KM-04 1 0 1 0 \N{EN DASH}", text)
    assert "Patient deep" in text


KC = "select {}, sum(sessions) from kc_evidence where rule_id = '{}' group by all"


def test_evidence_is_counted_by_kind(ward: Published):
    present = {row[:4]: row[4] for row in ward.rows(KC.format("verdict, by_code, by_reading, by_form", "KC-01"))}
    assert present == {
        ("violation", "none", "certain", "no"): 1,  # late: 190 mmHg, and the checklist says no
        ("compliant", "none", "against", "none"): 1,
        ("not_evaluable", "none", "none", "none"): 2,
    }
    assert ward.rows(KC.format("verdict, by_code", "KC-06") + " having by_code = 'possible'") == [("not_evaluable", "possible", 1)]


def test_the_contraindication_page_counts_the_verdicts(ward: Published):
    for rule, verdict, sessions in ward.rows("select rule_id, verdict, sum(sessions) from kc_evidence group by all"):
        assert ward.manifest["verdicts"][rule][verdict] == sessions
    text = ward.text("contraindications.html")
    assert "1 finding of a contraindication present when the infusion began, 1 possible and left open, 1 where the checklist" in text
    assert re.search(r"KC-01 Uncontrolled cardiovascular disease 4 1 measurement 1 0 2 1 25\.0 % 3 not screened", text)
    assert re.search(r"Patient paused critical KC-06 .*? diagnosis \(possible\)", text)


@pytest.mark.parametrize("run", ["pharmacy", "ward"])
def test_a_stored_run_renders_the_same_pages_again(run: str, request: pytest.FixtureRequest):
    done: Published = request.getfixturevalue(run)
    names = ("doses.html", "pharmacy.html", "monitoring.html", "contraindications.html", "outliers.csv")
    before = {name: (done.folder / name).read_text("utf-8") for name in names}
    render_again(done.workspace, done.manifest["run_id"])
    assert {name: (done.folder / name).read_text("utf-8") for name in names} == before


def test_a_run_that_stored_no_tables_for_these_pages_is_still_rendered(ward: Published, tmp_path: Path):
    workspace = tmp_path / "audit"
    shutil.copytree(ward.workspace, workspace)
    older = Published(workspace, ward.manifest)
    for file in (older.folder / "data").glob("k*.parquet"):
        file.unlink()
    render_again(workspace, ward.manifest["run_id"])
    for page in ("pharmacy.html", "monitoring.html", "contraindications.html"):
        assert "was made by an earlier release" in older.text(page)
    assert "Outside the limits:" in older.text("doses.html")


def test_no_page_table_holds_the_person_who_handled_stock(pharmacy: Published):
    for (table,) in pharmacy.rows("select table_name from information_schema.tables where table_name like 'k%'"):
        assert not [row for row in pharmacy.rows(f"from {table}") if "NURSE-77" in str(row)], table
