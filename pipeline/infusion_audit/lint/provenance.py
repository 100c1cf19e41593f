"""Lint: does every number come from where the file says it comes from?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from infusion_audit.protocol.problem import Problem
from infusion_audit.protocol.types import SYMBOLS
from infusion_audit.statement import comparators, ends, numbers, plain_micro, statements

if TYPE_CHECKING:
    from infusion_audit.lint import Subject
    from infusion_audit.protocol.rule import Rule

_MEND_SOURCE = (
    'Correct the number or the quote, or say where the number really comes from: source = "site_policy" or the name of a guideline.'
)


def pl02_quote_holds_the_number(subject: Subject) -> Iterator[Problem]:
    """A quote that does not hold its number or comparator."""
    for rule_id, rule in subject.protocol.rules.items():
        if rule.source != "seed":
            continue
        key, quote = f"rules.{rule_id}", rule.quote or ""
        lacking = [str(value) for value in (rule.limit_low, rule.limit) if value is not None and Fraction(value) not in numbers(quote)]
        if lacking:
            yield Problem("PL-02", f"{key}.quote", f'"{quote}" does not hold {" and ".join(lacking)}', _MEND_SOURCE)
        elif rule.limit is not None and not _compares(rule, quote):
            sign = SYMBOLS[rule.comparator or ""]
            yield Problem(
                "PL-02",
                f"{key}.comparator",
                f'"{quote}" does not limit on the side of {sign} {rule.limit}',
                'Use the side that the quote limits, or mark the entry as source = "interpretation".',
            )
    for benchmark_id, benchmark in subject.protocol.benchmarks.items():
        if benchmark.source == "seed":
            stated = [
                benchmark.figure,
                *(benchmark.interval or ()),
                benchmark.comparison,
                benchmark.ratio,
                *(benchmark.ratio_interval or ()),
            ]
            held = numbers(benchmark.quote or "")
            lacking = [str(value) for value in stated if value is not None and abs(Fraction(value)) not in held]
            if lacking:
                what = f'"{benchmark.quote}" does not hold {", ".join(lacking)}'
                yield Problem("PL-02", f"benchmarks.{benchmark_id}.quote", what, _MEND_SOURCE)


def _compares(rule: Rule, quote: str) -> bool:
    """Whether the quote limits on the side that the rule does: by word, or as the end of a range, which holds both its ends.

    Whether the limit itself is still allowed is a reading (PL-17), not another source.
    """
    limit, ranges = Fraction(rule.limit or 0), ends(quote)
    if rule.comparator == "between":
        return (Fraction(rule.limit_low or 0), limit) in ranges
    upper = rule.comparator in ("lt", "le")
    if ranges:
        return limit in [high if upper else low for low, high in ranges]
    return bool(comparators(quote) & ({"lt", "le"} if upper else {"gt", "ge"}))


def pl02_quotes_are_of_this_text(subject: Subject) -> Iterator[Problem]:
    """Without the text: the quotes of the shipped source text under another text's hash cannot be of that text."""
    identity = subject.protocol.protocol
    entries = [rule for rule in subject.protocol.rules.values() if rule.source == "seed"]
    key, todo = "protocol.source_sha256", "Copy source_sha256 from the protocol that the quotes were taken from."
    if entries and not identity.source_sha256:
        yield Problem("PL-02", key, "entries quote a source text whose hash is not stated", todo)
        return
    for other in subject.shipped:
        known = {(rule.quote, rule.seed_line) for rule in other.rules.values() if rule.source == "seed"}
        same = sum((rule.quote, rule.seed_line) in known for rule in entries)
        if same and identity.source_sha256 != other.protocol.source_sha256:
            yield Problem("PL-02", key, f"{same} quotes are those of {other.id}, but this is the hash of another text", todo)


def pl02_quotes_stand_in_the_text(subject: Subject) -> Iterator[Problem]:
    """With the text: every quote and every second statement stands at its line."""
    if subject.source is None:
        return
    lines = [plain_micro(line) for line in subject.source]
    for key, entry in _quoting(subject):
        at: int = entry.seed_line or 0
        line = lines[at - 1] if 0 < at <= len(lines) else ""
        for name in ("quote", "also"):
            words: str | None = getattr(entry, name, None)
            if words and plain_micro(words) not in line:
                where = next((str(n) for n, text in enumerate(lines, start=1) if plain_micro(words) in text), None)
                todo = f"It stands at line {where}: correct seed_line." if where else "Quote the text word for word, or change source."
                yield Problem("PL-02", f"{key}.{name}", f'"{words}" does not stand at line {at} of the source text', todo)


def _quoting(subject: Subject) -> Iterator[tuple[str, Any]]:
    protocol = subject.protocol
    groups = [(f"rules.{each}", rule) for each, rule in protocol.rules.items()]
    groups += [(f"benchmarks.{each}", benchmark) for each, benchmark in protocol.benchmarks.items()]
    groups += [(name, group) for name, group in _settings(protocol) if group.quote]
    yield from ((key, entry) for key, entry in groups if entry.quote and entry.source in ("seed", "interpretation"))


def _settings(protocol: BaseModel) -> Iterator[tuple[str, Any]]:
    """The groups of settings: every table of the file that says where its numbers come from."""
    yield from ((name, group) for name, group in protocol if isinstance(group, BaseModel) and hasattr(group, "source"))


def pl03_site_policy_posing_as_the_source_text(subject: Subject) -> Iterator[Problem]:
    """A number presented as the source text's that the source text does not have."""
    todo = 'A number that the hospital decides is source = "site_policy".'
    for name, group in _settings(subject.protocol):
        if group.source == "seed":
            held = numbers(group.quote or "")
            given = {key: value for key, value in group if isinstance(value, Decimal)}
            for key, value in given.items():
                if Fraction(value) not in held:
                    yield Problem("PL-03", f"{name}.{key}", f"{value} is presented as the source text's, which has no such number", todo)
            if not given and not group.quote:
                yield Problem("PL-03", f"{name}.source", "is presented as the source text's, without a quote", todo)
    for rule_id, rule in subject.protocol.rules.items():
        if rule.source != "seed":
            continue
        shipped = [other.rules[rule_id].source for other in subject.shipped if rule_id in other.rules]
        if "site_policy" in shipped and not {"seed", "interpretation"} & {*shipped}:
            yield Problem("PL-03", f"rules.{rule_id}.source", "is a site policy; the source text has no such statement", todo)
        elif subject.source is not None:
            held = numbers(" ".join(subject.source))
            for value in (rule.limit_low, rule.limit):
                if value is not None and Fraction(value) not in held:
                    yield Problem("PL-03", f"rules.{rule_id}.limit", f"the source text has no number {value}", todo)


def pl05_two_statements_of_one_limit(subject: Subject) -> Iterator[Problem]:
    """Two statements of one limit that disagree after exact conversion."""
    for rule_id, rule in subject.protocol.rules.items():
        wanted = next(statements(f"1 {rule.unit}"), None) if rule.unit and rule.limit is not None else None
        if wanted is None:
            continue
        if rule.also and not any(each.dimension == wanted.dimension for each in statements(rule.also)):
            yield Problem("PL-05", f"rules.{rule_id}.also", f'"{rule.also}" states nothing that converts to {rule.unit}')
        quote = "" if rule.source == "site_policy" else rule.quote or ""  # there the quote is what the site departs from
        said = [each for each in (*statements(quote), *statements(rule.also or "")) if each.dimension == wanted.dimension]
        for value, end in ((rule.low, "low"), (rule.high, "high")):
            for each in said if value is not None else []:
                converted = getattr(each, end) * each.factor / wanted.factor
                if converted != Fraction(value or 0):
                    what = f"the limit is {value} {rule.unit}, and another statement of it comes to {_shown(converted)} {rule.unit}"
                    yield Problem(
                        "PL-05", f"rules.{rule_id}.limit", what, "Both must say the same after exact conversion: mend the wrong one."
                    )


def _shown(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def pl11_production_without_an_approver(subject: Subject) -> Iterator[Problem]:
    """Use in production without an approver."""
    identity = subject.protocol.protocol
    if identity.production and not identity.approved_by.strip():
        yield Problem("PL-11", "protocol.approved_by", "is empty, and production = true", "Name the clinician who approved this version.")


def pl17_comparator_of_the_original(subject: Subject) -> Iterator[Problem]:
    """A comparator that differs from that of the quote, or of the named original."""
    for rule_id, rule in subject.protocol.rules.items():
        if not rule.enabled or rule.comparator is None:
            continue
        for origin, said in (("the quote", _strictness(rule)), (rule.origin, rule.origin_comparator)):
            if said and said != rule.comparator:
                yield Problem(
                    "PL-17",
                    f"rules.{rule_id}.comparator",
                    f'compares by "{SYMBOLS[rule.comparator]}"; {origin} says "{SYMBOLS[said]}"',
                    "A dose exactly at the limit gets another verdict: decide which one your hospital means.",
                )


def _strictness(rule: Rule) -> str | None:
    """How a quote of the source text compares on the side that the rule limits; the ends of a range belong to it."""
    if rule.source != "seed" or not rule.quote or rule.comparator not in ("lt", "le", "gt", "ge"):
        return None
    side = ("le", "lt") if rule.comparator in ("lt", "le") else ("ge", "gt")
    return side[0] if ends(rule.quote) else next((code for code in side if code in comparators(rule.quote or "")), None)


def pl25_signs_outside_the_unit_grammar(subject: Subject) -> Iterator[Problem]:
    """A micro sign, minus sign or dash where the unit grammar does not know it."""
    for number, line in enumerate(subject.protocol.text.splitlines(), start=1):
        written = re.match(r'\s*"?([\w-]+)"?\s*=\s*(.*)', line)
        if not written or written[1] == "quote":  # a quote is word for word
            continue
        if odd := re.search(r"[µμ](?!g\b)|[‐‑‒–—−](?=\s*\d)|(?<=\d)\s*[‐‑‒–—−]", written[2]):  # noqa: RUF001
            sign = odd[0].strip()
            what = f"{written[1]} holds U+{ord(sign):04X}, which looks like another sign"
            yield Problem("PL-25", "", what, "Write mcg for micrograms and the plain hyphen for minus and ranges.", line=number)
