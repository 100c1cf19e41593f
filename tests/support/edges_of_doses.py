"""Edges of pushes, PCA, pump totals, weights and orders."""

from .chart import DAY, HOUR, MIN, Chart, Row
from .edge_registry import edge, mg, per_hour


@edge
def dose_per_kg_no_weights(c: Chart) -> None:
    c.tables["medication_order"][-1].pop("dosing_weight")
    c.observe("weight", "70", -DAY, unit="kg")
    c.give("bolus", 0, dose="0.3", dose_unit="mg/kg")


@edge
def perhaps_push_alone(c: Chart) -> None:
    c.give("bolus", 0, route="vein", **mg(10))


@edge
def perhaps_over_limit_push_and_sure_push(c: Chart) -> None:
    c.give("bolus", 0, route="vein", **mg(30))
    c.give("bolus", HOUR, **mg(10))


@edge
def unreadable_total(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", **per_hour(40))
    c.give("infused_total", HOUR, source="pump", volume_ml="20")


@edge
def unreadable_total_then_good(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, source="pump", **per_hour(40))
    c.give("infused_total", HOUR, source="pump", volume_ml="20")
    c.give("infused_total", 2 * HOUR, source="pump", **mg(80))


@edge
def open_with_total_and_bolus(c: Chart) -> None:
    c.give("bolus", 0, source="pump", **mg(20))
    c.give("infusion", 0, source="pump", **per_hour(40))
    c.give("infused_total", 2 * HOUR, source="pump", **mg(50))


@edge
def open_with_two_totals(c: Chart) -> None:
    c.give("infusion", 0, source="pump", **per_hour(40))
    c.give("infused_total", HOUR, source="pump", **mg(40))
    c.give("infused_total", 2 * HOUR, source="pump", **mg(60))


@edge
def total_on_line_with_pushes_only(c: Chart) -> None:
    c.give("bolus", 0, source="pump", **mg(10))
    c.give("infused_total", HOUR, source="pump", **mg(15))


@edge
def total_alone(c: Chart) -> None:
    c.give("infused_total", HOUR, source="pump", **mg(15))


@edge
def total_before_start(c: Chart) -> None:
    c.give("infused_total", -10 * MIN, source="pump", **mg(5))
    c.give("infusion", 0, HOUR, source="pump", **per_hour(40))
    c.give("infused_total", HOUR, source="pump", **mg(45))


@edge
def mar_total_with_pump_infusion(c: Chart) -> None:
    c.give("infusion", 0, HOUR, source="pump", **per_hour(40))
    c.give("infused_total", HOUR, **mg(50))


@edge
def two_orders_one_without_weight(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.add("medication_order", order_id="x" + c.patient, context="chronic")
    c.give("bolus", HOUR, order_id="x" + c.patient, **mg(20))


@edge
def two_orders_one_weight_unusable(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.add("medication_order", order_id="x" + c.patient, context="chronic", dosing_weight="70")
    c.give("bolus", HOUR, order_id="x" + c.patient, **mg(20))


@edge
def two_orders_weights_differ(c: Chart) -> None:
    c.give("bolus", 0, **mg(24.5))
    c.add("medication_order", order_id="x" + c.patient, context="chronic", dosing_weight="72", dosing_weight_unit="kg")
    c.give("bolus", HOUR, order_id="x" + c.patient, **mg(20))


@edge
def demand_count_unknown_alone(c: Chart) -> None:
    c.give("pca_demand", 0, source="pump", **mg(2))


@edge
def demand_count_unknown_bad(c: Chart) -> None:
    c.give("pca_demand", 0, source="pump", **mg(9))
    c.give("pca_demand", MIN, source="pump", delivered_count="1", **mg(2))


@edge
def pca_total_unreadable_unit(c: Chart) -> None:
    c.give("pca_total", 0, HOUR, source="pump", delivered_count="3", total_dose="6", total_dose_unit="u", **mg(2))


@edge
def demand_at_end_of_total(c: Chart) -> None:
    c.give("pca_total", 0, HOUR, source="pump", delivered_count="3", **mg(2))
    c.give("pca_demand", HOUR, source="pump", delivered_count="1", **mg(2))


@edge
def push_exactly_24h_apart(c: Chart) -> None:
    c.give("bolus", 0, **mg(40))
    c.give("bolus", 24 * HOUR, **mg(40))


@edge
def weight_after_start_two(c: Chart) -> None:
    c.tables["medication_order"][-1].pop("dosing_weight")
    c.observe("weight", "70", HOUR, unit="kg")
    c.observe("weight", "90", 2 * HOUR, unit="kg")
    c.give("bolus", 0, **mg(24))


@edge
def stated_newer_than_measured(c: Chart) -> None:
    c.tables["medication_order"][-1].pop("dosing_weight")
    c.observe("weight", "70", -3 * DAY, unit="kg", method="measured")
    c.observe("weight", "90", -HOUR, unit="kg", method="stated")
    c.give("bolus", 0, **mg(24.5))


@edge
def weight_method_broken(c: Chart) -> None:
    c.tables["medication_order"][-1].pop("dosing_weight")
    c.observe("weight", "70", -3 * DAY, unit="kg", method="guess")
    c.give("bolus", 0, **mg(24.5))


@edge
def mar_and_pump_only_total(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(40))
    c.give("infused_total", HOUR, source="pump", **mg(30))


@edge
def perhaps_bolus_is_bounded(c: Chart) -> None:
    c.give("bolus", 0, **mg(19.6))
    c.give("infusion", 0, 5 * MIN, **per_hour(28))
    c.give("infusion", HOUR, 2 * HOUR, rate="70", rate_unit="mL/h")


@edge
def perhaps_bolus_at_a_high_rate(c: Chart) -> None:
    c.give("infusion", 0, 5 * MIN, **per_hour(210))
    c.give("infusion", HOUR, 2 * HOUR, rate="70", rate_unit="mL/h")


@edge
def perhaps_bolus_between_pushes(c: Chart) -> None:
    c.give("bolus", 0, **mg(14))
    c.give("infusion", 0, 10 * MIN, **per_hour(6))
    c.give("bolus", 12 * MIN, **mg(14))
    c.give("infusion", HOUR, 2 * HOUR, rate="70", rate_unit="mL/h")


@edge
def perhaps_push_between_pushes(c: Chart) -> None:
    c.give("bolus", 0, **mg(14))
    c.give("bolus", 4 * MIN, status="maybe", **mg(1))
    c.give("bolus", 8 * MIN, **mg(14))


@edge
def infusion_of_no_length_with_an_amount_and_a_rate(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(35))
    c.give("infusion", 30 * MIN, 30 * MIN, **mg(14), **per_hour(350))


@edge
def infusion_of_no_length_with_an_unreadable_amount(c: Chart) -> None:
    c.give("infusion", 0, HOUR, **per_hour(35))
    c.give("infusion", 30 * MIN, 30 * MIN, dose="ten", dose_unit="mg", **per_hour(350))


@edge
def infusion_with_an_amount_and_no_rate_nor_stop(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.give("infusion", 0, **mg(60))
    c.give("stop", HOUR)


@edge
def rate_of_zero_with_an_amount_of_zero_is_a_pause(c: Chart) -> None:
    c.give("infusion", 0, **per_hour(80))
    c.give("infusion", 30 * MIN, **mg(0), **per_hour(0))
    c.give("stop", HOUR)


@edge
def pca_total_that_a_reading_cuts(c: Chart) -> None:
    c.give("pca_total", 0, HOUR, delivered_count="15", **mg(2))
    c.give("pca_total", HOUR, 2 * HOUR, delivered_count="30", **mg(2))
    c.give("infused_total", 65 * MIN, **mg(32))


@edge
def pca_total_that_begins_at_a_reading(c: Chart) -> None:
    c.give("pca_total", 0, HOUR, delivered_count="15", **mg(2))
    c.give("infused_total", HOUR, **mg(32))
    c.give("pca_total", HOUR, 2 * HOUR, delivered_count="10", **mg(2))
    c.give("pca_demand", 2 * HOUR, delivered_count="1", **mg(2))


@edge
def push_that_a_reading_cuts(c: Chart) -> None:
    c.give("bolus", -2 * MIN, 2 * MIN, **mg(20))
    c.give("bolus", 0, **mg(5))
    c.give("infused_total", 0, **mg(10))
    c.give("infusion", 2 * MIN, HOUR, **per_hour(35))


@edge
def unknown_rate_that_a_reading_cuts(c: Chart) -> None:
    c.give("infusion", 0, 2 * HOUR, rate="35", rate_unit="drops/h")
    c.give("infused_total", HOUR, **mg(35))


@edge
def unreadable_pca_total_beside_a_count_of_zero(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.give("pca_total", 0, HOUR, delivered_count="0", total_dose="12", total_dose_unit="units", **mg(2))
    c.give("pca_total", HOUR, 2 * HOUR, delivered_count="0", total_dose="twelve", total_dose_unit="mg", **mg(2))


@edge
def pca_total_of_zero_without_a_count(c: Chart) -> None:
    c.give("bolus", 0, **mg(20))
    c.give("pca_total", 0, HOUR, total_dose="0", total_dose_unit="units", **mg(2))
    c.give("pca_total", HOUR, 2 * HOUR, delivered_count="0", **mg(2))


@edge
def verified_at_another_concentration(c: Chart) -> None:
    c.give("infusion", 0, rate="10", rate_unit="mL/h", concentration="5", concentration_unit="mg/mL")
    c.give("rate_verify", 20 * MIN, rate="10", rate_unit="mL/h")
    c.give("rate_verify", 30 * MIN, rate="10", rate_unit="mL/h", concentration="10", concentration_unit="mg/mL")
    c.give("rate_verify", 40 * MIN, rate="10", rate_unit="mL/h")
    c.give("stop", HOUR)


@edge
def verified_at_another_pump_weight(c: Chart) -> None:
    c.give("infusion", 0, rate="0.6", rate_unit="mg/kg/h", pump_weight="70", pump_weight_unit="kg")
    c.give("rate_verify", 30 * MIN, rate="0.6", rate_unit="mg/kg/h", pump_weight="140", pump_weight_unit="kg")
    c.give("stop", HOUR)


def per_ml(concentration: float) -> Row:
    """A concentration in mg/mL."""
    return {"concentration": str(concentration), "concentration_unit": "mg/mL"}


@edge
def syringe_and_bag_of_one_line(c: Chart) -> None:
    c.give("infusion", 0, rate="4", rate_unit="mL/h", **per_ml(10))
    c.give("bolus", 20 * MIN, volume_ml="10", **per_ml(1))
    c.give("rate_change", 30 * MIN, rate="8", rate_unit="mL/h")
    c.give("pca_demand", 35 * MIN, delivered_count="1", dose="0.2", dose_unit="mL")
    c.give("bolus", 40 * MIN, volume_ml="2")
    c.give("stop", HOUR)


@edge
def syringe_and_bag_without_a_concentration(c: Chart) -> None:
    c.give("bolus", 0, volume_ml="10", **per_ml(1))
    c.give("infusion", 10 * MIN, HOUR, rate="8", rate_unit="mL/h")


@edge
def reading_in_ml_after_syringe_and_bag(c: Chart) -> None:
    c.give("infusion", 0, HOUR, rate="4", rate_unit="mL/h", **per_ml(10))
    c.give("bolus", 20 * MIN, volume_ml="2", **per_ml(5))
    c.give("infused_total", HOUR, volume_ml="6")


@edge
def unusable_concentration_of_a_syringe(c: Chart) -> None:
    c.give("infusion", 0, rate="4", rate_unit="mL/h", **per_ml(10))
    c.give("bolus", 20 * MIN, volume_ml="2", **per_ml(500))
    c.give("rate_change", 30 * MIN, rate="8", rate_unit="mL/h")
    c.give("bolus", 40 * MIN, volume_ml="1")
    c.give("stop", HOUR)
