"""Case sheets: one session with findings on one page, from the rows that were charted to every verdict.

What a sheet says is what ``rules explain`` says, from the same steps; free text of the record is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infusion_audit_reports import case_around, chains, wording
from infusion_audit_reports.case_course import course
from infusion_audit_reports.format import NOTHING, allowed, measured, measured_min, moment, plain, statement
from infusion_audit_reports.strata import STRATIFIERS
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.timeline import timeline
from infusion_audit_reports.worklist import Finding, slug

_SHORT = 12  # letters of a session's id that name its page
_RATES = {"chronic": ("KD-02", "KD-03"), "postsurgical": ("KD-04", "KD-05")}
_STEP = "step_"
_INDICATIONS = next(one.strata for one in STRATIFIERS if one.code == "indication")
_SAME = 1e-9  # bounds closer than this are the rounding of one value


def names(data: Summaries, at_most: int) -> dict[str, str]:
    """The sessions that get a sheet, and the file of each, the most severe first."""
    if not at_most:
        return {}
    chosen = [row["session_id"] for row in sorted(data.table("case_session"), key=lambda row: row["case_no"])[:at_most]]
    short = {session: slug(session[:_SHORT]) for session in chosen}
    taken = list(short.values())
    return {session: f"case-{of if taken.count(of) == 1 else slug(session)}.html" for session, of in short.items()}


class Cases:
    """The sheets of a run: what all of them share is read once."""

    def __init__(self, data: Summaries, scored: Sequence[Row], sheets: Mapping[str, str]) -> None:
        self._sheets = sheets
        self._rules = {rule["rule_id"]: rule for rule in scored}
        self._setting = data.rows("settings")[0]
        self._steps = {table.removeprefix(_STEP): _by_session(data.table(table)) for table in data.tables(_STEP)}
        self._verdicts = _by_session(data.stream("case_verdicts"))
        self._reviews = {(row["session_id"], row["rule_id"]): row for row in data.stream("case_reviews")}

    def sheet(self, session_id: str, findings: Sequence[Finding]) -> Row:
        """What one sheet says."""
        (session,) = self._of("session", session_id)
        verdicts = self._verdicts[session_id]
        by_rule = {row["rule_id"]: row for row in verdicts}
        shift, zone = session["started_local"] - session["started_at"], ZoneInfo(session["timezone"])
        steps = {step: self._told(step, session_id, session) for step in ("infusion", "rate", "bolus", "dose")}
        sheet: Row = {
            "session_id": session_id,
            "started": moment(session["started_local"]),
            "head": self._head(session, shift),
            "findings": [(finding, self._review(finding)) for finding in findings],
            "verdicts": [self._verdict(row) for row in verdicts if row["verdict"] != "not_applicable"],
            "aside": [self._verdict(row) for row in verdicts if row["verdict"] == "not_applicable"],
            "weights": _cells(self._of("weight", session_id), "source", "used", "charted", "kg", "charted_when", "row"),
            "chains": self._chains(steps, shift),
            "total": chains.total(steps["dose"], self._limits("KD-07")),
            "total_is": wording.TOTALS[self._setting["total_interpretation"]],
            "pca": [row | {"when": _local(row["started_at"], zone)} for row in self._of("pca", session_id)],
            "around": self._around(session_id, shift, zone, by_rule),
            "gaps": [row | _from_to(row, shift) for row in self._gaps(session_id)],
            "readings": self._readings(session_id, by_rule, {finding.rule_id for finding in findings}),
            "flags": list(dict.fromkeys(wording.flag(flag) for row in verdicts for flag in row["flags"] or ())),
        }
        wanted = {finding.rule_id[:2] for finding in findings}
        sheet |= {
            "diagnoses": [row | {"since": _local(row["onset_at"], zone)} for row in self._of("diagnoses", session_id)],
            "measurements": _cells(self._of("readings", session_id), "rule_id", "finding", "reading", "row"),
            "checklist": [
                (wording.humanise(row["item"]), row["answer"], row["answered_before"], row["rows"])
                for row in self._of("checklist", session_id)
            ],
            "drugs": [
                row | {"since": _local(row["started_at"], zone), "until": _local(row["ended_at"], zone)}
                for row in (self._of("drug_history", session_id) if "KS" in wanted else ())
            ],
            "series": self._of("series", session_id),
            "stock": [row | {"when": _local(row["occurred_at"], zone)} for row in self._of("stock", session_id)] if "KR" in wanted else [],
            "scores": [
                (_local(row["effective_at"], zone), plain(row["nrs"]), row["lies"], row["row"])
                for row in self._of("pain_scores", session_id)
            ],
        }
        return sheet | {"chart": self._picture(session_id, session, shift, steps, by_rule)}

    def _of(self, step: str, session_id: str) -> Sequence[Row]:
        return self._steps.get(step, {}).get(session_id, ())

    def _told(self, step: str, session_id: str, session: Row) -> list[Row]:
        concerned = {"bolus": ("KD-01",), "dose": ("KD-07",)}.get(step) or self._rate_rules(session)
        return chains.told(step, self._of(step, session_id), self._limits(*concerned))

    def _rate_rules(self, session: Row) -> tuple[str, ...]:
        return _RATES.get(session["context"] or "", tuple(rule for of in _RATES.values() for rule in of))

    def _limits(self, *rule_ids: str) -> list[chains.Limit]:
        of = [self._rules[rule_id] for rule_id in rule_ids if rule_id in self._rules]
        return [(rule["limit_low"], rule["limit_high"], rule["comparator"]) for rule in of]

    def _head(self, session: Row, shift: timedelta) -> list[tuple[str, str]]:
        ended, latest = session["ended_at"], session["ended_at_high"]
        until = moment(ended + shift)
        if latest is None:
            until += " or later: the end is not charted"
        elif latest > ended:
            until += f" to {moment(latest + shift)}"
        kg = chains.amount(session["weight_kg_low"], session["weight_kg_high"])
        return [
            ("Patient", session["patient_id"]),
            ("Age and sex", f"{age_band(session['age_years'])}, {session['sex'] or 'sex not known'}"),
            ("Indication", _INDICATIONS.get(session["indication"], "Not known")),
            ("Context", wording.humanise(session["context"] or "not known")),
            ("Place", ", ".join(filter(None, (session["site_id"], session["department"]))) or "not known"),
            ("Start", f"{moment(session['started_local'])} (local; {session['started_at']:%H:%M} UTC)"),
            ("End", f"{until} ({chains.minutes(session['started_at'], ended)} min)"),
            ("Weight", f"{kg} kg ({session['weight_source']})" if session["weight_kg_low"] is not None else "no usable weight"),
            ("Session", session["session_id"]),
        ]

    def _chains(self, steps: Mapping[str, Sequence[Row]], shift: timedelta) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Every conversion by what it is about: when, how, and what it says beside."""
        running = [
            (_span(row, shift), f"{chains.COMPONENTS.get(row['component'], row['component'])}: {row['conversion']}", _running(row))
            for row in steps["dose"]
        ]
        inferred = "short infusion at the start, counted as a bolus"
        found = [
            ("Boluses", [(_span(row, shift), row["conversion"], f"bolus {row['bolus']}") for row in steps["bolus"]]),
            (
                "Infusion as charted",
                [(_span(row, shift), row["conversion"], inferred if row["inferred_bolus"] else "") for row in steps["infusion"]],
            ),
            ("Rate as judged", [(_span(row, shift), row["conversion"], "") for row in steps["rate"]]),
            ("Running total", running),
        ]
        return [(title, rows) for title, rows in found if rows]

    def _around(self, session_id: str, shift: timedelta, zone: ZoneInfo, verdicts: Mapping[str, Row]) -> list[case_around.Around]:
        """What lies around the session and decides about it: other sessions' doses, baseline and recovery."""
        limits = {rule_id: limit for rule_id in ("KD-07", "KD-08") if rule_id in verdicts for limit in self._limits(rule_id)}
        return [
            *case_around.hours(
                self._of("window", session_id), lambda at: at.replace(tzinfo=UTC).astimezone(zone), limits, verdicts, self._sheets
            ),
            *case_around.baseline(self._of("baseline", session_id), shift, verdicts),
            *(case_around.recovery(self._of("recovery_gaps", session_id), shift) if {"KM-21", "KM-22"} & verdicts.keys() else ()),
        ]

    def _gaps(self, session_id: str) -> list[Row]:
        """Of each requirement the gaps that are too long, or else the longest one, where the chart is read in the session's favour."""
        return case_around.worst([row for row in self._of("assessment_gaps", session_id) if row["reading"] == "favourable"])

    def _verdict(self, row: Row) -> tuple[str | None, ...]:
        rule = self._rules[row["rule_id"]]
        shown = row["verdict"] in ("violation", "compliant", "not_evaluable") and (
            row["observed_low"] is not None or row["observed"] is not None
        )
        return (
            row["rule_id"],
            rule["slug"].lower(),
            row["verdict"],
            wording.VERDICTS[row["verdict"]],
            measured(_rounded(row)) if shown else NOTHING,
            allowed(row["limit_low"], row["limit_high"], row["comparator"], row["unit"]) or statement(rule["statement"] or NOTHING),
            row["detail"],
        )

    def _readings(self, session_id: str, verdicts: Mapping[str, Row], found: Collection[str]) -> list[tuple[str, ...]]:
        """What the other readings say about the findings, and where else one of them would change a verdict."""
        return [
            self._reading(row, verdicts[row["rule_id"]])
            for row in self._of("other_readings", session_id)
            if not row["chosen"] and (row["rule_id"] in found or row["verdict"] != verdicts[row["rule_id"]]["verdict"])
        ]

    def _reading(self, row: Row, own: Row) -> tuple[str, ...]:
        low, high = row["observed_low"], row["observed_high"]
        seen = own | {"observed": None, "observed_low": low, "observed_high": high}
        if low is not None and high is not None and high - low <= _SAME:
            seen["observed"] = low
        observed = measured(seen) if row["verdict"] != "not_applicable" and low is not None else NOTHING
        differs = "" if row["verdict"] == own["verdict"] else wording.VERDICTS[row["verdict"]]
        was = wording.lower_first(wording.VERDICTS[own["verdict"]])
        slug = self._rules[row["rule_id"]]["slug"].lower()
        return row["rule_id"], slug, row["question"], row["reading"], differs, was, observed

    def _review(self, finding: Finding) -> Row | None:
        row = self._reviews.get((finding.session_id, finding.rule_id))
        return row if row and row["first_reviewer"] else None

    def _picture(
        self, session_id: str, session: Row, shift: timedelta, steps: Mapping[str, Sequence[Row]], verdicts: Mapping[str, Row]
    ) -> Any:
        told = {
            **steps,
            **{step: self._of(step, session_id) for step in ("pca", "assessments", "abnormal_values", "actions")},
            "gaps": [row for row in self._gaps(session_id) if row["too_long"]],
        }
        per_kg = session["weight_kg_low"] is not None
        cap = self._rules.get("KD-07", {}).get("limit_high") if per_kg and self._setting["total_interpretation"] == "session" else None
        limits = self._limits(*self._rate_rules(session)) if session["context"] else []
        return timeline(course(told, session, shift, verdicts, rate_limits=limits, cap=cap), self._says(session, steps))

    def _says(self, session: Row, steps: Mapping[str, Sequence[Row]]) -> str:
        """What to see, in one line."""
        lasted = f"{chains.minutes(session['started_at'], session['ended_at'])} min"
        parts = [f"{len(steps['bolus'])} bolus{'es' if len(steps['bolus']) != 1 else ''}" if steps["bolus"] else "no bolus"]
        parts.append(
            f"{len(steps['rate'])} rate step{'s' if len(steps['rate']) != 1 else ''}" if steps["rate"] else "no maintenance infusion"
        )
        total = chains.total(steps["dose"], self._limits("KD-07"))
        return f"{lasted}, {parts[0]}, {parts[1]}{f'; {total}' if total else ''}. Local time at the start of the session."


def age_band(age: int | None) -> str:
    """A decade instead of an age; nobody over 89 stands apart."""
    if age is None:
        return "age not known"
    if age < 30:
        return "under 18 years" if age < 18 else "18 to 29 years"
    return "90 years or older" if age >= 90 else f"{age // 10 * 10} to {age // 10 * 10 + 9} years"


def _rounded(row: Row) -> Row:
    """The same without the last bits of binary fractions: a value at its limit must not read as beyond it."""
    ends = ("observed", "observed_low", "observed_high")
    return row | {end: None if row[end] is None else round(row[end], 12) for end in ends}


def _cells(rows: Sequence[Row], *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples, which a template unpacks faster than it looks into dicts."""
    return [tuple(row[column] for column in columns) for row in rows]


def _by_session(rows: Iterator[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(row)
    return found


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant by the clock of the place, also months away; inside a session the clock is that of its start."""
    return moment(None if at is None else at.replace(tzinfo=UTC).astimezone(zone))


def _from_to(row: Row, shift: timedelta) -> Row:
    return {
        "what": row["requirement"].replace("_", " "),
        "words": f"{row['gap_from'] + shift:%H:%M} to {row['gap_to'] + shift:%H:%M} = {measured_min(row['gap_min'], row['allowed_min'])}",
        "most": measured_min(row["allowed_min"]),
    }


def _span(row: Row, shift: timedelta) -> str:
    begun, ended = row["started_at"] + shift, row["ended_at"]
    if ended is None:
        return f"{begun:%H:%M} to ?"
    return f"{begun:%H:%M}" if ended == row["started_at"] else f"{begun:%H:%M} to {ended + shift:%H:%M}"


def _running(row: Row) -> str:
    low, high = row["running_mg_per_kg_low"], row["running_mg_per_kg_high"]
    if low is None:
        return ""
    return f"so far {low:.3f} mg/kg" if high is not None and high - low < 0.0005 else f"so far at least {low:.3f} mg/kg"
