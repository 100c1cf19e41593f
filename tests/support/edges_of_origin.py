"""Edges of the orders and encounters that one infusion line runs under."""

from .chart import HOUR, MIN, Chart
from .edge_registry import edge, mg, per_hour


def order(c: Chart, letter: str, **cells: str) -> str:
    """Another order of the patient, by default like the first."""
    name = letter + c.patient
    c.add("medication_order", **({"order_id": name, "context": "chronic", "dosing_weight": "70", "dosing_weight_unit": "kg"} | cells))
    return name


@edge
def line_goes_on_under_another_order(c: Chart) -> None:
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, HOUR, order_id=order(c, "x", context="postsurgical", dosing_weight="80"), **per_hour(40))


@edge
def line_goes_on_under_an_order_of_another_weight(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(70))
    c.give("rate_change", 30 * MIN, order_id=order(c, "A", dosing_weight="68"), **per_hour(70))
    c.give("stop", HOUR)


@edge
def rows_of_two_orders_at_one_instant(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("infusion", 0, HOUR, order_id=order(c, "x", dosing_weight="80"), **per_hour(40))


@edge
def rows_of_two_orders_at_one_instant_one_of_them_nameless(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("infusion", 0, HOUR, order_id="", encounter_id="", **per_hour(40))


@edge
def order_of_a_rate_of_zero_after_two_orders(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_change", 30 * MIN, order_id=order(c, "x"), **per_hour(40))
    c.give("rate_change", HOUR, order_id=order(c, "y", context="postsurgical", dosing_weight="90"), **per_hour(0))


@edge
def three_orders_on_one_line(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_change", 20 * MIN, order_id=order(c, "B", dosing_weight="75"), **per_hour(40))
    c.give("rate_change", 40 * MIN, order_id=order(c, "z"), **per_hour(40))
    c.give("stop", HOUR)


@edge
def line_goes_on_in_another_encounter(c: Chart) -> None:
    c.tables["encounter"][-1]["ended_at"] = c.at(40 * MIN)
    c.add("encounter", encounter_id="x" + c.patient, department="ward_b", started_at=c.at(25 * MIN), ended_at=c.at(3 * HOUR))
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, HOUR, encounter_id="x" + c.patient, **per_hour(40))


@edge
def line_goes_on_in_an_earlier_name_of_encounter(c: Chart) -> None:
    c.add("encounter", encounter_id="A" + c.patient, department="ward_b", started_at=c.at(25 * MIN), ended_at=c.at(70 * MIN))
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, HOUR, encounter_id="A" + c.patient, **per_hour(40))


@edge
def line_goes_on_in_no_encounter(c: Chart) -> None:
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, HOUR, encounter_id="", **per_hour(40))


@edge
def pump_only_verifies(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("rate_verify", 15 * MIN, source="pump", **per_hour(80))
    c.give("rate_verify", 30 * MIN, source="pump", order_id="", line_id="P" + c.patient, **per_hour(80))


@edge
def pump_only_stops(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(80))
    c.give("stop", HOUR, source="pump")


@edge
def pump_only_pauses(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("pause", 30 * MIN, source="pump")


@edge
def infusion_of_no_length_beside_the_infusion_of_the_pump(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", **per_hour(35))
    c.give("infusion", 0, HOUR, **per_hour(35))
    c.give("infusion", 10 * MIN, 10 * MIN, **mg(14), **per_hour(350))


@edge
def infusion_of_no_length_that_the_pump_charted_too(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(35))
    c.give("infusion", 10 * MIN, 10 * MIN, **mg(14), **per_hour(350))
    c.give("infusion", 11 * MIN, 11 * MIN, source="pump", **mg(14), **per_hour(350))


@edge
def each_push_of_the_record_has_its_own_among_the_pumps(c: Chart) -> None:
    for seconds, source in (
        (0, "pump"),
        (90, "mar"),
        (120, "pump"),
        (210, "mar"),
        (240, "pump"),
        (330, "mar"),
        (900, "mar"),
        (960, "pump"),
    ):
        c.give("bolus", seconds, source=source, **mg(10))


@edge
def more_pushes_in_the_record_than_at_the_pump(c: Chart) -> None:
    for seconds, source in ((0, "mar"), (60, "pump"), (60, "mar"), (120, "mar"), (150, "pump"), (181, "mar"), (420, "mar")):
        c.give("bolus", seconds, source=source, **mg(10))


@edge
def pushes_of_two_orders_at_a_pump_that_names_none(c: Chart) -> None:
    other = order(c, "x")
    c.give("bolus", 0, **mg(10))
    c.give("bolus", 30, order_id=other, **mg(10))
    c.give("bolus", 60, source="pump", order_id="", **mg(10))
    c.give("bolus", 90, source="pump", order_id="", **mg(10))


@edge
def push_that_the_pump_perhaps_gave(c: Chart) -> None:
    c.give("bolus", 0, **mg(30))
    c.give("bolus", MIN, source="pump", status="done", **mg(30))


@edge
def reading_of_the_record_beside_the_infusion_of_the_pump(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", line_id="P" + c.patient, **per_hour(42))
    c.give("infused_total", HOUR, **mg(42))


@edge
def infusion_and_reading_of_the_record_beside_the_infusion_of_the_pump(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", line_id="P" + c.patient, **per_hour(42))
    c.give("infusion", 0, **per_hour(42))
    c.give("bolus", 10 * MIN, **mg(7))
    c.give("infused_total", HOUR, **mg(49))


@edge
def reading_of_the_record_on_the_line_of_the_pump(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", **per_hour(42))
    c.give("infusion", 0, HOUR, **per_hour(42))
    c.give("infused_total", HOUR, **mg(50))


@edge
def reading_of_the_record_on_another_day_than_the_infusion_of_the_pump(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", line_id="P" + c.patient, **per_hour(42))
    c.give("infusion", 24 * HOUR, 25 * HOUR, **per_hour(42))
    c.give("infused_total", 25 * HOUR, **mg(50))


def next_encounter(c: Chart, end: int, begin: int) -> str:
    """The first encounter ends, another begins."""
    c.tables["encounter"][-1]["ended_at"] = c.at(end)
    c.add("encounter", encounter_id="x" + c.patient, department="ward_b", started_at=c.at(begin), ended_at=c.at(20 * HOUR))
    return "x" + c.patient


@edge
def stop_in_another_encounter_before_the_charted_one(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(80))
    c.give("stop", 30 * MIN, encounter_id=next_encounter(c, 40 * MIN, 15 * MIN))


@edge
def pause_and_resumption_in_another_encounter(c: Chart) -> None:
    where = next_encounter(c, 40 * MIN, 15 * MIN)
    c.give("infusion", 0, 2 * HOUR, **per_hour(60))
    c.give("pause", 30 * MIN, encounter_id=where)
    c.give("rate_change", 90 * MIN, 2 * HOUR, encounter_id=where, **per_hour(60))


@edge
def open_line_stopped_in_another_encounter(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(60))
    c.give("stop", 3 * HOUR, encounter_id=next_encounter(c, 20 * MIN, 20 * MIN))


@edge
def open_line_lowered_in_another_encounter_without_a_known_end_of_the_first(c: Chart) -> None:
    where = next_encounter(c, -HOUR // 2, 0)
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_change", 4 * HOUR, 5 * HOUR, encounter_id=where, **per_hour(35))


@edge
def line_used_again_at_the_next_visit(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(60))
    c.give("infusion", 5 * HOUR + 1, 6 * HOUR, encounter_id=next_encounter(c, HOUR, 5 * HOUR), **per_hour(60))


@edge
def unknown_line_stopped_in_another_encounter(c: Chart) -> None:
    c.line = ""
    where = next_encounter(c, 40 * MIN, 15 * MIN)
    c.give("infusion", 0, HOUR, **per_hour(60))
    c.give("infusion", 20 * MIN, HOUR, encounter_id=where, **per_hour(20))
    c.give("stop", 30 * MIN, encounter_id=where)


@edge
def reading_of_the_pump_alone_on_its_line(c: Chart) -> None:
    c.give("bolus", 0, **mg(7))
    c.give("infusion", 0, HOUR, **per_hour(42))
    c.give("infused_total", 30 * MIN, source="pump", line_id="P" + c.patient, **mg(30))
    c.give("infused_total", 40 * MIN, source="pump", line_id="P" + c.patient, **mg(77))
    c.give("bolus", 50 * MIN, **mg(7))


@edge
def reading_of_no_line_beside_a_known_line_that_is_read(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, **per_hour(42))
    c.give("infused_total", HOUR, **mg(50))
    c.give("infused_total", HOUR, line_id="", **mg(42))


@edge
def reading_of_no_line_under_another_order(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(42))
    c.give("infused_total", HOUR, line_id="", order_id=order(c, "x"), **mg(21))


@edge
def readings_alone_of_pump_and_record(c: Chart) -> None:
    c.give("infused_total", HOUR, source="pump", line_id="P" + c.patient, **mg(42))
    c.give("infused_total", HOUR, **mg(42))
    c.give("bolus", 2 * HOUR, line_id="x", **mg(7))


@edge
def source_unreadable_beside_the_record(c: Chart) -> None:
    c.give("bolus", 0, source="pmp", **mg(14))
    c.give("bolus", MIN, **mg(14))
    c.give("bolus", 2 * MIN, source="pmp", **mg(14))
    c.give("infusion", 10 * MIN, HOUR, source="pmp", line_id="P" + c.patient, **per_hour(42))
    c.give("infusion", 10 * MIN, HOUR, **per_hour(42))


@edge
def source_unreadable_beside_the_pump(c: Chart) -> None:
    c.give("bolus", 0, source="pump", **mg(14))
    c.give("bolus", MIN, source="pmp", **mg(14))
    c.give("infusion", 10 * MIN, HOUR, source="pump", order_id="", line_id="P" + c.patient, **per_hour(42))
    c.give("infusion", 10 * MIN, HOUR, source="pmp", **per_hour(42))


@edge
def source_unreadable_beside_both(c: Chart) -> None:
    c.give("bolus", 0, source="pmp", **mg(14))
    c.give("infusion", 0, HOUR, source="pump", line_id="P" + c.patient, **per_hour(20))
    c.give("infusion", 0, HOUR, line_id="M" + c.patient, **per_hour(30))
    c.give("infusion", 0, HOUR, source="pmp", **per_hour(40))


def next_day(c: Chart) -> str:
    """The encounter ends after three hours, another begins the next day."""
    return next_encounter(c, 3 * HOUR, 22 * HOUR)


@edge
def open_line_read_at_the_next_visit_after_a_row_of_it(c: Chart) -> None:
    where = next_day(c)
    c.give("infusion", 0, **per_hour(42))
    c.give("infusion", 24 * HOUR, 25 * HOUR, encounter_id=where, **per_hour(42))
    c.give("infused_total", 25 * HOUR, encounter_id=where, **mg(42))


@edge
def open_line_read_at_the_next_visit(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(20))
    c.give("infused_total", 25 * HOUR, encounter_id=next_day(c), **mg(42))


@edge
def open_line_read_before_the_next_visit(c: Chart) -> None:
    where = next_day(c)
    c.give("infusion", 0, **per_hour(20))
    c.give("infused_total", 7 * HOUR, **mg(42))
    c.give("infusion", 24 * HOUR, 25 * HOUR, encounter_id=where, **per_hour(42))


@edge
def reading_after_an_infusion_of_the_day_before(c: Chart) -> None:
    c.tables["encounter"][-1]["ended_at"] = c.at(40 * HOUR)
    c.give("infusion", 0, HOUR, **per_hour(42))
    c.give("bolus", 10 * MIN, **mg(5))
    c.give("infusion", 24 * HOUR, **per_hour(30))
    c.give("bolus", 25 * HOUR, **mg(10))
    c.give("infused_total", 26 * HOUR, **mg(60))
    c.give("bolus", 30 * HOUR, **mg(20))


@edge
def order_that_two_rows_tell_differently(c: Chart) -> None:
    c.add("medication_order", order_id=c.order, context="chronic", dosing_weight="100", dosing_weight_unit="kg")
    c.observe("weight", "100", -HOUR, unit="kg", method="measured")
    c.give("bolus", 0, **mg(30))
    c.give("infusion", 0, 10 * MIN, rate="4", rate_unit="mL/h")
    c.give("infusion", 10 * MIN, HOUR, rate="0.4", rate_unit="mg/kg/h")


@edge
def one_of_two_orders_is_told_differently(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(20))
    c.order = order(c, "x")
    c.add("medication_order", order_id=c.order, context="postsurgical", dosing_weight="70", dosing_weight_unit="kg")
    c.give("rate_change", 30 * MIN, HOUR, **per_hour(7))
