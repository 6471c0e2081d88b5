"""What a replay costs beside plain Locust, and how well many users hold their pauses.

    python tests/benchmarks/replay.py [--seconds 12] [--rounds 3] [--users 2000] [--pause 4]

Two Locusts run the same scenario at once on one core, one of them with the recorder: the ratio of their
requests is what the request log costs. Then so many users walk with pauses of some seconds in one process:
how late they send what they meant to send is how well the pauses are held.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import pandas as pd
import scenario as bench

from miner.replay import Load, replay
from miner.replay.perform import RECORDER
from miner.scenario_writer import write_scenario
from miner.workload import Workload


def main() -> None:
    """Both figures are printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=4.0, help="seconds, on average")
    options = parser.parse_args()
    ratios = [recorded(options.seconds) for _ in range(options.rounds)]
    said = f"{statistics.mean(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
    sys.stdout.write(f"requests with the request log over those without, for the same CPU: {said}\n")
    late = pauses(options.users, options.seconds, options.pause)
    at = ", ".join(f"{1000 * late.quantile(p):.2f} ms at p{100 * p:g}" for p in (0.5, 0.9, 0.99))
    sys.stdout.write(
        f"{options.users} users with pauses of {options.pause:g} s, sent later than meant: {at}\n"
    )


def recorded(seconds: int) -> float:
    """Requests with the recorder over those without, both on one core for `seconds`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_scenario(bench.site(), folder / "made.py")
        with bench.answering() as port:
            rate = [f"--sessions-per-second={bench.USERS * 40}", "--max-rps=1000000"]
            running = [
                bench.locust(folder, file, port, seconds, [*rate, f"--json-file={kind}", *more])
                for kind, file, more in (
                    ("without", "made.py", []),
                    ("with", f"made.py,{RECORDER}", [f"--record={folder}"]),
                )
            ]
            for process in running:
                process.wait(seconds * 3 + 30)
        return bench.requests(folder / "with.json") / bench.requests(folder / "without.json")


def pauses(users: int, seconds: int, pause: float) -> pd.Series[float]:
    """Seconds by which requests after a pause were sent too late, by so many users in one process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_scenario(walking(pause), folder / "made.py")
        with bench.answering() as port:
            load = Load(sessions_per_second=users / seconds, users=users, most=users)
            host = f"http://127.0.0.1:{port}"
            run = replay(folder / "made.py", host, out=folder / "run", load=load, run_time=seconds)
        rows = pd.read_parquet(run.log)
        return rows.loc[rows["position"] > 1, "late"]


def walking(pause: float) -> Workload:
    """Sessions of about ten requests, with pauses."""
    think = {"law": "exponential", "mean": pause}
    moves = {"search": {"search": {"p": 0.9, "think": think}, "leave": {"p": 0.1}}}
    path = {"name": "walk", "share": 1, "start": {"search": 1}, "moves": moves}
    return Workload.model_validate(
        {
            "name": "made",
            "arrivals": {"mean": 100.0},
            "endpoints": {"search": {"request": "GET /users"}},
            "paths": [path],
        }
    )


if __name__ == "__main__":
    main()
