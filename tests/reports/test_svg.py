"""A chart on the page only draws: nothing in it loads, links or runs."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from infusion_audit_reports import charts, drawing, trends
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.svg import inline
from tests.reports.inspection import Page

PAYLOADS = ('<a href="javascript:alert(1)">x</a>', "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "a & b")


def rule(rule_id: str, **counts: int) -> dict[str, Any]:
    row = {"rule_id": rule_id, "compliant": 8, "violation": 2, "not_evaluable": 1, "not_applicable": 4, **counts}
    total = row["compliant"] + row["violation"]
    return row | {"n": total, "rate": wilson_95(row["compliant"], total)}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_label_with_a_payload_is_only_text(payload: str) -> None:
    chart = charts.verdict_composition([rule(payload), rule("KD-01")])
    assert chart is not None
    page = Page()
    page.feed(str(chart.svg))
    assert {tag for tag, _ in page.elements} <= {"svg", "title", "desc", "g", "path", "line", "rect", "text", "tspan", "defs", "clippath"}
    assert not {name for _, attributes in page.elements for name in attributes if name.startswith("on") or "href" in name}
    assert not page.unbalanced


def test_two_charts_on_a_page_share_no_id() -> None:
    rules = [rule("KD-01"), rule("KD-02")]
    drawn = [charts.rule_intervals(rules), charts.verdict_composition(rules)]
    ids = [found for chart in drawn if chart for found in re.findall(r' id="([^"]+)"', str(chart.svg))]
    assert ids
    assert len(ids) == len(set(ids))


def test_the_same_numbers_draw_the_same_bytes() -> None:
    rules = [rule("KD-01"), rule("KD-02", violation=5)]
    assert charts.rule_intervals(rules) == charts.rule_intervals(rules)


def test_a_chart_takes_its_colours_from_the_page() -> None:
    chart = charts.verdict_composition([rule("KD-01")])
    assert chart is not None
    assert {"var(--compliant)", "var(--violation)", "var(--not-evaluable)"} <= set(re.findall(r'fill="([^"]+)"', str(chart.svg)))
    assert not re.search(r"#0[0-9a-d]0[0-9a-d]0[0-9a-d]|rgb\([0-9]{1,2},", str(chart.svg))


def test_a_chart_is_named_and_described() -> None:
    chart = charts.rule_intervals([rule("KD-01")])
    assert chart is not None
    assert str(chart.svg).startswith('<svg class="chart" role="img"')
    assert "<title id=" in chart.svg
    assert "<desc id=" in chart.svg
    assert chart.rows == [("KD-01", "80.0\u00a0%", "49.0 to 94.3\u00a0%", "10")]


def test_a_drawing_that_failed_is_an_error_and_not_a_picture_of_one() -> None:
    lp = drawing.library()
    broken = lp.ggplot({"x": [1]}, lp.aes("x", "x")) + lp.geom_line(lp.aes(group=1))
    with pytest.raises(RuntimeError, match="could not draw broken"):
        inline(broken.to_svg(), name="broken", title="t", description="d")


def test_one_month_is_no_trend() -> None:
    row = {"month": date(2026, 1, 1), "sessions": 9, "compliant": 5, "out_of_scope": 0}
    assert trends.compliance_trend([row]) is None


def test_a_total_at_the_cap_stands_below_the_line() -> None:
    totals = [
        {"cap": 1, "unit": "mg/kg", "verdict": verdict, "twentieth": at, "sessions": n}
        for verdict, at, n in (("compliant", 20, 7), ("violation", 21, 3), ("violation", 400, 1))
    ]
    chart = charts.total_doses(totals)
    assert chart is not None
    assert "4 of 11 sessions above the cap of 1 mg/kg" in chart.says
    assert sum(int(cell) for row in chart.rows for cell in row[1:]) == 11
