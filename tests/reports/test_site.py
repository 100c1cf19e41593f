"""The pages of a run: complete, self-contained, inert, and equal to the verdicts."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit_reports.site import render_catalogue, render_run
from tests.reports.conftest import PAYLOADS, SUMMARIES, fill, manifest
from tests.reports.inspection import Page

PAGES = (
    *("index.html", "scorecard.html", "findings.html", "findings-2.html", "review.html"),
    *("selection.html", "outcomes.html", "data-quality.html", "methods.html"),
    *(f"rule-kd-0{number}.html" for number in range(1, 9)),
    *(f"rule-km-0{number}.html" for number in range(1, 4)),
    *("doses.html", "pharmacy.html", "monitoring.html", "contraindications.html"),
    *("trends.html", "variation.html", "changes.html"),
)


def rendered(connection: duckdb.DuckDBPyConnection, out: Path, previous: dict[str, Any] | None = None, **changes: Any) -> Path:
    render_run(connection, manifest(connection, **changes), out, summaries=SUMMARIES, previous=previous)
    return out


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row
    return row[0]


def test_a_run_has_all_its_pages(site: Path) -> None:
    assert {path.name for path in site.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_well_formed_and_every_id_is_its_own(site: Path, name: str) -> None:
    page = Page.read(site / name)
    assert not page.unbalanced
    assert not page.open
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_payloads_in_every_text_field_come_out_inert(site: Path, name: str) -> None:
    page = Page.read(site / name)
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in page.elements}
    assert not {key for _, attributes in page.elements for key in attributes if key.startswith("on")}
    assert not [link for link in page.attributes("href") if not re.fullmatch(r"data:,|(\.\./\.\./)?[a-z0-9-]*(\.html)?(#[\w-]+)?", link)]
    assert PAYLOADS[2] in page.text  # the site's name carries a payload, and is still shown


def test_payloads_are_still_readable_where_they_were_charted(site: Path) -> None:
    findings = " ".join(Page.read(site / name).text for name in ("findings.html", "findings-2.html"))
    assert all(payload in findings for payload in PAYLOADS)
    assert PAYLOADS[0] in Page.read(site / "data-quality.html").text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_nothing_but_itself_and_pins_its_style(site: Path, name: str) -> None:
    page = Page.read(site / name)
    (policy,) = [of["content"] or "" for tag, of in page.elements if tag == "meta" and of.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not page.attributes("style")  # an inline style would not be applied under this policy
    assert not page.attributes("src")
    assert "url(" not in page.style
    assert "@import" not in page.style


@pytest.mark.parametrize("name", PAGES)
def test_every_link_inside_the_report_leads_somewhere(site: Path, name: str) -> None:
    anchors = {other: set(Page.read(site / other).attributes("id")) for other in PAGES}
    for link in Page.read(site / name).attributes("href"):
        file, _, anchor = link.partition("#")
        if link not in ("data:,", "../../index.html"):
            assert (site / (file or name)).is_file(), link
            assert not anchor or anchor in anchors[file or name], link


@pytest.mark.parametrize("name", PAGES)
def test_every_table_says_what_it_shows_and_names_its_columns(site: Path, name: str) -> None:
    tags = [(tag, of) for tag, of in Page.read(site / name).elements if tag in ("table", "caption", "th")]
    for position, (tag, of) in enumerate(tags):
        if tag == "table":
            assert tags[position + 1][0] == "caption"
        if tag == "th":
            assert of.get("scope") in ("row", "col", "rowgroup")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_it_is_not_for_and_accuses_nobody(site: Path, name: str) -> None:
    text = Page.read(site / name).text
    assert "Not for decisions about a patient under treatment." in text
    assert not re.search(r"\b(error|overdose|negligen\w+)\b", text, re.IGNORECASE)


def test_the_summary_answers_with_the_counts_of_the_verdicts(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    text = Page.read(site / "index.html").text
    per_session = """
        select count(*) from (
            select session_id from verdict group by session_id
            having count(*) filter (verdict = 'violation') {} 0 and count(*) filter (verdict = 'not_evaluable') {} 0
        )
    """
    met = number(connection, per_session.format("=", "="))
    assert f"{100 * met / 900:.1f}\u00a0%" in (site / "index.html").read_text("utf-8")
    assert f"{met} met every statement" in text
    assert f"{number(connection, per_session.format('=', '>'))} without a finding, but not fully judged" in text
    material = number(connection, "select count(*) from verdict where grade = 'material'")
    assert f"{material} Material in " in text


def test_the_scorecard_shows_the_counts_of_every_rule(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    text = Page.read(site / "scorecard.html").text
    for rule, met, failed, undecided in connection.execute(
        "select rule_id, count(*) filter (verdict = 'compliant'), count(*) filter (verdict = 'violation'),"
        " count(*) filter (verdict = 'not_evaluable') from verdict group by rule_id"
    ).fetchall():
        assert re.search(rf"{rule} \w+ .*? {met} {failed} (\d+ marginal )?{undecided} ", text), rule


def test_every_finding_has_one_row_with_all_of_its_evidence(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    pages = [Page.read(site / name) for name in ("findings.html", "findings-2.html")]
    anchors = [found for page in pages for found in page.attributes("id") if found.startswith("f-")]
    assert len(anchors) == len(set(anchors)) == number(connection, "select count(*) from verdict where verdict = 'violation'")
    text = " ".join(page.text for page in pages)
    shown = sum(len(re.findall(r"\d+ \(A\d+\)", page.text)) for page in pages)
    assert shown == number(connection, "select sum(len(evidence)) from verdict where verdict = 'violation'")
    assert "observation/part-2026-04.csv" in text


def test_findings_come_most_severe_first_then_doses_then_furthest_from_the_limit(site: Path) -> None:
    text = Page.read(site / "findings.html").text + Page.read(site / "findings-2.html").text
    order = re.findall(r"(critical|major|minor) (Doc|Mat|Marg|Below)", text)
    ranks = [(("critical", "major", "minor").index(severity), kind == "Doc") for severity, kind in order]
    assert ranks == sorted(ranks)
    major = text[text.index("major Material") : text.index("major Documentation")]
    times = [float(found) for found in re.findall(r"([\d.]+) times the limit", major)]
    assert times
    assert times == sorted(times, reverse=True)


def test_a_total_just_over_the_cap_does_not_read_as_within(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    assert number(connection, "select count(*) from verdict where rule_id = 'KD-07' and observed = 1.0003")
    assert "1.0003 mg/kg" in Page.read(site / "findings.html").text + Page.read(site / "findings-2.html").text


def test_a_cause_is_told_in_the_words_of_its_verdicts(site: Path) -> None:
    for name in ("scorecard.html", "data-quality.html"):
        assert "The data for this statement do not suffice." in Page.read(site / name).text
        assert "weight_missing" not in Page.read(site / name).text


def test_a_statement_is_printed_with_the_signs_that_people_write(site: Path) -> None:
    for name in PAGES:
        assert not re.search("[<>]=", Page.read(site / name).text), name


def test_a_warning_is_no_failure(site: Path) -> None:
    text = Page.read(site / "data-quality.html").text
    assert "warning Weights present" in text
    assert "failed" not in text


def test_site_policy_never_looks_like_the_seed(site: Path) -> None:
    marks = [
        of.get("class") for tag, of in Page.read(site / "scorecard.html").elements if tag == "span" and "source" in (of.get("class") or "")
    ]
    assert set(marks) == {"source seed", "source reading", "source policy"}
    html = (site / "scorecard.html").read_text("utf-8")
    by_rule = dict(re.findall(r'id="rule-(K[DM]-\d\d)".*?<p>(.*?)</p>', html, re.DOTALL))
    assert "Site policy" in by_rule["KD-08"]
    assert "seed" not in by_rule["KD-08"].lower()
    assert "Seed text, line 5" in by_rule["KD-01"]
    assert "Interval: site policy" in by_rule["KM-01"]  # the duty is the seed's, the number is not


def test_what_changed_names_the_rule_and_both_counts(site: Path, connection: duckdb.DuckDBPyConnection) -> None:
    now = number(connection, "select count(*) from verdict where rule_id = 'KD-01' and verdict = 'violation'")
    text = Page.read(site / "index.html").text
    assert re.search(rf"KD-01 60 10\.7.% {now} ", text)
    assert "2025-10-01 to 2026-03-31, 880 sessions (now 900)" in text
    assert "The periods differ: compare the shares, not the counts." in text


def test_a_changed_protocol_is_named_as_a_cause_of_differences(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before = manifest(connection)
    before["protocol"] = before["protocol"] | {"sha256": "00" * 32}
    assert "The protocol file has changed since" in Page.read(rendered(connection, tmp_path, before) / "index.html").text


def test_a_skipped_gate_is_the_first_thing_on_the_first_page(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    page = Page.read(rendered(connection, tmp_path, gate={"status": "skipped", "failed": [], "checks": []}) / "index.html")
    assert page.text.index("The data-quality gate was skipped.") < page.text.index("of sessions met every")
    assert "Can the data be trusted? Not checked" in page.text


def test_much_that_cannot_be_judged_raises_a_banner(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    banner = "of the applicable statements could not be judged"
    assert banner not in Page.read(rendered(connection, tmp_path / "a") / "index.html").text
    with duckdb.connect(":memory:") as other:
        fill(other, 60)
        other.execute(
            "update verdict set verdict = 'not_evaluable', reason = 'weight_missing'"
            " where rule_id in ('KD-07', 'KM-01') and verdict = 'compliant'"
        )
        text = Page.read(rendered(other, tmp_path / "b") / "index.html").text
    assert banner in text
    assert "Can the data be trusted? With care" in text


def test_a_protocol_names_its_approver_or_says_there_is_none(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rendered(connection, tmp_path)
    assert "No clinician has approved this protocol file" in Page.read(tmp_path / "index.html").text
    protocol = manifest(connection)["protocol"] | {"approved_by": "Dr. A. Example"}
    rendered(connection, tmp_path, protocol=protocol)
    assert "No clinician has approved" not in Page.read(tmp_path / "index.html").text
    assert "Approved by Dr. A. Example" in Page.read(tmp_path / "methods.html").text


def test_the_methods_page_counts_the_other_readings(site: Path) -> None:
    text = " ".join(Page.read(site / "methods.html").text.split())
    assert "over any 60 minutes per_hour KD-07 20 -100 90 +10" in text
    assert "left out false KD-07 does not fit the protocol's other settings" in text


def test_the_standing_of_the_seed_is_told_only_where_the_seed_is_used(site: Path, tmp_path: Path) -> None:
    assert "secondary summary of low standing" in Page.read(site / "methods.html").text
    with duckdb.connect(":memory:") as other:
        fill(other, 30)
        other.execute("update rule set source = 'site_policy', quote = null, seed_line = null")
        text = Page.read(rendered(other, tmp_path) / "methods.html").text
    assert "low standing" not in text
    assert "Seed text" not in text


def test_a_period_without_a_session_is_a_valid_report(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as other:
        fill(other, 10)
        for table in (
            "session",
            "stratum",
            "pain_outcome",
            "verdict",
            "review",
            "review_past",
            "input_file",
            "quarantine",
            "unknown_column",
            "gate_check",
        ):
            other.execute(f"delete from {table}")
        out = rendered(other, tmp_path, gate={"status": "passed", "failed": [], "checks": []}, excluded=[], verdicts={})
    assert "No session in this period" in Page.read(out / "index.html").text
    assert "No finding" in Page.read(out / "findings.html").text
    assert "none judged" in Page.read(out / "scorecard.html").text


def test_a_manifest_without_the_optional_words_still_has_a_report(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    run = manifest(connection, protocol={"id": "mine", "version": "2", "sha256": "00"}, site=None, excluded=None)
    for key in ("generated_by", "previous_run_id", "quarantine", "unknown_columns"):
        del run[key]
    render_run(connection, run, tmp_path, summaries=SUMMARIES)
    assert "mine, version 2" in Page.read(tmp_path / "index.html").text


def test_two_runs_on_the_same_data_differ_only_in_the_stamp(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = rendered(connection, tmp_path / "a")
    second = rendered(connection, tmp_path / "b", run_id="another", started_at="2027-01-01T00:00:00Z")
    for name in PAGES:
        one, other = ((folder / name).read_text("utf-8") for folder in (first, second))
        assert one != other
        assert re.sub(r'<dl class="stamp">.*?</dl>', "", one) == re.sub(r'<dl class="stamp">.*?</dl>', "", other)


def test_the_order_of_rows_in_the_tables_does_not_matter(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as other:
        fill(other, 900)
        for table in (
            *("verdict", "session", "stratum", "pain_outcome", "benchmark", "rule"),
            *("quarantine", "input_file", "gate_check", "unknown_column"),
        ):
            other.execute(f"create or replace temp table {table} as from {table} order by hash({table})")
        shuffled = rendered(other, tmp_path / "b")
    straight = rendered(connection, tmp_path / "a")
    assert [(straight / name).read_bytes() for name in PAGES] == [(shuffled / name).read_bytes() for name in PAGES]


def test_pages_stay_small_however_much_evidence_a_finding_carries(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as other:
        fill(other, 1000)
        row = "{'table': 'observation', 'row_id': 'R' || k, 'file': 'observation.csv', 'line': k::integer}"
        other.execute(f"update verdict set evidence = list_transform(range(1, 600), lambda k: {row}) where verdict = 'violation'")
        findings = number(other, "select count(*) from verdict where verdict = 'violation'")
        pages = sorted(rendered(other, tmp_path).glob("findings*.html"))
    assert max(path.stat().st_size for path in pages) < 3_000_000
    assert sum(path.read_text("utf-8").count('<tr id="f-') for path in pages) == findings
    assert {path.name for path in pages} == {"findings.html", *(f"findings-{n}.html" for n in range(2, len(pages) + 1))}


def test_the_catalogue_lists_every_run_newest_first(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = manifest(connection, run_id="r1", started_at="2026-01-01T00:00:00Z", period="2026-01", report="runs/r1/index.html")
    stopped = manifest(connection, run_id="r2", started_at="2026-02-01T00:00:00Z", report=None, status="gate_failed")
    stopped["gate"] = {"status": "failed", "failed": ["freshness"]}
    last = manifest(connection, run_id="r3", started_at="2026-03-01T00:00:00Z", period="2026-02", report="runs/r3/index.html")
    path = render_catalogue([last, first, stopped], tmp_path)
    page = Page.read(path)
    assert path == tmp_path / "index.html"
    months = page.text[page.text.index("Months") :]
    assert months.index("2026-02") < months.rindex("2026-01") < months.index("not published")
    assert [link for link in page.attributes("href") if link in ("runs/r3/index.html", "runs/r1/index.html")][-2:] == [
        "runs/r3/index.html",
        "runs/r1/index.html",
    ]
    assert "The newest report: 2026-02" in page.text
    assert "Freshness" in page.text
    assert "<svg" in path.read_text("utf-8")


def test_the_catalogue_shows_of_each_period_the_newest_report_and_what_changed(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Two months by two protocols; the second month was audited twice, and a third time the gate stopped it."""

    def run(run_id: str, period: str, protocol: str, findings: int, **more: Any) -> dict[str, Any]:
        of = manifest(
            connection, run_id=run_id, started_at=f"2026-0{run_id[1]}-01T00:00:00Z", period=period, report=f"runs/{run_id}/index.html"
        )
        of["protocol"] = of["protocol"] | {"id": protocol}
        outcomes = {"compliant": 100 - findings, "with_finding": findings, "undecided": 0, "out_of_scope": 800}
        verdicts = {"KD-01": {"compliant": 100 - findings, "violation": findings, "not_applicable": 0, "not_evaluable": 0}}
        return of | {"verdicts": verdicts, "session_outcomes": outcomes} | more

    stopped = {"report": None, "status": "gate_failed", "gate": {"status": "failed", "failed": ["freshness"]}}
    runs = [
        run("r1", "2026-01", "ours", 20),
        run("r2", "2026-02", "ours", 18),
        run("r3", "2026-02", "ours", 13),
        run("r4", "2026-02", "ours", 99, **stopped),
        run("r5", "2026-02", "theirs", 40),
        run("r6", "2026-Q1", "ours", 33),
    ]
    path = render_catalogue(runs, tmp_path)
    page = Page.read(path)
    months = page.text[page.text.index("Months") : page.text.index("Quarters")]
    ours = (
        months[months.index("ours") : months.index("theirs")]
        if months.index("ours") < months.index("theirs")
        else months[months.index("ours") :]
    )
    assert "+7.0 points, 20 findings before 2026-01, 900 sessions: what changed" in ours
    assert "a later run was stopped by the gate" in ours
    assert "2 other runs" in ours
    assert "99" not in page.text
    assert "runs/r3/changes.html" in page.attributes("href")
    text = path.read_text("utf-8")
    assert text.count('<th scope="rowgroup" rowspan="2">') == 1
    assert not page.unbalanced


def test_the_catalogue_of_two_hundred_runs_is_short_and_hides_none(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    runs = [
        manifest(
            connection,
            run_id=f"r{number:03}",
            started_at=f"{2010 + number // 12}-{number % 12 + 1:02}-02T00:00:00Z",
            period=f"{2010 + number // 12}-{number % 12 + 1:02}",
            report=f"runs/r{number:03}/index.html",
        )
        for number in range(200)
    ]
    path = render_catalogue(runs, tmp_path)
    assert path.stat().st_size < 300_000
    page = Page.read(path)
    assert {f"runs/{run['run_id']}/index.html" for run in runs} <= set(page.attributes("href"))
    before, after = page.text.split("188 earlier, back to 2010-01")
    assert before.index("2026-08") < before.index("2025-09")
    assert "2025-08" in after


def test_a_hostile_run_stays_inert_in_the_catalogue(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    hostile = manifest(connection, run_id=PAYLOADS[0], period=PAYLOADS[1], site=PAYLOADS[3], report="javascript:alert(1)")
    page = Page.read(render_catalogue([hostile, copy.deepcopy(hostile)], tmp_path))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert not [link for link in page.attributes("href") if "javascript:" in link]


def test_an_empty_workspace_has_a_catalogue(tmp_path: Path) -> None:
    assert "No run yet" in Page.read(render_catalogue([], tmp_path)).text
