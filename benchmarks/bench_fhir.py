"""From FHIR NDJSON to verdicts, against the engine's bare parse of the same files.

    python benchmarks/bench_fhir.py --sessions 10000

The bare parse is ``create table as from read_json(file)`` of every file into a new database file. Each step is a process
of its own; the ratios are from one and the same round, so other load on the machine hits both.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench import measure

BARE = """
import duckdb, pathlib, sys
connection = duckdb.connect(sys.argv[2])
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.ndjson")):
    connection.execute(f"create table {file.stem} as from read_json('{file}', format = 'newline_delimited')")
connection.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    program = [sys.executable, "-m", "infusion_audit"]
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        home = Path(temporary)
        data = home / "data"
        made = measure([*program, "sample", str(data), "--sessions", str(options.sessions), "--format", "fhir-r4"])
        files = sorted(data.glob("*.ndjson"))
        resources = sum(sum(1 for _ in file.open("rb")) for file in files)
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{options.sessions:,} sessions, {resources:,} resources, {size:,.0f} MB of NDJSON, written in {made.wall_s:.1f} s\n")
        for number in range(options.repeat):
            compare(program, data, home / str(number), resources)


def compare(program: list[str], data: Path, home: Path, resources: int) -> None:
    """One round: the bare parse, then load and check in a workspace of their own."""
    home.mkdir()
    workspace = ["--workspace", str(home / "audit")]
    bare = measure([sys.executable, "-c", BARE, str(data), str(home / "bare.duckdb")])
    load = measure([*program, "load", str(data), "--source", "fhir-r4", *workspace])
    check = measure([*program, "check", "--json", *workspace])
    print(f"{'':22}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'x bare':>9}{'resources/s':>13}")
    for name, figure in (("bare parse", bare), ("load", load), ("check", check)):
        ratio, speed = figure.wall_s / bare.wall_s, resources / figure.wall_s
        print(f"{name:22}{figure.wall_s:9.2f}{figure.cpu_s:9.2f}{figure.peak_mb:9.0f}{ratio:9.2f}{speed:13,.0f}")
    wall, cpu = load.wall_s + check.wall_s, load.cpu_s + check.cpu_s
    print(f"{'FHIR to verdicts':22}{wall:9.2f}{cpu:9.2f}{'':9}{wall / bare.wall_s:9.2f}{resources / wall:13,.0f}")
    stages = json.loads(check.output)["timings_s"]
    print("\nstages of check: " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in stages.items()) + "\n")


if __name__ == "__main__":
    main()
