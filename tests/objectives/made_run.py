"""A small run folder, and what its service logged, as `mine replay` and nginx write them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

WORKLOAD = Path(__file__).parents[1] / "generate" / "friends.toml"
BEGAN = pd.Timestamp("2026-03-02 10:00:00", tz="UTC")
SESSIONS, EACH, PAUSE = 40, 5, 0.5
LATE = 0.25
SEARCH, LIST = "GET /friend-service/v1/users", "GET /friend-service/v1/users/{user_id}/friends"
TARGETS = {SEARCH: "/friend-service/v1/users?username=ab", LIST: "/friend-service/v1/users/{}/friends"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
FACTS: dict[str, Any] = {
    "speed": 1.0,
    "run_time": 20.0,
    "complete": True,
    "kept_up": True,
    "verdict": "The generator kept up.",
    "signed": True,
    "command": ["python", "-m", "locust", "-f", "friends.py,recorder.py", "--headless"],
}


def requests() -> pd.DataFrame:
    """Sessions that begin every half second and ask each half second, all of it a quarter second late."""
    rows = [
        {
            "session": f"{session:04}",
            "path": "search_then_befriend" if session % 2 else "join",
            "position": turn + 1,
            "endpoint": SEARCH if turn % 2 else LIST,
            "method": "GET",
            "target": (TARGETS[SEARCH] if turn % 2 else TARGETS[LIST]).format(100 + session),
            "status": 404 if turn == 4 else 200,
            "at": (session + turn) * PAUSE + LATE,
            "duration": 0.020,
            "think": None if turn == 0 else PAUSE - 0.020,
            "late": LATE,
            "failed": session == 0,
        }
        for session in range(SESSIONS)
        for turn in range(EACH)
    ]
    made = pd.DataFrame(rows).sort_values("at", kind="stable", ignore_index=True)
    started = (BEGAN + pd.to_timedelta(made.pop("at"), unit="s")).dt.as_unit("us")
    return made.assign(started=started)


def made_run(folder: Path, rows: pd.DataFrame | None = None, **facts: Any) -> Path:
    """The folder of a run with these requests; facts that are None are not in its run.json."""
    folder.mkdir(parents=True)
    (requests() if rows is None else rows).to_parquet(folder / "requests.parquet", index=False)
    said = {name: fact for name, fact in {**FACTS, **facts}.items() if fact is not None}
    (folder / "run.json").write_text(json.dumps(said), encoding="utf-8")
    shutil.copyfile(WORKLOAD, folder / "friends.toml")
    return folder


def service_log(file: Path, rows: pd.DataFrame, *, signed: bool = True, strangers: int = 0) -> Path:
    """What nginx logged of `rows`, each answered in 10 ms, among requests of strangers an hour before."""
    lines = [
        line(one.started + pd.Timedelta(milliseconds=10), one.target, one.status,
              f"Locust (session {one.session})" if signed else BROWSER)
        for one in rows.itertuples()
    ]  # fmt: skip
    before = [
        line(
            BEGAN - pd.Timedelta(hours=1),
            f"/friend-service/v1/users/{i}/friends",
            200,
            "Mozilla/5.0 Firefox/1.0",
        )
        for i in range(strangers)
    ]
    file.write_text("".join([*before, *lines]), encoding="ascii")
    return file


def line(
    ended: Any,
    target: str,
    status: int = 200,
    agent: str = BROWSER,
    *,
    method: str = "GET",
    seconds: float = 0.010,
) -> str:
    """A request as nginx logs it when it ends, with the seconds that it took."""
    stamp = ended.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'192.0.2.1 - - [{stamp}] "{method} {target} HTTP/1.1" {status} 15 "-" "{agent}" {seconds:.3f} "-"\n'
    )


def without_durations(log: Path) -> None:
    """The lines of `log` end with the agent."""
    lines = [one.rsplit(" ", 2)[0] + "\n" for one in log.read_text(encoding="ascii").splitlines()]
    log.write_text("".join(lines), encoding="ascii")
