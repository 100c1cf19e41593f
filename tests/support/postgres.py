"""A PostgreSQL server of one's own: made in a temporary folder, reached on loopback with a password, and gone afterwards."""

from __future__ import annotations

import csv
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER, PASSWORD = "auditor", "s3cret/p@ss:word"
CLUSTERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server."""

    programs: Path
    port: int

    def url(self, options: str = "?schema=cdm", *, password: str = "") -> str:
        """The address of its database."""
        return f"postgresql://{USER}{':' + password if password else ''}@127.0.0.1:{self.port}/postgres{options}"

    def sql(self, *statements: str) -> str:
        """Run statements, psql's own among them."""
        commands = [part for each in statements for part in ("-c", each)]
        done = subprocess.run(
            [self.programs / "psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.url(""), *commands],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def copy(self, folder: Path, schema: str, types: dict[str, str] | None = None) -> None:
        """Make a table of every CSV file, with columns of these types (text otherwise), and of its first column the primary key.

        Lines that are no records, and bytes that are no text, cannot be in a database.
        """
        self.sql(f"create schema {schema}")
        for file in sorted(path for path in folder.glob("*.csv") if not path.stem.startswith("expected")):
            names, *rows = csv.reader(file.read_text(encoding="utf-8", errors="ignore").splitlines())
            columns = ", ".join(f"{name} {_type(name, types)}" for name in names)
            sound = folder / f"{file.stem}.sound"
            with sound.open("w", encoding="utf-8", newline="") as target:
                csv.writer(target).writerows(row for row in rows if len(row) == len(names))
            self.sql(f"create table {schema}.{file.stem} ({columns})", f"\\copy {schema}.{file.stem} from '{sound}' csv")
            if types is not None:
                self.sql(f"alter table {schema}.{file.stem} add primary key ({names[0]})")


def _type(name: str, types: dict[str, str] | None) -> str:
    return next((kind for ending, kind in (types or {}).items() if name.endswith(ending)), "text")


def programs() -> Path | None:
    """The folder of the server's programs, the newest version's."""
    found = sorted(CLUSTERS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if CLUSTERS.is_dir() else []
    at = shutil.which("initdb")
    return found[-1].parent if found else Path(at).parent if at else None


@contextmanager
def running(where: Path) -> Generator[Server]:
    """Start a server and stop it again; root starts it as the user that Debian's package made, for PostgreSQL refuses root."""
    home = Path(tempfile.mkdtemp(prefix="infusion-audit-postgres-"))
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(home, account.pw_uid, account.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    secret, data = home / "secret", home / "data"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)

    def call(*arguments: str | Path) -> None:
        subprocess.run(arguments, check=True, cwd=home, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **other)

    try:
        call(where / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {home} -c fsync=off -c timezone=Asia/Tokyo -c datestyle=German"
        call(where / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        try:
            yield Server(where, port)
        finally:
            call(where / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
