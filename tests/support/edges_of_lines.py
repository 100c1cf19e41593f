"""Edges of lines, segments, rates and monitoring."""

from .chart import HOUR, MIN, Chart
from .edge_registry import edge, mg, per_hour


@edge
def short_then_pause_then_higher(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, **per_hour(60))
    c.give("infusion", 40 * MIN, 2 * HOUR, **per_hour(70))


@edge
def short_then_pause_then_equal(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, **per_hour(60))
    c.give("infusion", 40 * MIN, 2 * HOUR, **per_hour(60))


@edge
def short_then_pauserow_then_higher(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(60))
    c.give("pause", 10 * MIN)
    c.give("infusion", 40 * MIN, 2 * HOUR, **per_hour(70))


@edge
def two_lines_start_together_one_short_sum_falls(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, **per_hour(20))
    c.line = "l2"
    c.give("infusion", 0, HOUR, **per_hour(40))


@edge
def short_on_a_then_higher_on_b(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, **per_hour(40))
    c.line = "l2"
    c.give("infusion", 10 * MIN, HOUR, **per_hour(60))


@edge
def push_then_short_infusion_2min_later(c: Chart) -> None:
    c.give("bolus", 0, **mg(10))
    c.give("infusion", 2 * MIN, 12 * MIN, **per_hour(60))
    c.give("infusion", 12 * MIN, HOUR, **per_hour(40))


@edge
def push_inside_long_pause(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("bolus", HOUR + 40 * MIN, **mg(5))
    c.give("infusion", 2 * HOUR + 20 * MIN, 3 * HOUR, **per_hour(40))


@edge
def pca_after_infusion(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", **per_hour(40))
    for k in range(6):
        c.give("pca_demand", HOUR + k * 30 * MIN, source="pump", delivered_count="1", **mg(2))


@edge
def unknown_and_known_line_overlap(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.line = ""
    c.give("infusion", 30 * MIN, 90 * MIN, **per_hour(40))


@edge
def verify_differs_row_with_own_stop(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("rate_verify", 30 * MIN, **per_hour(50))


@edge
def verify_after_stop(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.give("stop", HOUR)
    c.give("rate_verify", HOUR + 5 * MIN, **per_hour(40))


@edge
def dose_without_rate(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **mg(40))


@edge
def broken_stop(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40), stopped_at="noon")
    c.give("infusion", HOUR, 2 * HOUR, **per_hour(40))


@edge
def broken_stop_alone(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40), stopped_at="noon")


@edge
def broken_concentration_falls_back(c: Chart) -> None:
    c.tables["medication_order"][-1] |= {"concentration": "2", "concentration_unit": "mg/mL"}
    c.give("infusion", 0, HOUR, rate="20", rate_unit="mL/h", concentration="two", concentration_unit="mg/mL")


@edge
def unusable_row_concentration_order_ok(c: Chart) -> None:
    c.tables["medication_order"][-1] |= {"concentration": "2", "concentration_unit": "mg/mL"}
    c.give("infusion", 0, HOUR, rate="20", rate_unit="mL/h", concentration="200", concentration_unit="mg/mL")


@edge
def unusable_order_concentration_row_ok(c: Chart) -> None:
    c.tables["medication_order"][-1] |= {"concentration": "200", "concentration_unit": "mg/mL"}
    c.give("infusion", 0, HOUR, rate="20", rate_unit="mL/h", concentration="2", concentration_unit="mg/mL")


@edge
def unusable_pump_weight(c: Chart) -> None:
    c.give("infusion", 0, HOUR, rate="0.6", rate_unit="mg/kg/h", pump_weight="70", pump_weight_unit="st")


@edge
def perhaps_infusion_alone(c: Chart) -> None:
    c.give("infusion", 0, HOUR, status="maybe", **per_hour(40))


@edge
def perhaps_infusion_between(c: Chart) -> None:
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, HOUR, status="maybe", **per_hour(40))


@edge
def stop_row_names_other_order(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.add("medication_order", order_id="x" + c.patient, context="postsurgical", dosing_weight="80", dosing_weight_unit="kg")
    c.give("stop", HOUR, order_id="x" + c.patient)


@edge
def coverage_partial_gap(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, **per_hour(20))


@edge
def kept_out_infusion_and_km(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.give("infusion", HOUR, 2 * HOUR, started_at="soon", **per_hour(40))


@edge
def zero_rate_then_bolus(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(0))
    c.give("bolus", 10 * MIN, **mg(20))


@edge
def simultaneous_with_different_stops(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("infusion", 0, 2 * HOUR, **per_hour(40))


@edge
def restart_after_stop_before_own_stop(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, **per_hour(40))
    c.give("stop", HOUR)
    c.give("infusion", 90 * MIN, 2 * HOUR, **per_hour(40))


@edge
def stop_before_start_then_next_row(c: Chart) -> None:
    c.give("infusion", 0, -10 * MIN, **per_hour(40))
    c.give("infusion", HOUR, 2 * HOUR, **per_hour(40))


@edge
def verify_without_rate_running_no_stop(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_verify", 30 * MIN)


@edge
def same_rate_on_a_new_bag_without_a_stop(c: Chart) -> None:
    c.observe("spo2", "80", -10 * MIN)
    c.observe("spo2", "80", 10 * MIN)
    c.observe("spo2", "80", 25 * MIN)
    c.give("infusion", 0, 30 * MIN, rate="0.8", rate_unit="mL/h", concentration="50", concentration_unit="mg/mL")
    c.give("infusion", 30 * MIN, concentration="0.1", concentration_unit="mg/mL", volume_ml="400", **per_hour(40))


@edge
def same_rate_without_a_stop(c: Chart) -> None:
    c.observe("spo2", "80", 0)
    c.observe("spo2", "80", 10 * MIN)
    c.observe("spo2", "80", 25 * MIN)
    c.give("infusion", 0, 30 * MIN, **per_hour(40))
    c.give("infusion", 30 * MIN, **per_hour(40))


@edge
def slow_line_perhaps_ran_on_alone(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(42))
    c.line = "l2"
    c.give("infusion", 0, **per_hour(7))
    c.give("rate_verify", 30 * MIN, **per_hour(7))


@edge
def low_with_or_without_the_open_line(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(34))
    c.line = "l2"
    c.give("infusion", 10 * MIN, **per_hour(7))


@edge
def pump_total_closes_the_second_rate(c: Chart) -> None:
    c.give("infusion", 0, source="pump", **per_hour(42))
    c.give("rate_change", 30 * MIN, source="pump", **per_hour(21))
    c.give("infused_total", 2 * HOUR, source="pump", **mg(42))


@edge
def verified_after_the_end_of_the_encounter(c: Chart) -> None:
    c.tables["encounter"][-1]["ended_at"] = c.at(HOUR)
    c.give("infusion", 0, **per_hour(40))
    c.give("rate_verify", 90 * MIN, **per_hour(40))


@edge
def verified_after_the_bag_was_empty(c: Chart) -> None:
    c.give("infusion", 0, volume_ml="20", concentration="1", concentration_unit="mg/mL", **per_hour(40))
    c.give("rate_verify", 90 * MIN, **per_hour(40))


@edge
def short_first_row_perhaps_given(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, status="perhaps", **per_hour(200))
    c.give("infusion", 10 * MIN, HOUR, **per_hour(40))


@edge
def short_first_row_before_one_perhaps_given(c: Chart) -> None:
    c.give("infusion", 0, 10 * MIN, **per_hour(40))
    c.give("infusion", 10 * MIN, HOUR, status="perhaps", **per_hour(60))
