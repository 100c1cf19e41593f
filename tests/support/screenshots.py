"""Takes the pictures of the README from the sample data: python -m tests.support.screenshots (make screenshots)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from infusion_audit import run as job

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
# page, name of the picture, how far down it begins (a selector), light or dark
PICTURES = (
    ("index.html", "summary", None, "light"),
    ("scorecard.html", "scorecard", None, "light"),
    ("findings.html", "findings", "table", "light"),
    ("outcomes.html", "outcomes", None, "dark"),
)
SIZE = {"width": 1240, "height": 860}
COLOURS = 128  # enough for these pages, and a third of the bytes


def take(browser: Browser, page: str, begins: str | None, scheme: str) -> bytes:
    """One picture of one page, as large as a window."""
    context = browser.new_context(viewport=SIZE, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    opened = context.new_page()
    opened.goto(page)
    if begins:
        opened.locator(begins).first.evaluate("element => element.scrollIntoView()")
    picture = Image.open(BytesIO(opened.screenshot())).convert("RGB").quantize(COLOURS)
    context.close()
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def main() -> None:
    """Audit the sample, and write every picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = job.audit([ROOT / "sample_data"], Path(folder))
        report = (Path(folder) / run["report"]).parent
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for page, name, begins, scheme in PICTURES:
            (IMAGES / f"{name}.png").write_bytes(take(browser, (report / page).as_uri(), begins, scheme))
        browser.close()
    print(*sorted(f"{file.relative_to(ROOT)} {file.stat().st_size >> 10} KB" for file in IMAGES.glob("*.png")), sep="\n")


if __name__ == "__main__":
    main()
