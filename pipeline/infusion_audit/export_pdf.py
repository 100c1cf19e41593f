"""report.pdf: the pages of the report as one document to print or to send, made by WeasyPrint (an optional extra)."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infusion_audit import outputs
from infusion_audit.errors import UserError

if TYPE_CHECKING:
    from infusion_audit.edition import Edition


def write(found: Edition, out: Path) -> Path:
    """report.pdf of an edition: every page in the order of the navigation, of the worklist the first page (the most severe findings)."""
    html = _library()
    pages = out / ".pages"
    pages.mkdir()
    try:
        outputs.render_edition(found.connection, found.manifest, pages, found.previous, found.reviews, found.history)
        documents = [html(string=page.read_text("utf-8"), url_fetcher=_refuse).render() for page in _in_order(pages)]
        merged = documents[0].copy([page for document in documents for page in document.pages])
        merged.write_pdf(str(out / "report.pdf"), pdf_identifier=found.run_id.encode())
    finally:
        shutil.rmtree(pages)
    return out / "report.pdf"


def _library() -> Any:
    try:
        return import_module("weasyprint").HTML
    except (ImportError, OSError) as error:  # OSError: the package is there and the system's Pango is not
        raise UserError(
            "a PDF needs WeasyPrint and the Pango library",
            hint='pip install "infusion-audit[pdf]"; on Debian and Ubuntu also: apt-get install libpango-1.0-0 libpangoft2-1.0-0',
        ) from error


def _in_order(pages: Path) -> list[Path]:
    from infusion_audit_reports.site import page_names

    return [pages / name for name in page_names() if (pages / name).exists()]


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    """Load nothing: a report is complete in itself."""
    raise ValueError(f"refused to load {url[:40]}")
