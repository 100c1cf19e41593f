"""The pages in a real browser: from the disk, offline, narrow, dark, filtered and printed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from infusion_audit import run as job
from infusion_audit_reports.site import page_names, render_catalogue
from tests.reports.conftest import manifest
from tests.reports.test_case_sheets import extract
from tests.reports.test_site import PAGES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The case sheets of the charts that are worked by hand, hostile text among them."""
    home = tmp_path_factory.mktemp("sheets")
    run = job.audit([extract(home / "data")], home / "audit", gate=False)
    return sorted((home / "audit" / "runs" / run["run_id"]).glob("case-*.html"))


@pytest.fixture(scope="module")
def sample(audited_sample: Path) -> list[Path]:
    """Every page of the report of the sample extract, and the catalogue."""
    return sorted(audited_sample.rglob("*.html"))


@pytest.fixture(scope="module")
def catalogue(site: Path, connection: Any) -> Path:
    return render_catalogue([manifest(connection), manifest(connection, run_id="earlier")], site.parents[1])


def test_every_page_opens_from_disk_without_a_complaint_or_a_request(
    browser: Any, site: Path, catalogue: Path, sheets: list[Path], sample: list[Path]
) -> None:
    assert len(sample) > 40
    page = browser.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    for path in (*(site / name for name in PAGES), catalogue, *sheets, *sample):
        asked.clear()
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        assert complaints == [], path.name
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert page.title()
    page.close()


def one_of_a_kind(site: Path, sheets: list[Path]) -> list[Path]:
    """A page made from every template: a rule of either family and a few sheets stand for all of them."""
    rules = {name for name in PAGES if name.startswith("rule-")} - {"rule-kd-01.html", "rule-km-01.html"}
    return [*(site / name for name in PAGES if name not in rules), *sheets[:4]]


ASKED = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_of_wcag_2_2_aa(browser: Any, sheets: list[Path], scheme: str) -> None:
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    run = sheets[0].parent
    page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
    found: list[tuple[str, str, str]] = []
    for path in (
        *(run / name for name in page_names() if (run / name).exists()),
        run / "rule-kd-07.html",
        sheets[0],
        run.parents[1] / "index.html",
    ):
        page.goto(path.as_uri())
        page.evaluate(axe)
        told = page.evaluate(f"axe.run(document, {{runOnly: {ASKED}}})")
        found += [(path.name, each["id"], each["nodes"][0]["html"][:200]) for each in told["violations"]]
    page.context.close()
    assert found == []


def test_a_narrow_screen_never_scrolls_sideways(browser: Any, site: Path, catalogue: Path, sheets: list[Path], sample: list[Path]) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 800})
    for path in (*(site / name for name in PAGES), catalogue, *sheets, *sample):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path.name
    page.close()


def test_dark_is_dark_and_both_are_readable(browser: Any, site: Path, sheets: list[Path]) -> None:
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        for path in one_of_a_kind(site, sheets):
            page.goto(path.as_uri())
            poor = page.evaluate(CONTRAST)
            assert poor == [], (scheme, path.name)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        red = int(background.removeprefix("rgb(").split(",")[0])
        assert (red < 60) == (scheme == "dark")
        page.close()


def test_charts_keep_their_colours_in_the_page(browser: Any, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "scorecard.html").as_uri())
    fills = page.evaluate("[...new Set([...document.querySelectorAll('svg.chart rect')].map(e => getComputedStyle(e).fill))]")
    assert "rgb(196, 67, 10)" in fills
    assert page.locator("svg.chart[role=img]").count() == 2
    page.close()


def test_a_filter_works_without_a_script(browser: Any, site: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / "findings.html").as_uri())
    rows = page.locator(".worklist tbody tr")
    everything = rows.count()
    page.locator("#only-KD-06").click()
    shown = page.locator(".worklist tbody tr:visible")
    assert 0 < shown.count() < everything
    assert all("KD-06" in text for text in shown.all_text_contents())
    page.locator("#only-all").press("Enter")
    page.goto((site / "findings.html").as_uri() + "#only-all")
    assert page.locator(".worklist tbody tr:visible").count() == everything
    page.close()


def test_only_the_overdue_reviews_can_be_shown(browser: Any, site: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / "findings.html").as_uri())
    page.locator("#only-review-overdue").click()
    shown = page.locator(".worklist tbody tr:visible td[data-label=Review] .badge").all_inner_texts()
    assert shown
    assert all(text.endswith(", overdue") for text in shown)
    page.goto((site / "review.html").as_uri())
    page.locator("#opened-again tbody th a").first.click()
    assert page.locator("tr:target td[data-label=Review]").inner_text().startswith("Open again")
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Any, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def tab_to(page: Any, there: str) -> None:
    """Press the tabulator until the expression holds."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(there):
            return
    raise AssertionError(f"the keyboard does not reach it: {there}")


def test_the_keyboard_alone_filters_the_worklist_and_scrolls_a_wide_table(browser: Any, site: Path) -> None:
    page = browser.new_context(java_script_enabled=False, viewport={"width": 700, "height": 700}).new_page()
    page.goto((site / "findings.html").as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the content, past the navigation
    tab_to(page, "document.activeElement.getAttribute('href') === '#only-KD-06'")
    page.keyboard.press("Enter")
    page.wait_for_url("**#only-KD-06")
    shown = page.locator(".worklist tbody tr:visible").all_text_contents()
    assert shown
    assert [text for text in shown if "KD-06" not in text] == []
    page.goto((site / "monitoring.html").as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "document.activeElement.matches('.scroll') && document.activeElement.scrollWidth > document.activeElement.clientWidth")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.matches('.scroll') && document.activeElement.scrollLeft > 0")
    page.close()


def test_a_sheet_on_paper_keeps_its_timeline_chains_evidence_and_room_for_the_reviewer(browser: Any, sheets: list[Path]) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.emulate_media(media="print")
    for path in sheets:
        page.goto(path.as_uri())
        assert page.locator("svg.timeline").is_visible()
        for part in ("#numbers-h", "#contra", "#verdicts", "#evidence", ".reviewer .choices"):
            assert page.locator(part).first.is_visible(), (path.name, part)
        assert page.locator(".reviewer .line").first.bounding_box()["height"] > 10
    page.close()


def test_a_page_of_every_kind_prints(browser: Any, site: Path, sheets: list[Path], tmp_path: Path) -> None:
    page = browser.new_page()
    for path in one_of_a_kind(site, sheets):
        page.goto(path.as_uri())
        page.pdf(path=tmp_path / f"{path.name}.pdf", prefer_css_page_size=True)
        assert (tmp_path / f"{path.name}.pdf").stat().st_size > 10_000
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.querySelector('.top nav')).display") == "none"
        page.emulate_media(media="screen")
    page.close()


# Text whose contrast with what lies behind it is below 4.5 (3 where it is large): WCAG 2.2, AA.
CONTRAST = """
() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const linear = v => v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length == 3 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const a = light(parse(e.closest('svg.chart') ? style.fill : style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.add(`${e.tagName}.${e.className.baseVal ?? e.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
}
"""
