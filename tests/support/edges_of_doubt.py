"""Edges of rows that were perhaps not given, on a line that runs."""

from .chart import HOUR, MIN, Chart
from .edge_registry import edge, mg, per_hour

PERHAPS = {"status": "perhaps"}


@edge
def perhaps_paused(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("pause", 30 * MIN, **PERHAPS)


@edge
def perhaps_stopped_without_a_known_stop(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(80))
    c.give("stop", 30 * MIN, **PERHAPS)


@edge
def perhaps_stopped_before_the_stop_row(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(60))
    c.give("stop", 30 * MIN, **PERHAPS)
    c.give("stop", HOUR)


@edge
def perhaps_lowered(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(60))
    c.give("rate_change", 30 * MIN, HOUR, **per_hour(30), **PERHAPS)


@edge
def perhaps_lowered_to_nothing(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("rate_change", 30 * MIN, **per_hour(0), **PERHAPS)


@edge
def perhaps_lowered_without_stops(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_change", 30 * MIN, **per_hour(36), **PERHAPS)
    c.give("rate_change", HOUR, 2 * HOUR, **per_hour(20))


@edge
def perhaps_lowered_to_an_earlier_stop(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("infusion", 10 * MIN, 20 * MIN, **per_hour(35), **PERHAPS)


@edge
def perhaps_lowered_and_paused(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(60))
    c.give("rate_change", 10 * MIN, **per_hour(70), **PERHAPS)
    c.give("pause", 20 * MIN, **PERHAPS)
    c.give("rate_change", 40 * MIN, HOUR, **per_hour(50))


@edge
def perhaps_set_after_the_stop(c: Chart) -> None:
    c.give("infusion", 0, 30 * MIN, **per_hour(35))
    c.give("rate_change", 30 * MIN, HOUR, **per_hour(30), **PERHAPS)


@edge
def bolus_perhaps_paused(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("pause", 10 * MIN, route="zz")


@edge
def perhaps_verified(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(70))
    c.give("rate_verify", 61 * MIN, **per_hour(70), **PERHAPS)


@edge
def verified_after_it_was_perhaps_stopped(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, **per_hour(20))
    c.give("stop", 30 * MIN, **PERHAPS)
    c.give("rate_verify", HOUR, **per_hour(20))


@edge
def paused_for_certain_and_perhaps_at_one_instant(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("pause", 30 * MIN, **PERHAPS)
    c.give("stop", 30 * MIN)


@edge
def perhaps_paused_where_the_rate_was_set(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("pause", 30 * MIN, **PERHAPS)
    c.give("rate_change", 30 * MIN, HOUR, **per_hour(30))


@edge
def rate_of_unknown_unit_perhaps_paused(c: Chart) -> None:
    c.give("infusion", 0, HOUR, rate="40", rate_unit="drops/min")
    c.give("pause", 30 * MIN, **PERHAPS)


@edge
def rate_per_kg_perhaps_paused(c: Chart) -> None:
    c.give("infusion", 0, HOUR, rate="0.8", rate_unit="mg/kg/h")
    c.give("pause", 30 * MIN, **PERHAPS)


@edge
def unknown_line_perhaps_started_twice(c: Chart) -> None:
    c.line = ""
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("infusion", 20 * MIN, HOUR, **per_hour(20), **PERHAPS)
    c.give("pause", 30 * MIN, **PERHAPS)


@edge
def perhaps_read_below_the_rows(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("infused_total", HOUR, **mg(42), **PERHAPS)


@edge
def perhaps_read_on_an_open_line(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(42))
    c.give("infused_total", HOUR, **mg(90), **PERHAPS)


@edge
def read_and_perhaps_read_again(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, **per_hour(30))
    c.give("infused_total", HOUR, **mg(35))
    c.give("infused_total", 90 * MIN, **mg(50), **PERHAPS)


@edge
def perhaps_read_alone(c: Chart) -> None:
    c.give("infused_total", HOUR, **mg(42), **PERHAPS)


@edge
def pump_that_perhaps_gave_beside_the_record(c: Chart) -> None:
    c.give("infusion", 0, HOUR, line_id="m", **per_hour(80))
    c.give("infusion", 0, HOUR, line_id="p", source="pump", **per_hour(40), **PERHAPS)
