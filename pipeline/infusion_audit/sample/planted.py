"""What a planted fault is, and how faults are dealt out so that every kind occurs at its share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.truth import OPTIONAL_RULES

Change = Callable[[Draft, Dice], None]
Suits = Callable[[Draft], bool]

CHRONIC, POSTSURGICAL, PCA = "chronic", "postsurgical", "pca"
EVERYWHERE = (CHRONIC, POSTSURGICAL, PCA)
WARD = (POSTSURGICAL,)
DAY_CLINIC = (CHRONIC,)
NO_PCA = (CHRONIC, POSTSURGICAL)


def always(_: Draft) -> bool:
    return True


def first_visit(draft: Draft) -> bool:
    """No earlier visit can lend its weight or excuse what is missing."""
    return draft.visit.first


def last_visit(draft: Draft) -> bool:
    """What is found now can be held against no later visit."""
    return draft.visit.last


def only_visit(draft: Draft) -> bool:
    return draft.visit.first and draft.visit.last


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of planted trouble.

    `plan` changes what is given (before charting), `edit` changes what is written (after it). `rules` says which rules become
    a violation or not evaluable wherever it is planted; a decoy looks like trouble and breaks none that is on in the shipped
    protocol. KD-08 goes with KD-07 and is not named; KD-09, KD-10 and KO-01 depend on the session more than on what is
    planted. `plain` faults start from the plain regimen.
    """

    name: str
    about: str
    rules: str
    pathways: tuple[str, ...]
    plan: Change | None
    edit: Change | None
    suits: Suits
    plain: bool


Named = tuple[str, str, str, Change]
"""Name, what it looks like, the rules, and the change."""


def plans(*rows: Named, pathways: tuple[str, ...] = EVERYWHERE, suits: Suits = always) -> tuple[Fault, ...]:
    """Faults in what is given."""
    return tuple(Fault(name, about, rules, pathways, change, None, suits, True) for name, about, rules, change in rows)


def edits(
    *rows: Named, pathways: tuple[str, ...] = EVERYWHERE, suits: Suits = always, plain: bool = True, plan: Change | None = None,
) -> tuple[Fault, ...]:  # fmt: skip
    """Faults in what is written, after a plan that makes room for them."""
    return tuple(Fault(name, about, rules, pathways, plan, change, suits, plain) for name, about, rules, change in rows)


def _only_optional(fault: Fault) -> bool:
    rules = set(re.findall(r"K[A-Z]-\d\d", fault.rules))
    return bool(rules) and rules <= OPTIONAL_RULES


class Deck:
    """Deals faults like cards: every kind once before any comes again, unless it does not suit the session.

    Kinds that only break rules that are off in the shipped protocol come last in a round, so that a small sample shows the others.
    On the wards, which see fewer sessions, the kinds that only they can show come first in every round, so that all kinds
    occur in samples of moderate size.
    """

    def __init__(self, faults: Sequence[Fault], pathway: str, dice: Dice) -> None:
        self._all = [fault for fault in faults if pathway in fault.pathways]
        self._rare_first = pathway != CHRONIC
        self._dice = dice
        self._cards: list[Fault] = []

    def deal(self, draft: Draft) -> Fault | None:
        fault = self._take(draft)
        if fault is None and len(self._cards) < 2 * len(self._all):
            cards = self._dice.shuffled(self._all)
            cards = sorted(cards, key=lambda fault: len(fault.pathways)) if self._rare_first else cards
            self._cards += sorted(cards, key=_only_optional)
            fault = self._take(draft)
        return fault

    def _take(self, draft: Draft) -> Fault | None:
        for position, fault in enumerate(self._cards):
            if fault.suits(draft):
                return self._cards.pop(position)
        return None
