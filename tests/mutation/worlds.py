"""What the suite knows: charts loaded once, and whether the suite would notice that a mutant answers otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from infusion_audit import engine
from infusion_audit.judge import add_answers, judge, shipped_query
from infusion_audit.load import load
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.views import needed_by, reads, views
from tests.reference.agreement import compare
from tests.reference.engine import judge as judged_by_reference
from tests.reference.verdicts import Verdict
from tests.rules.examples import Example, unmet
from tests.rules.runs import runs_of
from tests.support.edges import edge_tables
from tests.support.folder import write_folder as write_tables
from tests.support.generate import make_batch
from tests.support.product import Published, protocol_file

from .operators import Mutant

Row = dict[str, Any]
Notices = Callable[[set[str], list[Row]], str | None]  # the rules that were judged again, their verdicts: why it is noticed
PATIENTS, SEEDS = 40, 10
KILLED, INVALID, UNNOTICED, SAME = "killed", "invalid", "unnoticed", "same"


@dataclass
class World:
    """Charts under one protocol and one coverage, judged once, and the tests that look at their verdicts."""

    name: str
    connection: engine.Connection
    notices: Notices
    claimed: set[str]  # the rules that those tests make claims about
    columns: str  # of the verdict that those tests look at
    queries: dict[str, str] = field(default_factory=dict[str, str])  # the views in the order of their needs

    @classmethod
    def load(cls, name: str, folders: Sequence[Path], protocol: str, notices: Notices, claimed: set[str], columns: str) -> World:
        """Load and judge; the temporary tables of the judgement stay on the connection."""
        connection, rulebook = engine.connect(), Rulebook.load()
        connection.execute("set threads = 1")
        for folder in folders:
            load(connection, [folder])
        judge(connection, load_protocol(protocol), rulebook, parse_period("all", date(2026, 7, 1)), "mutation")
        # What follows from the answers is asked for anew, not stored.
        for name in ("ordered_answer", "source_rows"):
            connection.execute(f"drop table {name}")
            connection.execute(f"create temp view {name} as {shipped_query(name)}")
        enabled = {str(each) for (each,) in connection.execute("select rule_id from judged_rule").fetchall()}
        world = cls(name, connection, notices, claimed & enabled, columns)
        world.queries = {name: views()[name] for name in needed_by(rule.sql for rule in world.rules.values())}
        return world

    @cached_property
    def rules(self) -> dict[str, Any]:
        """The rules about which this world's tests make claims."""
        return {rule.path.stem: rule for rule in Rulebook.load() if rule.rule_id in self.claimed}

    @cached_property
    def marks(self) -> dict[str, object]:
        """What the original gives: a mark of each table's and each rule's rows."""
        tables = {name: self._mark(f"select * from {name}") for name in self.queries}
        return tables | {name: self._answers(rule.rule_id) for name, rule in self.rules.items()}

    @cached_property
    def limits(self) -> set[str]:
        """The columns that hold the numbers of the protocol: limits of rules and settings."""
        query = "select column_name from duckdb_columns() where table_name in ('rule', 'setting') and data_type like 'DECIMAL%'"
        return {str(name) for (name,) in self.connection.execute(query).fetchall()}

    def reads(self, target: str) -> bool:
        """Whether a view or rule can change a verdict that this world's tests look at."""
        return target in self.queries or target in self.rules

    def try_out(self, mutant: Mutant) -> tuple[str, str]:
        """The fate of a mutant in this world, and who noticed it; the world is left as it was."""
        target = Path(mutant.file).stem
        self.connection.begin()
        try:
            changed = self._rebuilt(target, mutant.sql)
            stale = [n for n, rule in self.rules.items() if n == target or reads(rule.sql) & changed]
            if not stale:
                return SAME, ""
            self.connection.execute("create or replace temp table answer as select * from answer limit 0")
            for name in stale:
                rule = self.rules[name]
                add_answers(self.connection, replace(rule, sql=mutant.sql) if name == target else rule)
            if "session" not in changed and all(self._answers(self.rules[n].rule_id) == self.marks[n] for n in stale):
                return SAME, ""
            reason = self._unanswered() or self.notices({self.rules[n].rule_id for n in stale}, self._verdicts())
            return (KILLED, reason) if reason else (UNNOTICED, "")
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
            return INVALID, "the engine refuses the query"
        except duckdb.Error as error:
            return KILLED, f"error: {str(error).splitlines()[0]}"
        finally:
            self.connection.rollback()

    def original(self) -> str | None:
        """Why the tests of this world would fail without any mutant."""
        return self._unanswered() or self.notices(self.claimed, [row for row in self._verdicts() if row["rule_id"] in self.claimed])

    def _rebuilt(self, target: str, sql: str) -> set[str]:
        """Build the mutated view and those that depend on it, no further than something changes."""
        marks, changed = self.marks, set[str]()
        for name, query in self.queries.items():
            if name == target or reads(query) & changed:
                self.connection.execute(f"create or replace temp table {name} as {sql if name == target else query}")
                if self._mark(f"select * from {name}") != marks[name]:
                    changed.add(name)
        return changed

    def _mark(self, query: str) -> object:
        # As text, because the hash of a row does not tell a missing list from an empty one.
        return self.connection.execute(f"select count(*), sum(hash(cast(t as varchar))) from ({query}) as t").fetchone()

    def _answers(self, rule_id: str) -> object:
        return self._mark(f"select * from answer where rule_id = '{rule_id}'")

    def _unanswered(self) -> str | None:
        """The check of the product: every rule answers exactly once for every session."""
        query = "select count(*), count(distinct session_no) from answer group by rule_id"
        total = self.connection.execute("select count(*) from session").fetchone()
        right = all(n == d == total[0] for n, d in self.connection.execute(query).fetchall()) if total else False
        return None if right else "the product refuses a rule that does not answer once for every session"

    def _verdicts(self) -> list[Row]:
        return engine.rows(self.connection, f"select {self.columns} from verdict order by session_started_at")


def example_worlds(examples: Sequence[Example], folder: Path) -> Iterator[World]:
    """The example pages, one world for each protocol and coverage."""
    for number, run in enumerate(runs_of(examples)):
        data, protocol = run.write(folder / f"examples{number}")

        def notices(rules: set[str], rows: list[Row], chosen: list[Example] = run.examples) -> str | None:
            of_rule: dict[tuple[str, str], list[Row]] = {}
            for row in rows:
                of_rule.setdefault((row["patient_id"], row["rule_id"]), []).append(row)
            failing = (e for e in chosen if e.rule_id in rules and unmet(e, e.chosen(of_rule.get((e.patient_id, e.rule_id), []))))
            return next((f"{e.rule_id}: {e.title}" for e in failing), None)

        yield World.load(f"examples {number}", [data], str(protocol), notices, set(run.own), "*")


def reference_worlds(folder: Path) -> Iterator[World]:
    """The edge charts and the generated ones, each with what the reference engine says about them."""
    manifest = {"site": "edges", "timezone": "UTC", "extracted_at": "2026-11-20T00:00:00Z"}
    edges = write_tables(folder / "edges", edge_tables(), manifest)
    protocol = protocol_file(folder / "protocol.toml")
    yield _against("edges", edges, protocol, judged_by_reference(edge_tables(), {}, manifest))
    for seed in range(SEEDS):  # each has a coverage and settings of its own
        batch = make_batch(seed, PATIENTS)
        charts = write_tables(folder / f"seed{seed}", batch.tables, batch.manifest)
        protocol = protocol_file(folder / f"protocol{seed}.toml", batch.settings)
        yield _against(f"generated {seed}", charts, protocol, judged_by_reference(batch.tables, batch.settings, batch.manifest))


def _against(name: str, charts: Path, protocol: Path, expected: list[Verdict]) -> World:
    def notices(rules: set[str], rows: list[Row]) -> str | None:
        found = compare([each for each in expected if each.rule_id in rules], [Published(**row) for row in rows])
        return next((f"{d.patient_id} {d.rule_id} {d.field}" for d in found), None)

    columns = ", ".join(f.name for f in fields(Published))
    columns = columns.replace("started", "epoch_us(session_started_at) / 1000000.0 as started").replace("detail", "'' as detail")
    return World.load(name, [charts], str(protocol), notices, {each.rule_id for each in expected}, columns)
