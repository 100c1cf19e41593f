"""Rows that only their source can tell apart: what a later extract says of one replaces what an earlier one said.

A format may know what its source calls the record on a line (a resource's id); any number of rows comes from it, or none.
Its whole is replaced: the rows of the earlier version go aside, but for those that the later one says again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infusion_audit.engine import Connection

COLUMNS = ("file_id", "line", "identity", "withdrawn")


@dataclass(frozen=True)
class Identities:
    """The identities that an extract brings for one table, beside those that the warehouse knows."""

    connection: Connection
    table: str
    key: str | None
    """Where a column of the table is the identity, what is brought beside it is withdrawn, or the record that several rows make."""
    columns: str
    extract_id: int
    taken_at: datetime | None
    brought: str
    """A table of ``COLUMNS``."""

    def __bool__(self) -> bool:
        """Whether this extract, or an earlier one, has any for the table."""
        of_table = f"row_identity as i inner join input_file as f on f.file_id = i.file_id where f.table_name = '{self.table}'"
        found = self.connection.execute(f"select exists (from {self.brought}) or exists (from {of_table})").fetchone()
        return bool(found and found[0])

    def supersede(self) -> str:
        """Put the rows of earlier versions aside; the select of rows of ``staged`` of which the warehouse knows a later version."""
        if not self._know():
            return ""
        self._outdate()
        staged = self._staged("s.row_id")
        if self.key:
            staged += f" union all select row_id, {self.key} from staged where not kept_out"
        return f"select row_id from ({staged}) where identity in (select identity from later_version)"

    def remember(self) -> dict[int, int]:
        """Keep the identities of rows, of withdrawn records and of what replaced something; by file, how many gave no row at all."""
        run = self.connection.execute
        kept_out = f"""select 1 from quarantine as q
            where q.table_name = '{self.table}' and q.scope <> 'cell' and q.file_id = b.file_id and q.line = b.line"""
        run(
            f"""create or replace temp table remembered as
            select *
            from (
                select
                    b.file_id, b.line, b.identity, b.withdrawn,
                    exists (select 1 from staged as s where s.file_id = b.file_id and s.line = b.line) or exists ({kept_out}) as is_row
                from {self.brought} as b
            ) as b
            where is_row or withdrawn or identity in (select identity from known_version)"""
        )
        run(f"insert into row_identity select {', '.join(COLUMNS)} from remembered")
        found = run("select file_id, count(*) from remembered where not is_row group by file_id").fetchall()
        return {int(file_id): int(rows) for file_id, rows in found}

    def _know(self) -> bool:
        """Gather the versions that earlier loads brought of these identities; false when there are none."""
        said, stored = f"select identity from {self.brought}", "select identity, file_id, line from row_identity"
        if self.key:
            said += f" union all select {self.key} from staged where not kept_out"
            stored += "".join(f" union all select {self.key}, file_id, line from {name}" for name in (self.table, f"{self.table}_aside"))
        self.connection.execute(
            f"""create or replace temp table known_version as
            select v.identity, v.file_id, v.line, x.extract_id, x.extracted_at
            from ({stored}) as v
            inner join input_file as f on f.file_id = v.file_id and f.table_name = '{self.table}'
            inner join extract as x on x.extract_id = f.extract_id and x.extract_id < {self.extract_id}
            where v.identity in ({said})"""
        )
        self.connection.execute(
            """create or replace temp table later_version as
            select distinct identity from known_version where extracted_at > cast($taken_at as timestamp)""",
            {"taken_at": self.taken_at},
        )
        return self.connection.execute("select 1 from known_version limit 1").fetchone() is not None

    def _staged(self, what: str) -> str:
        return f"""select {what}, b.identity
            from staged as s inner join {self.brought} as b on b.file_id = s.file_id and b.line = s.line where not s.kept_out"""

    def _outdate(self) -> None:
        """Put the stored rows aside that the later version of their record does not say again."""
        run, rows = self.connection.execute, f"{self.columns}, file_id, line"
        run(
            f"""create or replace temp table outdated as
            select distinct w.rowid as place, hash({self.columns}) as content
            from {self.table} as w
            inner join known_version as k on k.file_id = w.file_id and k.line = w.line
            where k.identity in (select identity from {self.brought}) and k.identity not in (select identity from later_version)
                and not exists (
                    select 1 from ({self._staged(f"hash({self.columns}) as content")}) as s
                    where s.identity = k.identity and s.content = hash({self.columns})
                )"""
        )
        if not run("select 1 from outdated limit 1").fetchone():
            return
        wake = None if self.key else self._still_said()
        outdated = f"{self.table} where rowid in (select place from outdated)"
        run(f"create or replace temp table replaced as select {rows} from {outdated}")
        run(f"delete from {outdated}")
        if wake:
            run(wake)
            woken = f"{self.table}_aside where rowid in (select place from woken)"
            run(f"insert into {self.table} ({rows}) select {rows} from {woken}")
            run(f"delete from {woken}")
        run(f"insert into {self.table}_aside ({rows}) select {rows} from replaced")

    def _still_said(self) -> str:
        """The rows set aside because an outdated one said the same, of which the record, if they have one, says so to this day."""
        return f"""create or replace temp table woken as
            select arg_min(a.place, (a.file_id, a.line)) as place
            from (select rowid as place, hash({self.columns}) as content, * from {self.table}_aside) as a
            left join row_identity as i on i.file_id = a.file_id and i.line = a.line
            inner join input_file as f on f.file_id = a.file_id and f.table_name = '{self.table}'
            inner join extract as x on x.extract_id = f.extract_id
            where a.content in (select content from outdated)
                and (
                    i.identity is null
                    or i.identity in (select identity from later_version)
                    or i.identity not in (select identity from {self.brought})
                )
                and not exists (
                    select 1
                    from row_identity as later
                    inner join input_file as lf on lf.file_id = later.file_id and lf.table_name = '{self.table}'
                    inner join extract as lx on lx.extract_id = lf.extract_id and lx.extract_id < {self.extract_id}
                    where later.identity = i.identity and lx.extract_id <> x.extract_id
                        and case
                            when lx.extract_id > x.extract_id then coalesce(lx.extracted_at >= x.extracted_at, true)
                            else coalesce(lx.extracted_at > x.extracted_at, false)
                        end
                )
            group by a.content"""
