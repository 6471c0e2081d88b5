"""Sessions as files: one row per request in CSV or Parquet, or the lines of an access log."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path as FilePath

import pandas as pd

from miner.errors import MinerError
from miner.simulate import COLUMNS, requests, simulate
from miner.workload import Workload

ENDINGS = (".csv", ".parquet", ".log")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""A browser's agent, so that simulated visitors are not taken for bots."""


def write_sessions(workload: Workload, sessions: int, seed: int, out: FilePath) -> None:
    """Writes `sessions` simulated sessions to `out`: `.csv`, `.parquet` or `.log` by its ending.

    Raises MinerError for another ending or a place that cannot be written; nothing is left then.
    """
    if out.suffix not in ENDINGS:
        raise MinerError(
            f"Sessions cannot be written as {out.suffix or 'a file without an ending'}.",
            "Name a file that ends in .csv, .parquet or .log.",
        )
    unfinished = out.with_name(out.name + ".unfinished")
    try:
        unfinished.touch()  # pandas does not say why a place cannot be written
        match out.suffix:
            case ".csv":
                simulate(workload, sessions, seed).to_csv(unfinished, index=False)
            case ".parquet":
                simulate(workload, sessions, seed).to_parquet(unfinished, index=False)
            case _:
                unfinished.write_text(log_lines(requests(workload, sessions, seed)), encoding="ascii")
        unfinished.replace(out)
    except OSError as error:
        raise MinerError(
            f"Cannot write {out}: {error.strerror}.", "Name a folder you can write to."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def read_sessions(file: FilePath) -> pd.DataFrame:
    """The session rows of a `.csv` or `.parquet` file, with at least `COLUMNS`.

    Raises MinerError if it is missing or not such a table.
    """
    try:
        rows = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
        if "started" in rows:
            rows["started"] = pd.to_datetime(rows["started"], utc=True, format="ISO8601")
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0].rstrip(".")
        raise MinerError(
            f"Cannot read sessions from {file}: {reason}.", "Write it with `mine simulate` or `mine replay`."
        ) from error
    if missing := [column for column in COLUMNS if column not in rows]:
        raise MinerError(
            f"{file} is no table of sessions: the column {missing[0]!r} is missing.",
            "Write it with `mine simulate` or `mine replay`.",
        )
    return rows


def log_lines(steps: pd.DataFrame) -> str:
    """`steps` as combined-plus-fields lines, stamped in whole seconds at the end of each request.

    Every session has an address of its own (2001:db8::/32, RFC 3849), so that a visitor without a
    user is told apart by address and agent.
    """
    ended = steps["started"] + pd.to_timedelta(steps["duration"], unit="s")
    by_end = steps.assign(stamp=ended.dt.strftime("%d/%b/%Y:%H:%M:%S +0000")).iloc[ended.argsort(stable=True)]
    return "".join(
        f"2001:db8::{row.session // 65536:x}:{row.session % 65536:x} - - [{row.stamp}] "
        f'"{row.method} {row.target} HTTP/1.1" {row.status} 0 "-" "{AGENT}" '
        f'{row.duration:.3f} "{row.user or "-"}"\n'
        for row in by_end.itertuples()
    )
