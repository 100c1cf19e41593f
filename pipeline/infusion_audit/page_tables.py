"""Small tables that pages of the report are made from: taken while the views of a judgement still stand, and stored with the run.

A file of ``sql/pages`` is one of them. Its first two letters name the family of rules without which nobody needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infusion_audit.engine import Connection, resource
from infusion_audit.views import query_of

if TYPE_CHECKING:
    from infusion_audit.protocol import Protocol
    from infusion_audit.rulebook import Rulebook

_ALWAYS = ("kd", "kr")  # the pharmacy's list needs them, empty or not
_PASSING = ("kc_answered", "km_answered")  # what other tables are made from; not stored


def all_names() -> list[str]:
    """Every table that a run may store for its pages."""
    return [file.stem for file in sorted((resource("sql") / "pages").glob("*.sql")) if file.stem not in _PASSING]


def queries(protocol: Protocol, rulebook: Rulebook) -> dict[str, str]:
    """The queries of the tables that a protocol's report needs, by name, in the order in which they can be made."""
    families = {*_ALWAYS, *(rule.rule_id[:2].lower() for rule in rulebook if protocol.judges(rule.rule_id))}
    return {file.stem: query_of(file) for file in sorted((resource("sql") / "pages").glob("*.sql")) if file.stem[:2] in families}


def create(connection: Connection, wanted: dict[str, str]) -> None:
    """Make the tables after a judgement; those of another protocol's judgement on the same connection go."""
    for name in (*all_names(), *_PASSING):
        connection.execute(f"drop table if exists temp.{name}")
    for name, query in wanted.items():
        connection.execute(f"create temp table {name} as {query}")


def present(connection: Connection) -> list[str]:
    """The tables that this connection has."""
    found = {name for (name,) in connection.execute("select table_name from duckdb_tables() where temporary").fetchall()}
    return [name for name in all_names() if name in found]
