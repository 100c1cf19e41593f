"""``python -m tests.mutation [NAME...]``: plant faults in rules and views, and list those that no test would notice.

A NAME is a rule (``KD-07``), a view (``weight``) or ``all``; without one, all rules are mutated, and the views that answer for them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Container, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from infusion_audit.engine import resource
from tests.rules.examples import PAGES, read_page

from .operators import Macros, Mutant, macros_of, mutants, query_of
from .worlds import INVALID, KILLED, SAME, UNNOTICED, World, example_worlds, reference_worlds

AT_LEAST = 90  # per cent
EQUIVALENT = "equivalent"
SQL = resource("sql")
FILES = [*sorted((SQL / "rules").glob("*.sql")), *sorted((SQL / "views").glob("*.sql"))]
# The rules, and the views that answer for several of them.
ANSWERS = [file for file in FILES if file.parent.name == "rules" or {"applies,", "violates,"} <= set(file.read_text("utf-8").split())]
PARTS = 8  # of a file, so that two processes end at about the same time
Fate = tuple[Mutant, str, str]  # the mutant, what became of it, who noticed it
_worlds: list[World] = []


def build_worlds() -> list[World]:
    """Everything that the suite knows, loaded once; the tests hold on the original."""
    examples = [example for page in PAGES for example in read_page(page)]
    with TemporaryDirectory() as folder:
        _worlds[:] = [*example_worlds(examples, Path(folder)), *reference_worlds(Path(folder))]
    failing = [f"{world.name}: {reason}" for world in _worlds if (reason := world.original())]
    if failing:
        raise SystemExit("the tests fail without any mutant; mend that first\n" + "\n".join(failing))
    return _worlds


@cache
def macros() -> Macros:
    """The macros that decide."""
    return macros_of(SQL / "macros.sql")


def mutants_of(file: Path) -> list[Mutant]:
    """The mutants of a rule or view; what answers is mutated with the macros that decide for it."""
    tree = query_of(file.read_text("utf-8"), macros() if file in ANSWERS else {})
    return list(mutants(tree, f"{file.parent.name}/{file.name}", _worlds[0].limits))


def fates_of(file: Path, part: int) -> list[Fate]:
    """What becomes of one part of a file's mutants."""
    return [fate(mutant) for mutant in mutants_of(file)[part::PARTS]]


def fate(mutant: Mutant) -> Fate:
    """What becomes of a mutant: the worlds are asked in turn until one notices it."""
    worst = SAME
    for world in _worlds:
        if world.reads(Path(mutant.file).stem):
            found, reason = world.try_out(mutant)
            if found in (KILLED, INVALID):
                return mutant, found, reason
            worst = UNNOTICED if UNNOTICED in (worst, found) else SAME
    return mutant, worst, ""


def table(fates: Sequence[Fate]) -> list[tuple[str, Counter[str]]]:
    """How many mutants of each file had which fate, and of all files."""
    files = dict.fromkeys(mutant.file for mutant, _, _ in fates)
    rows = [(file, Counter(found for mutant, found, _ in fates if mutant.file == file)) for file in files]
    return [*rows, ("all", Counter(found for _, found, _ in fates))]


def score(count: Counter[str]) -> float:
    """Per cent killed of those that are queries and are not known to be equivalent."""
    judged = count[KILLED] + count[UNNOTICED] + count[SAME]
    return 100 * count[KILLED] / judged if judged else 100.0


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """The mutants that mean the same as the original, with the reason."""
    entries = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text("utf-8")).get("mutant", [])
    return {(each["file"], each["operator"], each["before"], each["after"]): each["reason"] for each in entries}


def chosen(names: Sequence[str]) -> list[Path]:
    """The files that the names mean."""
    if not names:
        return ANSWERS
    known = {key: file for file in FILES for key in (file.stem, file.stem.split("_")[0] if file.parent.name == "rules" else file.stem)}
    wanted = [name.lower().replace("-", "") for name in names]
    if unknown := [name for name in wanted if name not in known and name != "all"]:
        raise SystemExit(f"no rule or view is called {', '.join(unknown)}")
    return FILES if "all" in wanted else sorted({known[name] for name in wanted})


def main(names: Sequence[str]) -> int:
    """Print survivors and scores; 1 when a rule or the whole is under the threshold, or the list of equivalents is wrong."""
    files, known, fates = chosen(names), equivalents(), list[Fate]()
    with ProcessPoolExecutor(2, get_context("spawn"), initializer=build_worlds) as pool:
        done = pool.map(fates_of, *zip(*((file, part) for file in files for part in range(PARTS)), strict=True))
        for _ in files:
            fates += survivors_told(sorted(chain.from_iterable(islice(done, PARTS)), key=lambda each: each[0].line), known)
    print(f"\n{'':44}{'mutants':>8}{'invalid':>8}{'equival.':>9}{'killed':>8}{'unnoticed':>10}{'same':>6}{'score':>8}")
    for file, count in table(fates):
        numbers = f"{count.total():8}{count[INVALID]:8}{count[EQUIVALENT]:9}{count[KILLED]:8}{count[UNNOTICED]:10}{count[SAME]:6}"
        print(f"{file:44}{numbers}{score(count):7.1f}%")
    wrong = [f"equivalent.toml: {' '.join(place)}: is killed, and so not equivalent" for place in killed_after_all(fates, known)]
    wrong += [f"{file}: under {AT_LEAST} %" for file, count in table(fates) if score(count) < AT_LEAST]
    print("\n".join(wrong))
    return 1 if wrong else 0


def killed_after_all(fates: Sequence[Fate], known: Container[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """What is called equivalent and is not: the same words may stand at two places, and mean the same at one of them."""
    equivalent = {mutant.place for mutant, what, _ in fates if what == EQUIVALENT}
    return sorted({m.place for m, what, _ in fates if what == KILLED and m.place in known} - equivalent)


def survivors_told(fates: Sequence[Fate], known: Container[tuple[str, str, str, str]]) -> list[Fate]:
    """Print the survivors of one file; those that are known to be equivalent get that fate."""
    result = list[Fate]()
    for mutant, what, why in fates:
        survives = what in (SAME, UNNOTICED)
        result.append((mutant, EQUIVALENT if survives and mutant.place in known else what, why))
        if survives and mutant.place not in known:
            note = "other answers, unnoticed" if what == UNNOTICED else "the same answers"
            print(f"{mutant.file}:{mutant.line}: {mutant.operator}: {mutant.before}  ->  {mutant.after}  ({note})", flush=True)
    return result
