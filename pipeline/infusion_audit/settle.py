"""From stages into the warehouse: duplicates out, newer versions in, contradictions aside, and the counts of every file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from infusion_audit.engine import Connection
from infusion_audit.identities import Identities
from infusion_audit.validate import TableEntry, quarantine_broken_lines, quarantine_conflicts, quarantine_faults, stored_names

ROWS_A_STAGE = 1 << 40


@dataclass(frozen=True)
class Stage:
    """A temporary table of judged rows, and how the line of one is found."""

    name: str
    line: str


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one file."""

    received: int
    loaded: int
    quarantined: int
    duplicates: int


@dataclass
class Settling:
    """One table of one extract on its way into the warehouse."""

    connection: Connection
    table: TableEntry
    extract_id: int
    taken_at: datetime | None
    """When the extract was taken; without it, what is loaded later is newer."""
    brought: str = ""
    """Where the format knows them: the table of the identities that the extract brings."""
    asides: list[str] = field(default_factory=lambda: [])
    """The temporary tables of rows (by row_id) that do not go into the warehouse."""

    def __post_init__(self) -> None:
        self.name = str(self.table["table"])
        self.key: str | None = self.table["key"]
        self.columns = ", ".join(stored_names(self.table))
        self.hashed = ", ".join(self.table["hashed"])
        identities = Identities(self.connection, self.name, self.key, self.columns, self.extract_id, self.taken_at, self.brought)
        self.identities = identities if self.brought and identities else None

    def settle(self, stages: Sequence[Stage], files: Sequence[int]) -> dict[int, Counts]:
        """Load the stages and return the counts by file; received = loaded + quarantined + duplicates, always."""
        run = self.connection.execute
        parts = [
            f"select * exclude (line), {stage.line} as line, {at * ROWS_A_STAGE} + rowid as row_id from {stage.name}"
            for at, stage in enumerate(stages)
        ]
        run(f"create or replace temp view staged as {' union all '.join(parts)}")
        received = self._by_file("select file_id, count(*) from staged group by file_id")
        kept_out = self._by_file("select file_id, count(*) from staged where kept_out group by file_id")
        if self.identities:
            self._aside("overtaken", self.identities.supersede())
        has_stored = self._any(self.name)
        columns = f"{self.columns}, file_id, line"
        self._aside("duplicate", self._duplicates(has_stored))
        if self.key:
            self._aside("conflicting", self._conflicts(self.key))
        if self.key and has_stored:
            self._aside("superseded", self._superseded(self.key), {"taken_at": self.taken_at})
            replaced = f"{self.name} where {self.key} in (select {self.key} from staged where {self._loadable()})"
            run(f"insert into {self.name}_aside ({columns}) select {columns} from {replaced}")
            run(f"delete from {replaced}")
        if self._any("staged where faults is not null"):
            quarantine_faults(self.connection, self.table)
        if "conflicting" in self.asides:
            quarantine_conflicts(self.connection, self.table)
        if self._any(f"broken_line where table_name = '{self.name}'"):
            quarantine_broken_lines(self.connection, self.name)
        for aside in self.asides:
            run(f"insert into {self.name}_aside ({columns}) select {columns} from staged where row_id in (select row_id from {aside})")
        run(f"insert into {self.name} ({columns}) select {columns} from staged where {self._loadable()}")
        self._resolve()
        withdrawn = self.identities.remember() if self.identities else {}
        return self._counts(files, received, kept_out, withdrawn)

    def _duplicates(self, has_stored: bool) -> str:
        """Rows that say what an earlier row, or one in the warehouse, already says.

        Hashes are compared first; only rows whose hash occurs twice are compared column by column.
        """
        columns = f"{self.columns}, file_id, line"
        stored_hashes = f" union all select hash({self.hashed}) from {self.name}" if has_stored else ""
        self.connection.execute(
            f"""create or replace temp table repeated as
            select content from (select content from staged where {self._loadable()}{stored_hashes}) group by content having count(*) > 1"""
        )
        if not self._any("repeated"):
            return ""
        return f"""select row_id from (
                select row_id, row_number() over (partition by {self.columns} order by row_id is not null, file_id, line, row_id) as nth
                from (
                    select {columns}, row_id from staged where {self._loadable()} and content in (select content from repeated)
                    union all
                    select {columns}, null from {self.name} where hash({self.hashed}) in (select content from repeated)
                )
            ) where nth > 1 and row_id is not null"""

    def _conflicts(self, key: str) -> str:
        """Rows of one extract that give one identity different contents: which of them is true cannot be known."""
        return f"""select row_id from staged where {self._loadable()} and {key} in (
            select {key} from staged where not kept_out group by {key} having min(content) <> max(content))"""

    def _superseded(self, key: str) -> str:
        """Rows for which the warehouse holds a version from a later extract; they count as duplicates."""
        return f"""select s.row_id
            from (select row_id, {key} from staged where {self._loadable()}) as s
            inner join {self.name} as w on w.{key} = s.{key}
            inner join input_file as f on f.file_id = w.file_id and f.table_name = '{self.name}'
            inner join extract as x on x.extract_id = f.extract_id
            where x.extracted_at > cast($taken_at as timestamp)"""

    def _resolve(self) -> None:
        """A row that an earlier extract brought broken and this one in good order is no longer missing."""
        if self.key:
            self.connection.execute(
                f"""update quarantine set scope = 'resolved'
                where table_name = '{self.name}' and scope = 'row' and row_key is not null
                    and file_id in (select file_id from input_file where extract_id < {self.extract_id})
                    and row_key in (select {self.key} from staged where {self._loadable()})"""
            )

    def _aside(self, name: str, select: str, parameters: dict[str, object] | None = None) -> None:
        """Put the rows of a select aside, if there are any."""
        if select:
            self.connection.execute(f"create or replace temp table {name} as {select}", parameters)
            if self._any(name):
                self.asides.append(name)

    def _loadable(self) -> str:
        """The condition for rows that go into the warehouse; as short as it can be, for millions of rows are asked."""
        return " and ".join(["not kept_out", *(f"row_id not in (select row_id from {aside})" for aside in self.asides)])

    def _counts(
        self, files: Sequence[int], received: dict[int, int], kept_out: dict[int, int], withdrawn: dict[int, int]
    ) -> dict[int, Counts]:
        """The counts by file, each taken from its own place, so that the sum proves that no row was lost."""
        broken = self._by_file(f"select file_id, count(*) from broken_line where table_name = '{self.name}' group by file_id")
        aside = {
            name: self._by_file(f"select file_id, count(*) from staged where row_id in (select row_id from {name}) group by file_id")
            for name in self.asides
        }
        wanted = ", ".join(str(file_id) for file_id in files)
        loaded = self._by_file(f"select file_id, count(*) from {self.name} where file_id in ({wanted}) group by file_id")
        found: dict[int, Counts] = {}
        for file_id in files:
            kept = {name: rows.get(file_id, 0) for name, rows in aside.items()}
            counts = Counts(
                received=received.get(file_id, 0) + broken.get(file_id, 0) + withdrawn.get(file_id, 0),
                loaded=loaded.get(file_id, 0),
                quarantined=kept_out.get(file_id, 0) + kept.get("conflicting", 0) + broken.get(file_id, 0),
                duplicates=sum(kept.get(name, 0) for name in ("duplicate", "superseded", "overtaken")) + withdrawn.get(file_id, 0),
            )
            if counts.received != counts.loaded + counts.quarantined + counts.duplicates:
                raise AssertionError(f"{self.name}: the rows of file {file_id} do not add up: {counts}")
            found[file_id] = counts
        return found

    def _by_file(self, query: str) -> dict[int, int]:
        return {int(file_id): int(rows) for file_id, rows in self.connection.execute(query).fetchall()}

    def _any(self, relation: str) -> bool:
        return self.connection.execute(f"select 1 from {relation} limit 1").fetchone() is not None
