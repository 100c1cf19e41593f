"""Named charts at the edges of the semantics, each on its own patient."""

from fractions import Fraction
from random import Random

from . import edges_of_doses, edges_of_doubt, edges_of_lines, edges_of_origin
from .chart import HOUR, MIN, Chart, Clock, utc
from .edge_registry import EDGES
from .folder import Tables

__all__ = ["EDGES", "edge_tables", "edges_of_doses", "edges_of_doubt", "edges_of_lines", "edges_of_origin"]


def edge_tables() -> Tables:
    """All edges in one extract, one patient each, watched every 15 minutes."""
    tables: Tables = {"procedure": []}
    for name, build in EDGES.items():
        chart = Chart(Random(1), name, utc(2026, 6, 10, 12), Clock("UTC", "utc"), Fraction(70))
        chart.encounter, chart.order, chart.line = f"{name}-E", f"{name}-O", f"{name}-L"
        chart.add("patient", birth_date="1980-01-01")
        chart.add("encounter", encounter_id=chart.encounter, department="ward_a", started_at=chart.at(-HOUR), ended_at=chart.at(10 * HOUR))
        chart.add("medication_order", order_id=chart.order, context="chronic", dosing_weight="70", dosing_weight_unit="kg")
        build(chart)
        for seconds in range(0, 3 * HOUR, 15 * MIN):
            chart.observe("rass", "0", seconds)
            chart.observe("spo2", "97", seconds)
        chart.observe("cadss", "0", 20 * MIN)
        for table, rows in chart.tables.items():
            tables.setdefault(table, []).extend(rows)
    return tables
