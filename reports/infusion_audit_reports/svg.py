"""Turns a drawing of the chart library into inline SVG that is safe, small, reproducible and follows the page's colours."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

# The library paints with these stand-ins; the page's style sheet decides what they look like, in light, dark and print.
PALETTE = {
    "#010101": "ink",
    "#020202": "muted",
    "#030303": "line",
    "#040404": "compliant",
    "#050505": "violation",
    "#060606": "not_evaluable",
    "#070707": "not_applicable",
    "#080808": "surface",
    "#090909": "material",
    "#0a0a0a": "marginal",
    "#0b0b0b": "below_range",
    "#0c0c0c": "documentation",
    "#0d0d0d": "other",
}
COLOUR = {name: code for code, name in PALETTE.items()}

_ELEMENTS = {"svg", "g", "path", "line", "rect", "circle", "polyline", "polygon", "text", "tspan", "defs", "clipPath"}
_SHAPE = {"d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "dx", "dy", "transform"}
_PAINT = {"fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"}
_ATTRIBUTES = _SHAPE | _PAINT | {"class", "id", "clip-path", "text-anchor"}
_RGB = re.compile(r"rgb\((\d+),\s*(\d+),\s*(\d+)\)")
_DECIMALS = re.compile(r"-?\d+\.\d+(?:[eE]-?\d+)?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline(drawing: str, *, name: str, title: str, description: str) -> str:
    """The drawing as an ``svg`` element of the page, with ``name`` as the prefix of its ids.

    Only elements and attributes that draw are let through: the library turns an ``<a href>`` in a label into a real
    link, and a label may come from a patient's record.
    """
    root = ElementTree.fromstring(drawing)
    if root.get("width") is None:
        raise RuntimeError(f"the chart library could not draw {name}: {''.join(root.itertext()).strip()}")
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    ids: dict[str, str] = {}
    for element in root.iter():
        if (old := element.get("id")) is not None:
            ids[old] = f"{name}-{len(ids) + 1}"
    body = "".join(_write(child, ids) for child in root)
    return framed(body, width, height, name=name, title=title, description=description)


def framed(body: str, width: float, height: float, *, name: str, title: str, description: str, style: str = "chart") -> str:
    """A drawing as an ``svg`` element with a role, a title and a description."""
    return (
        f'<svg class="{style}" role="img" viewBox="0 0 {width:g} {height:g}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>{body}</svg>'
    )


def _write(element: ElementTree.Element, ids: dict[str, str]) -> str:
    tag = element.tag.rpartition("}")[2]
    if tag == "style":
        return ""
    text = element.text or ""
    inside = escape(text if tag == "tspan" else text.strip()) + "".join(_write(child, ids) for child in element)
    if tag not in _ELEMENTS:
        return inside  # its text stays, what it would do does not
    if tag in ("g", "defs") and not inside:
        return ""
    attributes = "".join(f' {key}="{escape(_value(key, value, ids))}"' for key, value in element.attrib.items() if key in _ATTRIBUTES)
    if not inside and not attributes:
        return ""
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _value(key: str, value: str, ids: dict[str, str]) -> str:
    if key == "id":
        return ids[value]
    if key == "clip-path":
        return _REFERENCE.sub(lambda found: f"url(#{ids.get(found[1], 'none')})", value)
    if key in ("fill", "stroke"):
        code = _RGB.sub(lambda found: "#" + "".join(f"{int(part):02x}" for part in found.groups()), value).lower()
        return f"var(--{PALETTE[code].replace('_', '-')})" if code in PALETTE else code
    return _DECIMALS.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
