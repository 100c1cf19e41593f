"""The register of named charts at the edges of the semantics."""

from collections.abc import Callable

from .chart import Chart, Row

Edge = Callable[[Chart], None]
EDGES: dict[str, Edge] = {}


def edge(chart: Edge) -> Edge:
    """Register a chart under its name."""
    EDGES[chart.__name__] = chart
    return chart


def per_hour(rate: float) -> Row:
    """A rate in mg/h."""
    return {"rate": str(rate), "rate_unit": "mg/h"}


def mg(dose: float) -> Row:
    """A dose in mg."""
    return {"dose": str(dose), "dose_unit": "mg"}
