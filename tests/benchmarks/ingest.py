"""How fast our ingest is and how much memory it takes, beside others on the same log in the same run.

`uv run python tests/benchmarks/ingest.py --lines 5000000`; README.md beside this file says what is measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet
from contenders import CONTENDERS, Contender, versions
from make_log import make_log
from measure import measure
from rich.console import Console
from rich.table import Table

from miner.ingest import ingest
from miner.store import Store

GROWTH = 10
MEGABYTE = 1e6
FLOOR = "scan"
WIDTH = 120
"""Columns that the table needs; a narrower terminal wraps."""


@dataclass(frozen=True)
class Round:
    """One run of one contender; times are for the whole log."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stored_bytes: int
    rows: int


@dataclass(frozen=True)
class Result:
    """What is reported of a contender: its fastest round, and the most memory of any."""

    name: str
    title: str
    lines: int
    rows: int
    seconds: float
    cpu_seconds: float
    lines_per_second: float
    peak_bytes: int
    stored_bytes: int
    all_seconds: list[float]
    to_scan: float | None = None
    """Its time over that of counting lines."""
    to_ours: float | None = None
    """Its time over that of ours for the same work: above 1, ours is faster."""


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything that was measured, as --json prints it."""
    chosen = [name for name in args.only or CONTENDERS if name != "miner-grown" or args.growth]
    skipped = {name: CONTENDERS[name].missing for name in chosen if CONTENDERS[name].missing}
    chosen = [name for name in chosen if name not in skipped]
    logs = make_logs(args, folder, {CONTENDERS[name].log for name in chosen})
    rounds: dict[str, list[Round]] = {name: [] for name in chosen}
    for number in range(args.rounds):
        for name in chosen:
            tell(f"round {number + 1} of {args.rounds}: {CONTENDERS[name].title}")
            rounds[name].append(run_once(CONTENDERS[name], logs, args.lines, folder))
    results = compare([result(name, rounds[name], args.lines) for name in chosen])
    return {
        "lines": args.lines,
        "bytes": logs["plain"].stat().st_size,
        "odd": args.odd,
        "seed": args.seed,
        "rounds": args.rounds,
        "cores": os.cpu_count(),
        "versions": versions(),
        "contenders": [asdict(found) for found in results],
        "skipped": skipped,
        "disagree": [] if args.odd else [found.name for found in results if found.rows != expected(found)],
    }


def make_logs(args: argparse.Namespace, folder: Path, kinds: set[str]) -> dict[str, Path]:
    """The logs that are needed, those in the folder from an earlier run as they are."""
    stem = f"seed{args.seed}-odd{args.odd:g}"
    plain = folder / f"{args.lines}-{stem}.log"
    logs = {
        "plain": plain,
        "gzip": plain.with_suffix(".log.gz"),
        "grown": folder / f"{args.lines * GROWTH}-{stem}.log",
        "rows": plain.with_suffix(".parquet"),
    }
    for kind, lines in (("plain", args.lines), ("grown", args.lines * GROWTH)):
        if kind in kinds | {"plain"} and not logs[kind].exists():
            tell(f"making a log of {lines:,} lines")
            make_log(logs[kind], lines, seed=args.seed, odd=args.odd)
    if "gzip" in kinds and not logs["gzip"].exists():
        tell("compressing it")
        compress(plain, logs["gzip"])
    if "rows" in kinds and not logs["rows"].exists():
        tell("reading it for those who get rows")
        read(plain, logs["rows"])
    return logs


def read(plain: Path, rows: Path) -> None:
    """`rows` has the requests in `plain`, as our ingest reads them."""
    unfinished = rows.with_name(rows.name + ".part")
    with Store.open(None) as store:
        ingest([plain], store)
        pyarrow.parquet.write_table(store.table("requests"), unfinished)
    unfinished.replace(rows)


def compress(plain: Path, packed: Path) -> None:
    """`packed` is `plain`, compressed as log rotation does it."""
    unfinished = packed.with_name(packed.name + ".part")
    with plain.open("rb") as source, gzip.open(unfinished, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    unfinished.replace(packed)


def run_once(contender: Contender, logs: dict[str, Path], lines: int, folder: Path) -> Round:
    """The contender has read its log, and what it left is measured and removed."""
    with TemporaryDirectory(dir=folder) as name:
        leaving = Path(name)
        measured = measure(contender.command(logs[contender.log], leaving))
        scale = max(1.0, lines / contender.at_most) if contender.at_most else 1.0
        return Round(
            measured.seconds * scale,
            measured.cpu_seconds * scale,
            measured.peak_bytes,
            sum(file.stat().st_size for file in leaving.rglob("*")),
            contender.rows(measured.output, leaving),
        )


def result(name: str, rounds: list[Round], lines: int) -> Result:
    """The fastest round, and the most memory of any."""
    best = min(rounds, key=lambda each: each.seconds)
    read = lines * GROWTH if CONTENDERS[name].log == "grown" else lines
    return Result(
        name=name,
        title=CONTENDERS[name].title,
        lines=read,
        rows=best.rows,
        seconds=best.seconds,
        cpu_seconds=best.cpu_seconds,
        lines_per_second=read / best.seconds,
        peak_bytes=max(each.peak_bytes for each in rounds),
        stored_bytes=best.stored_bytes,
        all_seconds=[each.seconds for each in rounds],
    )


def compare(results: list[Result]) -> list[Result]:
    """The results with their ratios to the scan and, if they are peers, to ours."""
    per_line = {found.name: found.seconds / found.lines for found in results}

    def ratio(name: str, other: str | None) -> float | None:
        return per_line[name] / per_line[other] if other in per_line else None

    return [
        Result(
            **{
                **asdict(found),
                "to_scan": ratio(found.name, FLOOR),
                "to_ours": ratio(found.name, CONTENDERS[found.name].rival),
            }
        )
        for found in results
    ]


def expected(found: Result) -> int:
    """The requests in what the contender read, if no line is odd."""
    return min(found.lines, CONTENDERS[found.name].at_most or found.lines)


def show(report: dict[str, Any]) -> None:
    """The report as a table."""
    console = Console(width=max(Console().width, WIDTH))
    title = f"{report['lines']:,} lines, {report['bytes'] / MEGABYTE:,.0f} MB, best of {report['rounds']}"
    table = Table(title=f"{title}, {report['cores']} cores")
    table.add_column("", no_wrap=True)
    for heading in ("wall s", "CPU s", "lines/s", "peak MB", "left MB", "requests", "x scan", "x ours"):
        table.add_column(heading, justify="right")
    for found in report["contenders"]:
        table.add_row(found["title"], *cells(found))
    console.print(table)
    console.print(", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    for name, why in report["skipped"].items():
        console.print(f"Skipped {name}: {why}.")
    for name in report["disagree"]:
        console.print(f"[bold red]{name} did not find a request in every line.[/]")


def cells(found: dict[str, Any]) -> list[str]:
    """The figures of one row."""
    return [
        f"{found['seconds']:,.2f}",
        f"{found['cpu_seconds']:,.2f}",
        f"{found['lines_per_second']:,.0f}",
        f"{found['peak_bytes'] / MEGABYTE:,.0f}",
        f"{found['stored_bytes'] / MEGABYTE:,.0f}",
        f"{found['rows']:,}",
        *("" if found[name] is None else f"{found[name]:,.2f}" for name in ("to_scan", "to_ours")),
    ]


def tell(what: str) -> None:
    """A person at the terminal knows what goes on."""
    sys.stderr.write(what + "\n")


@contextmanager
def place(folder: Path | None) -> Iterator[Path]:
    """The folder for the logs, which stays; one for this run only if none is named."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory() as name:
        yield Path(name)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures our ingest beside others.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="the fastest counts (default 3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--odd", type=float, default=0.0, help="share of odd lines (default 0)")
    parser.add_argument("--growth", action="store_true", help=f"ours with {GROWTH} times the lines too")
    parser.add_argument(
        "--only", action="append", choices=list(CONTENDERS), help="may be given several times"
    )
    parser.add_argument("--folder", type=Path, help="logs stay here for the next run")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """The comparison is printed. Returns 1 if a contender found other than one request in every line,
    2 if one could not run.
    """
    args = options()
    try:
        with place(args.folder) as folder:
            report = run(args, folder)
    except RuntimeError as failed:
        tell(str(failed))
        return 2
    if args.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        show(report)
    return 1 if report["disagree"] else 0


if __name__ == "__main__":
    sys.exit(main())
