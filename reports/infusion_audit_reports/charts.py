"""Charts over the rules of one run, and the spread of the session totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports.drawing import Chart, canvas, draw, library
from infusion_audit_reports.format import count, interval, percent, plain, plural
from infusion_audit_reports.summaries import Row
from infusion_audit_reports.svg import COLOUR
from infusion_audit_reports.wording import VERDICTS

VERDICT_ORDER = ("compliant", "violation", "not_evaluable", "not_applicable")


def rule_intervals(rules: Sequence[Row]) -> Chart | None:
    """Each rule's rate with its interval, the lowest on top."""
    judged = [(rule, rule["rate"]) for rule in rules if rule["rate"]]
    if not judged:
        return None
    judged.sort(key=lambda pair: (pair[1].rate, pair[0]["rule_id"]))
    lp = library()
    names = [rule["rule_id"] for rule, _ in judged]
    data: dict[str, list[Any]] = {
        "rule": names,
        "rate": [100 * share.rate for _, share in judged],
        "low": [100 * share.low for _, share in judged],
        "high": [100 * share.high for _, share in judged],
    }
    plot = (
        lp.ggplot(data, lp.aes(y="rule"))
        + lp.geom_segment(lp.aes(x="low", xend="high", yend="rule"), color=COLOUR["compliant"], size=1.4, alpha=0.5)
        + lp.geom_point(lp.aes(x="rate"), color=COLOUR["surface"], fill=COLOUR["compliant"], shape=21, size=4.5, stroke=1)
        + lp.scale_x_continuous(name="sessions that meet the statement, % of those judged", limits=[0, 100], breaks=[0, 25, 50, 75, 100])
        + lp.scale_y_discrete(name="", limits=names[::-1])
    )
    title = "Rate of each rule with its 95 % interval"
    worst, share = judged[0]
    says = f"Lowest: {worst['rule_id']} with {percent(share.rate)} ({interval(share)}, n = {count(worst['n'])})."
    return Chart(
        "rule-intervals",
        title,
        says,
        draw(canvas(lp, plot, 64 + 22 * len(judged), grid="x"), name="rule-intervals", title=title, says=says),
        ("Rule", "Rate", "95 % interval", "n"),
        [(rule["rule_id"], percent(share.rate), interval(share), count(rule["n"])) for rule, share in judged],
    )


def verdict_composition(rules: Sequence[Row]) -> Chart | None:
    """What became of every session under every rule."""
    if not any(rule[verdict] for rule in rules for verdict in VERDICT_ORDER):
        return None
    lp = library()
    names = [rule["rule_id"] for rule in rules]
    data: dict[str, list[Any]] = {"rule": [], "verdict": [], "n": []}
    for verdict in VERDICT_ORDER:
        for rule in rules:
            data["rule"].append(rule["rule_id"])
            data["verdict"].append(verdict)
            data["n"].append(rule[verdict])
    plot = (
        lp.ggplot(data, lp.aes("rule", "n", fill="verdict"))
        + lp.geom_bar(stat="identity", width=0.7, color=COLOUR["surface"], size=0.5)
        + lp.scale_fill_manual(values=[COLOUR[verdict] for verdict in VERDICT_ORDER], breaks=list(VERDICT_ORDER))
        + lp.coord_flip()
        + lp.scale_y_continuous(name="sessions", expand=[0, 0, 0.05, 0])
        + lp.scale_x_discrete(name="", limits=names[::-1])
    )
    title = "What became of the sessions under each rule"
    undecided = max(rules, key=lambda rule: rule["not_evaluable"])
    says = (
        f"Most often undecidable: {undecided['rule_id']}, {plural(undecided['not_evaluable'], 'session')}."
        if undecided["not_evaluable"]
        else "Every applicable statement could be judged."
    )
    return Chart(
        "verdict-composition",
        title,
        says,
        draw(canvas(lp, plot, 64 + 22 * len(rules), grid="x"), name="verdict-composition", title=title, says=says),
        ("Rule", *(VERDICTS[verdict] for verdict in VERDICT_ORDER)),
        [(rule["rule_id"], *(count(rule[verdict]) for verdict in VERDICT_ORDER)) for rule in rules],
        [(verdict, VERDICTS[verdict]) for verdict in VERDICT_ORDER],
    )


def total_doses(totals: Sequence[Row]) -> Chart | None:
    """How the totals, as the protocol reads them, are spread around its cap."""
    if not totals:
        return None
    cap, unit = totals[0]["cap"], totals[0]["unit"]
    steps = sorted((row["twentieth"], row["verdict"], row["sessions"]) for row in totals)
    sessions = sum(n for *_, n in steps)
    # bars of a tenth of the cap, wider when doses reach far beyond it; the last hundredth of sessions shares one bar
    seen, reach = 0, steps[-1][0]
    for step, _, n in steps:
        seen += n
        if seen * 100 >= sessions * 99:
            reach = step
            break
    width = next(w for w in (2, 4, 10, 20, 50, 100, 200, 500, 1000, 10**9) if reach / w <= 36)
    last = max(-(-reach // width), -(-20 // width))
    bars: dict[tuple[int, str], int] = {}
    for step, verdict, n in steps:
        place = min(-(-step // width), last + 1)
        bars[place, verdict] = bars.get((place, verdict), 0) + n
    return _histogram(bars, float(cap) * width / 20, float(cap), last, unit, _reading(steps, cap, unit, sessions))


def _reading(steps: Sequence[tuple[int, str, int]], cap: Any, unit: str, sessions: int) -> str:
    over = sum(n for _, verdict, n in steps if verdict == "violation")
    far = sum(n for step, verdict, n in steps if verdict == "violation" and step > 40)
    tail = f"; {count(far)} above twice the cap" if far else ""
    return f"{count(over)} of {plural(sessions, 'session')} above the cap of {plain(cap)} {unit} (dashed line){tail}."


def _histogram(bars: Mapping[tuple[int, str], int], width: float, cap: float, last: int, unit: str, says: str) -> Chart:
    lp = library()
    order = [verdict for verdict in VERDICT_ORDER if any(verdict == of for _, of in bars)]
    data: dict[str, list[Any]] = {"x": [], "verdict": [], "n": []}
    for verdict in order:
        for place in range(1, last + 2):
            data["x"].append((place - 0.5) * width)
            data["verdict"].append(verdict)
            data["n"].append(bars.get((place, verdict), 0))
    plot = (
        lp.ggplot(data, lp.aes("x", "n", fill="verdict"))
        + lp.geom_bar(stat="identity", width=0.92, color=COLOUR["surface"], size=0.5)
        + lp.scale_fill_manual(values=[COLOUR[verdict] for verdict in order], breaks=list(order))
        + lp.geom_vline(xintercept=cap, color=COLOUR["ink"], linetype="dashed", size=0.9)
        + lp.scale_x_continuous(name=f"total dose, {unit} (the last bar holds everything above)", expand=[0.01, 0])
        + lp.scale_y_continuous(name="sessions", expand=[0, 0, 0.06, 0])
    )
    title = "Total doses against the cap"
    places = [place for place in range(1, last + 2) if any((place, verdict) in bars for verdict in order)]
    return Chart(
        "total-doses",
        title,
        says,
        draw(canvas(lp, plot, 215, grid="y"), name="total-doses", title=title, says=says),
        (f"Total, {unit}", *(VERDICTS[verdict] for verdict in order)),
        [
            (
                f"over {plain(round(last * width, 6))}"
                if place > last
                else f"over {plain(round((place - 1) * width, 6))} to {plain(round(place * width, 6))}",
                *(count(bars.get((place, verdict), 0)) for verdict in order),
            )
            for place in places
        ],
        [(verdict, VERDICTS[verdict]) for verdict in order],
    )
