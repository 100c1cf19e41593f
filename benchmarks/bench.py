"""The whole job against the bare ingest of the same files: ratios, time per stage, peak memory.

    python benchmarks/bench.py --sessions 100000

The bare ingest is ``create table as select * from read_csv(file, all_varchar = true)`` of every file into a new database file.
Each step is a process of its own, so that its time and memory are its own; the ratio is printed from one and the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_BARE = """
import duckdb, pathlib, sys
connection = duckdb.connect(sys.argv[2])
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.csv")):
    if file.stem != "expected":
        connection.execute(f"create table {file.stem} as select * from read_csv('{file}', all_varchar = true, store_rejects = true)")
connection.close()
"""


@dataclass
class Figure:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def measure(command: list[str]) -> Figure:
    """Run a command and account for it alone."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) not in (0, 4):
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figure(wall, cpu, usage.ru_maxrss / 1024, output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument(
        "--faults", action="store_true", help="plant deviations and dirty rows; broken lines are read in Python, which takes longer"
    )
    parser.add_argument("--data", type=Path, help="an extract made before, instead of a new one")
    options = parser.parse_args()
    program = [sys.executable, "-m", "infusion_audit"]
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        home = Path(temporary)
        data = options.data or home / "data"
        if not options.data:
            faults = "--faults" if options.faults else "--no-faults"
            made = measure([*program, "sample", str(data), "--sessions", str(options.sessions), faults])
            print(f"sample extract of {options.sessions:,} sessions written in {made.wall_s:.1f} s, peak {made.peak_mb:.0f} MB")
        size = sum(file.stat().st_size for file in data.glob("*.csv")) / 1e6
        print(f"input: {size:,.0f} MB of CSV\n")
        for number in range(options.repeat):
            compare(program, data, home / str(number))


def compare(program: list[str], data: Path, home: Path) -> None:
    """One round: bare ingest, then the run with and without the gate."""
    home.mkdir()
    bare = measure([sys.executable, "-c", _BARE, str(data), str(home / "bare.duckdb")])
    rows = [("bare ingest", bare, 1.0)]
    timings: dict[str, float] = {}
    for name, options in (("run --no-gate", ["--no-gate"]), ("run", [])):
        workspace = home / name.replace(" ", "")
        figure = measure([*program, "run", str(data), "--workspace", str(workspace), "--json", *options])
        rows.append((name, figure, figure.wall_s / bare.wall_s))
        timings = json.loads(figure.output)["timings_s"]
    print(f"{'':16}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'x bare':>9}")
    for name, figure, ratio in rows:
        print(f"{name:16}{figure.wall_s:9.2f}{figure.cpu_s:9.2f}{figure.peak_mb:9.0f}{ratio:9.2f}")
    print("\nstages of run: " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in timings.items()) + "\n")


if __name__ == "__main__":
    main()
