"""Who is treated, where, by whom and on which days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from infusion_audit.sample import clock
from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice

SITES = ("riverside", "north", "harbor")
DEPARTMENTS = {
    "chronic": ("pain_clinic", "day_infusion"),
    "postsurgical": ("surgical_ward", "recovery_room"),
    "pca": ("surgical_ward", "acute_pain"),
}
PRESCRIBERS = {site: tuple(f"DR-{100 * number + k}" for k in range(1, 5)) for number, site in enumerate(SITES, 1)}

SEDATION_SCALES = {
    "pain_clinic": "rass",
    "day_infusion": "moaas",
    "surgical_ward": "poss",
    "recovery_room": "aldrete_consciousness",
    "acute_pain": "ramsay",
}

CHRONIC_INDICATIONS = (
    "crps", "crps", "neuropathic_pain", "neuropathic_pain", "nonspecific_neuropathic_pain", "fibromyalgia", "fibromyalgia",
    "phantom_limb_pain", "postherpetic_neuralgia", "central_pain", "ischemic_pain", "cancer_pain", "other",
)  # fmt: skip

PATHWAYS = ((0.40, "chronic"), (0.78, "postsurgical"), (1.0, "pca"))
"""Cumulative share of the patients, and their pathway."""
TWO_ON_ONE_DAY = 0.006
"""Share of chronic patients with two sessions on one day, when faults are planted (KD-08)."""
UNREVIEWED = 0.12
"""Share of the patients with a series of more than 95 days whose response nobody reviewed in writing, when faults are planted (KS-02)."""


@dataclass(slots=True)
class Visit:
    """One planned session: its start, and where it stands among the patient's sessions.

    `double` sessions are two on one day, together "over" or "under" the cap.
    """

    start: int
    series_day: int
    first: bool
    last: bool
    index: bool
    next_gap_days: int = 999
    previous_gap_days: int = 999
    double: str = ""


@dataclass(slots=True)
class Patient:
    """A person of the clinic; `reviews` of the response to a long series are kept, missing, or unreadable."""

    number: int
    patient_id: str
    sex: str
    birth_day: int
    birth_date: str
    pathway: str
    indication: str
    site: str
    department: str
    prescriber: str
    hectograms: int
    glaucoma: bool
    exempt: bool
    visits: list[Visit]
    reviews: str = "kept"

    def age_on(self, day: int) -> int:
        born, today = date.fromordinal(self.birth_day), date.fromordinal(day)
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    @property
    def may_be_pregnant(self) -> bool:
        """Not known to be male, no hysterectomy, and of the rule's age on any day of the longest extract."""
        return not self.exempt and self.sex != "male" and self.age_on(clock.EXTRACTED_ON.toordinal()) <= 59


def treated_patients(dice: Dice, sessions: int, months: int, *, faults: bool) -> Iterator[Patient]:
    """Patients one after the other until their sessions add up to the number asked for."""
    first_day, last_day = clock.window(months)
    planned = number = days = 0
    while planned < sessions:
        draw = dice.random()
        pathway = next(name for share, name in PATHWAYS if draw < share)
        visits = _visits(dice, pathway, first_day, last_day, faults=faults)[: sessions - planned]
        if not visits:
            continue
        visits[-1].last = True
        for visit, following in pairwise(visits):
            visit.next_gap_days = following.previous_gap_days = following.start // clock.DAY - visit.start // clock.DAY
        if visits[-1].double:
            days += 1
            for visit in visits:
                visit.double = "" if len(visits) == 1 else "over" if days % 3 else "under"
        number += 1
        planned += len(visits)
        patient = _patient(dice, number, pathway, visits)
        if faults and any(visit.series_day > 95 for visit in visits) and dice.chance(UNREVIEWED):
            patient.reviews = dice.pick(("missing", "missing", "unreadable"))
        yield patient


def walk_in(dice: Dice, number: int) -> Patient:
    """Someone on the books who never had ketamine; dirty rows hang on such people, so that they cannot change a verdict."""
    patient = _patient(dice, number, "chronic", [])
    patient.patient_id = f"W{number:07d}"
    return patient


def _patient(dice: Dice, number: int, pathway: str, visits: list[Visit]) -> Patient:
    draw = dice.random()
    sex = "female" if draw < 0.56 else "male" if draw < 0.985 else "unknown" if draw < 0.993 else "other"
    age = int(22 + 65 * (dice.random() + dice.random()) / 2)
    birth_day = clock.window(1)[0] - int(age * 365.25) - dice.whole(200, 360)
    indication = dice.pick(CHRONIC_INDICATIONS)
    if pathway != "chronic":
        indication = "cancer_pain" if pathway == "pca" and dice.chance(0.15) else "postsurgical_pain"
    site = dice.pick(SITES)
    mean = 830 if sex == "male" else 705
    return Patient(
        number=number,
        patient_id=f"P{number:07d}",
        sex=sex,
        birth_day=birth_day,
        birth_date="" if sex == "male" and dice.chance(0.01) else date.fromordinal(birth_day).isoformat(),
        pathway=pathway,
        indication=indication,
        site=site,
        department=dice.pick(DEPARTMENTS[pathway]),
        prescriber=dice.pick(PRESCRIBERS[site]),
        glaucoma=age >= 60 and dice.chance(0.06),
        exempt=sex == "female" and age >= 35 and dice.chance(0.12),
        hectograms=max(470, min(1180, int(mean + 330 * (dice.random() + dice.random() + dice.random() - 1.5)))),
        visits=visits,
    )


def _visits(dice: Dice, pathway: str, first_day: int, last_day: int, *, faults: bool) -> list[Visit]:
    """The visits inside the window; a series may have begun before it, so that every month is equally busy."""
    if pathway != "chronic":
        count = 2 if dice.chance(0.15) else 1
        day = dice.whole(first_day - 1, last_day)
        return _dated(dice, [day, day + 2][:count], first_day, last_day, night=count == 1)
    if faults and dice.chance(TWO_ON_ONE_DAY):
        day = _weekday(dice.whole(first_day, last_day), first_day)
        morning, afternoon = day * clock.DAY + 8 * HOUR, day * clock.DAY + 15 * HOUR
        return [Visit(morning, 0, True, False, True, double="over"), Visit(afternoon, 0, False, False, False, double="over")]
    interval = dice.pick((7, 7, 14, 14, 21, 28))
    day = dice.whole(first_day - 100, last_day)
    days = [day]
    for _ in range(dice.pick((0, 1, 2, 3, 4, 5, 6, 7, 7))):
        # A few patients come back after a long break, which starts a second series.
        day += dice.whole(100, 130) if dice.chance(0.02) else interval + dice.whole(-1, 1)
        days.append(day)
    return _dated(dice, [_weekday(one, first_day) for one in days], first_day, last_day, night=False)


def _weekday(day: int, first_day: int) -> int:
    weekday = date.fromordinal(day).weekday()
    if weekday < 5:
        return day
    return day + 7 - weekday if day - (weekday - 4) < first_day <= day else day - (weekday - 4)


def _dated(dice: Dice, days: list[int], first_day: int, last_day: int, *, night: bool) -> list[Visit]:
    visits: list[Visit] = []
    series_start = previous = 0
    for day in days:
        if not first_day <= day <= last_day:
            continue
        index = not visits or day - previous > 90
        series_start = day if index else series_start
        visits.append(Visit(_start(dice, day, night=night), day - series_start, not visits, False, index))
        previous = day
    return visits


def _start(dice: Dice, day: int, *, night: bool) -> int:
    """Most sessions start by day; a few on the wards in the evening, never in a night in which clocks change."""
    if night and dice.chance(0.12) and not clock.clocks_change_before_noon_of(day + 1):
        return day * clock.DAY + 20 * HOUR + dice.whole(0, 90) * MINUTE
    minute = dice.whole(0, 72) * 5 if dice.chance(0.7) else dice.whole(0, 360)
    return day * clock.DAY + 8 * HOUR + minute * MINUTE
