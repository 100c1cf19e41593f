"""Doses and rates at, just under and just over the limits, in every unit a site may chart."""

from fractions import Fraction

from .chart import Chart, Row, decimal_text

BOLUS_PER_KG = Fraction("0.35")
RATES_PER_KG = {"chronic": (Fraction("0.5"), Fraction(1)), "postsurgical": (Fraction("0.06"), Fraction("0.12"))}
TINY = Fraction(1, 1_000_000)


def near(chart: Chart, limit: Fraction) -> Fraction:
    """A value around a limit: on it, one millionth to either side, at the edge of the marginal band, or far off."""
    return chart.rng.choice(
        [
            limit,
            limit,
            limit,
            limit - TINY,
            limit + TINY,
            limit * Fraction("1.02"),
            limit * Fraction("1.02") + TINY,
            limit * Fraction("1.05"),
            limit * Fraction("1.05") + TINY,
            limit * Fraction("0.8"),
            limit * Fraction("1.3"),
        ]
    )


def bolus_mg(chart: Chart) -> Fraction:
    """A bolus around the ceiling."""
    return near(chart, BOLUS_PER_KG * chart.kg)


def rate_mg_h(chart: Chart, context: str) -> Fraction:
    """A rate around one of the limits of a context."""
    return near(chart, chart.rng.choice(RATES_PER_KG[context]) * chart.kg)


def pump_weight(chart: Chart) -> tuple[Fraction, Row]:
    """A pump weight, mostly the patient's, as charted."""
    kg = chart.rng.choice([chart.kg, chart.kg, chart.kg, Fraction(70), chart.kg * Fraction("1.1")])
    return Fraction(decimal_text(kg)), {"pump_weight": decimal_text(kg), "pump_weight_unit": chart.pick("kg", "KG")}


def concentration(chart: Chart) -> tuple[Fraction, Row]:
    """A concentration, as charted."""
    mg_ml = chart.rng.choice([Fraction(1), Fraction(2), Fraction("2.5"), Fraction(10), Fraction(50), Fraction("0.1"), Fraction(100)])
    if chart.rng.random() < 0.2:
        return mg_ml, {"concentration": decimal_text(mg_ml * 1000), "concentration_unit": chart.spelled("mcg/mL")}
    return mg_ml, {"concentration": decimal_text(mg_ml), "concentration_unit": chart.pick("mg/mL", "mg/ml", "MG/ML")}


def dose_cells(chart: Chart, mg: Fraction, *, plain: bool = False) -> Row:
    """The cells that chart an amount."""
    unit = "mg" if plain else chart.pick("mg", "mg", "mg", "mcg", "g", "mg/kg", "mcg/kg", "volume", "mL")
    if unit in ("volume", "mL"):
        mg_ml, cells = concentration(chart)
        volume = decimal_text(mg / mg_ml)
        return {**cells, **({"volume_ml": volume} if unit == "volume" else {"dose": volume, "dose_unit": chart.spelled("mL")})}
    factor = {"mg": Fraction(1), "mcg": Fraction(1000), "g": Fraction(1, 1000)}[unit.split("/")[0]]
    if unit.endswith("/kg"):
        kg, cells = pump_weight(chart)
        return {**cells, "dose": decimal_text(mg * factor / kg), "dose_unit": chart.spelled(unit)}
    return {"dose": decimal_text(mg * factor), "dose_unit": chart.spelled(unit)}


RATE_UNITS = {
    "mg/h": Fraction(1),
    "mg/min": Fraction(1, 60),
    "mcg/h": Fraction(1000),
    "mcg/min": Fraction(1000, 60),
    "mg/kg/h": Fraction(1),
    "mg/kg/min": Fraction(1, 60),
    "mcg/kg/h": Fraction(1000),
    "mcg/kg/min": Fraction(1000, 60),
    "mL/h": Fraction(1),
    "mL/min": Fraction(1, 60),
}


def rate_cells(chart: Chart, mg_h: Fraction, unit: str = "") -> Row:
    """The cells that chart a rate."""
    unit = unit or chart.pick("mg/h", "mg/h", "mg/h", *RATE_UNITS)
    value, cells = mg_h * RATE_UNITS[unit], {}
    if "/kg/" in unit:
        kg, cells = pump_weight(chart)
        value /= kg
    elif unit.startswith("mL"):
        mg_ml, cells = concentration(chart)
        value /= mg_ml
    return {**cells, "rate": decimal_text(value), "rate_unit": chart.spelled(unit)}
