"""The readings of the source text that a protocol can choose between, and what each means: the one place that lists them.

A reading is a value of a protocol setting. ``rules`` are the rules whose verdicts can change with it; a test holds that
no other does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ValidationError

from infusion_audit.protocol import Protocol
from infusion_audit.protocol.monitoring import RespiratoryKind

Answer = str | bool | tuple[str, ...]  # the value of a setting; a list of words as a tuple in the order of the words
_RESPIRATORY: tuple[str, ...] = get_args(RespiratoryKind)
_RATES = ("KD-02", "KD-03", "KD-04", "KD-05")
_TOTALS = ("KD-07", "KD-08")


@dataclass(frozen=True)
class Question:
    """What the source text leaves open, and the answers that the protocol's setting can give."""

    issue: str
    asks: str
    setting: str
    rules: tuple[str, ...]
    answers: Mapping[Answer, str]
    passes_over: tuple[str, ...] = ()
    """The domains of assessments that none of the rules asks about: what they require need not be judged again."""

    def chosen(self, protocol: Protocol) -> Answer:
        """The protocol's own answer."""
        table, _, name = self.setting.rpartition(".")
        rule_id = table.removeprefix("rules.")
        value = getattr(getattr(protocol, table) if rule_id == table else protocol.rules[rule_id], name)
        return tuple(kind for kind in _RESPIRATORY if kind in value) if isinstance(value, list) else value

    def meaning(self, answer: Answer) -> str:
        """An answer in words; a list may also be the site's own."""
        return (
            self.answers[answer]
            if answer in self.answers or not isinstance(answer, tuple)
            else f"each of {' and '.join(answer)} on its own"
        )

    def with_answer(self, protocol: Protocol, answer: Answer) -> Protocol | None:
        """The protocol as it would be with another answer; None where the two do not fit together."""
        table, _, name = self.setting.rpartition(".")
        try:
            if not table.startswith("rules."):
                return protocol.model_copy(update={table: _changed(getattr(protocol, table), name, answer)})
            rule_id = table.removeprefix("rules.")
            return protocol.model_copy(update={"rules": {**protocol.rules, rule_id: _changed(protocol.rules[rule_id], name, answer)}})
        except ValidationError:
            return None


def _changed(part: BaseModel, name: str, answer: Answer) -> BaseModel:
    """A part of a protocol with one setting changed, checked as a file would be."""
    return type(part).model_validate(dict(part) | {name: list(answer) if isinstance(answer, tuple) else answer})


QUESTIONS = (
    Question(
        "X1, X2",
        "Over what does the maximum total dose count?",
        "total.interpretation",
        ("KD-07",),
        {
            "session": "over a whole session",
            "per_hour": "over any 60 minutes",
            "per_bolus": "for a single bolus",
            "rolling_24h": "over any 24 hours",
        },
    ),
    Question("X3", "Does PCA count in the total?", "total.count_pca", (*_TOTALS, "KD-09"), {True: "counted", False: "left out"}),
    Question("X4", "Do boluses count in the total?", "total.count_bolus", (*_TOTALS, "KD-09"), {True: "counted", False: "left out"}),
    Question(
        "X5",
        "Which bolus does the bolus limit concern?",
        "bolus.apply_to",
        ("KD-01",),
        {"every": "every bolus", "first_only": "the first of a session only"},
    ),
    Question(
        "X6",
        "Is a bolus exactly at the limit allowed?",
        "rules.KD-01.comparator",
        ("KD-01",),
        {"lt": "no: less than the limit", "le": "yes: at most the limit"},
    ),
    Question(
        "X10, X11",
        "Which context has a session whose context is not charted?",
        "context.when_unknown",
        (*_RATES, "KS-01"),
        {"chronic": "chronic pain", "postsurgical": "postsurgical", "unknown": "unknown: cannot be judged"},
    ),
    Question(
        "X14",
        "Per kilogram of which weight?",
        "weight.basis",
        ("KD-01", *_RATES, *_TOTALS),
        {
            "dosing": "the order's dosing weight, else an observed one",
            "actual": "an observed weight only",
            "ideal": "the ideal weight, from sex and height",
        },
    ),
    Question(
        "X17",
        "Which measurements are an assessment of the respiratory status?",
        "monitoring.respiratory",
        ("KM-02", "KM-05", "KM-12", "KM-22"),
        {
            "any": "any of respiratory rate, saturation and end-tidal CO2",
            ("respiratory_rate", "spo2"): "respiratory rate and saturation, each on its own",
        },
        passes_over=("sedation", "psychoperceptual"),
    ),
)


def alternatives(protocol: Protocol) -> Iterator[tuple[Question, Answer, Protocol | None]]:
    """Every answer to every question about an enabled rule; the protocol's own answer comes first, with the protocol itself."""
    for question in QUESTIONS:
        if any(map(protocol.judges, question.rules)):
            own = question.chosen(protocol)
            for answer in dict.fromkeys((own, *question.answers)):
                yield question, answer, protocol if answer == own else question.with_answer(protocol, answer)
