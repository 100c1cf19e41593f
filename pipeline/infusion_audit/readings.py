"""The readings of the source text that a protocol can choose between, and what each means: the one place that lists them.

A reading is a value of a protocol setting. ``rules`` are the rules whose verdicts can change with it; a test holds that
no other does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from infusion_audit.protocol import Protocol

_RATES = ("KD-02", "KD-03", "KD-04", "KD-05")
_TOTALS = ("KD-07", "KD-08")


@dataclass(frozen=True)
class Question:
    """What the source text leaves open, and the answers that the protocol's setting can give."""

    issue: str
    asks: str
    setting: str
    rules: tuple[str, ...]
    answers: Mapping[str | bool, str]

    def chosen(self, protocol: Protocol) -> str | bool:
        """The protocol's own answer."""
        table, _, name = self.setting.rpartition(".")
        rule_id = table.removeprefix("rules.")
        return getattr(getattr(protocol, table) if rule_id == table else protocol.rules[rule_id], name)

    def with_answer(self, protocol: Protocol, answer: str | bool) -> Protocol | None:
        """The protocol as it would be with another answer; None where the two do not fit together."""
        table, _, name = self.setting.rpartition(".")
        try:
            if not table.startswith("rules."):
                return protocol.model_copy(update={table: _changed(getattr(protocol, table), name, answer)})
            rule_id = table.removeprefix("rules.")
            return protocol.model_copy(update={"rules": {**protocol.rules, rule_id: _changed(protocol.rules[rule_id], name, answer)}})
        except ValidationError:
            return None


def _changed(part: BaseModel, name: str, answer: str | bool) -> BaseModel:
    """A part of a protocol with one setting changed, checked as a file would be."""
    return type(part).model_validate(part.model_dump() | {name: answer})


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
)


def alternatives(protocol: Protocol) -> Iterator[tuple[Question, str | bool, Protocol | None]]:
    """Every answer to every question about an enabled rule; the protocol's own answer comes with the protocol itself."""
    for question in QUESTIONS:
        if any(map(protocol.judges, question.rules)):
            own = question.chosen(protocol)
            for answer in sorted(question.answers, key=lambda value: value != own):
                yield question, answer, protocol if answer == own else question.with_answer(protocol, answer)
