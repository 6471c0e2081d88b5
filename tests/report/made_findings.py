"""Findings of a small made recording and run, as they are, with hostile texts, and far too many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel

from miner.objectives import Checked
from miner.objectives.measures import Measure
from miner.replay import Run
from miner.replay.run import write_run
from miner.report import Findings, findings
from miner.report.latencies import Took, Window
from miner.screen.answers import Answered, Operation
from miner.session_files import write_sessions
from miner.simulate import simulate
from miner.workload import LEAVE, Paths
from miner.workload_file import load

T = TypeVar("T")
FRIENDS = Path(__file__).parents[1] / "generate" / "friends.toml"
SESSIONS, REPLAYED, SEED = 600, 400, 4
LONG_RUN = 60.0
"""Seconds into which the made run is squeezed."""
OBJECTIVES = """\
version = 1
[[objectives]]
name = "search stays fast"
endpoint = "GET /friend-service/v1/users"
measure = "p50 latency"
below = "1s"
[[objectives]]
name = "nothing is slow"
measure = "p95 latency"
below = "1us"
every = "15s"
[[objectives]]
name = "the service says so too"
measure = "p50 latency"
measured_at = "service"
below = "1s"
[[objectives]]
name = "few failures"
measure = "error share"
below = "10%"
warn = "1us%"
""".replace("1us%", "0.1%")
ATTACK = (
    "</style></script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
    "<svg onload=alert(1)><a href='javascript:alert(1)' onclick=alert(1)>x</a>\" onmouseover=\"alert(1)\" '"
    "<iframe src=http://127.0.0.1:9/x></iframe>@import url(//127.0.0.1:9);]]><!--"
    "{{7*7}}{% raw %}{# `<b onclick=alert(1)>` "
    "\u202egnp.\u2066\u200f\x1b[31m\x00\x07\r\n\u2028&lt;script&gt;"
)
"""What strangers write."""
OURS = frozenset({"kind", "law", "draw", "verdict", "unit", "per", "measured_at", "means", "limited_by"})
"""Fields whose few values are our own words."""


def made(folder: Path) -> Findings:
    """The findings of a log and a run that were drawn from a workload."""
    workload = load(FRIENDS)
    log, objectives = folder / "shop.log", folder / "goals.toml"
    write_sessions(workload, SESSIONS, SEED, log)
    objectives.write_text(OBJECTIVES, encoding="utf-8")
    return findings(log, made_run(folder / "run-1"), objectives=objectives)


def made_run(folder: Path) -> Path:
    """The folder of a run, all of whose sessions began within LONG_RUN."""
    rows = simulate(load(FRIENDS), REPLAYED, SEED + 1)
    since = rows["started"] - rows["started"].min()
    squeezed = rows["started"].min() + since * (LONG_RUN / since.dt.total_seconds().max())
    rows = rows.assign(
        session=rows["session"].astype(str),
        started=squeezed.dt.as_unit("us"),
        duration=0.003 + 0.001 * (rows.index % 7),
        late=0.0005,
        failed=rows.index % 97 == 0,
    )
    folder.mkdir(parents=True)
    rows.to_parquet(folder / "requests.parquet", index=False)
    (folder / FRIENDS.name).write_text(FRIENDS.read_text(encoding="utf-8"), encoding="utf-8")
    write_run(facts(folder, rows))
    return folder


def facts(folder: Path, rows: pd.DataFrame) -> Run:
    """What `run.json` would say."""
    return Run(
        folder=folder,
        command=(
            "python",
            "-m",
            "locust",
            "-f",
            "friends.py,recorder.py",
            "--host=http://me:secret@127.0.0.1:1",
        ),
        versions={"locust": "2.47.0", "python": "3.11"},
        host="http://me:secret@127.0.0.1:1",
        seed=7,
        speed=1.0,
        scale=1.0,
        sessions_per_second=REPLAYED / LONG_RUN,
        run_time=LONG_RUN,
        exact=False,
        users=100,
        processes=1,
        started_at="2026-03-02T10:00:00+00:00",
        requests=len(rows),
        failures=int(rows["failed"].sum()),
        sessions_started=REPLAYED,
        sessions_finished=REPLAYED,
        sessions_never_started=0,
        late_p50=0.0005,
        late_p99=0.0005,
        latency_p50=0.006,
        latency_p99=0.009,
        response_p50=0.0065,
        response_p99=0.0095,
        kept_up=True,
        verdict="The generator kept up.",
        complete=True,
    )


def hostile(found: Findings) -> Findings:
    """The findings with ATTACK before every text that a log, a file or a run can bring."""
    attacked = _attacked(found)
    figures = found.fidelity.figures if found.fidelity else ()
    fidelity = replace(attacked.fidelity, figures=figures) if attacked.fidelity else None  # names of ours
    no_unicode = replace(attacked.asked, recorded=f"{attacked.asked.recorded}\udc80")  # as of a file's name
    return replace(attacked, fidelity=fidelity, asked=no_unicode)


def _attacked(part: T) -> T:
    """`part` with every text in it attacked, equal ones equally, so that names still refer to each other."""
    return _ATTACKED.get(type(part), _other)(part)


def _text(text: str) -> str:
    return text if text in (LEAVE, "") else ATTACK + text


def _mapping(part: Mapping[Any, Any]) -> dict[Any, Any]:
    if "$schema" in part or "datasets" in part:
        return _chart(part)
    return {_attacked(key): _attacked(value) for key, value in part.items()}


def _chart(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A chart with hostile titles and data, but for what its scales name."""
    known = {"recorded", "replayed", "expected under the law"}
    datasets = {
        name: [
            {key: _text(v) if isinstance(v, str) and v not in known else v for key, v in row.items()}
            for row in rows
        ]
        for name, rows in spec["datasets"].items()
    }
    title = spec.get("title", {"text": "", "subtitle": []})
    titled = {**title, "text": _text(title["text"]), "subtitle": [_text(line) for line in title["subtitle"]]}
    return {**spec, "datasets": datasets, "title": titled}


def _other(part: Any) -> Any:
    if isinstance(part, BaseModel):
        named = {name: getattr(part, name) for name in type(part).model_fields if name not in OURS}
        return part.model_copy(update={name: _attacked(value) for name, value in named.items()})
    if is_dataclass(part) and not isinstance(part, type):
        named = {
            one.name: getattr(part, one.name) for one in fields(part) if one.init and one.name not in OURS
        }
        return replace(part, **{name: _attacked(value) for name, value in named.items()})
    return part


_ATTACKED: dict[type, Any] = {
    str: _text,
    dict: _mapping,
    tuple: lambda part: tuple(map(_attacked, part)),
    list: lambda part: list(map(_attacked, part)),
    Measure: lambda part: part,
    Paths: lambda part: Paths(map(_attacked, part)),
}


def crowded(found: Findings, paths: int = 30, endpoints: int = 400) -> Findings:
    """The findings of a site with so many user paths and endpoints."""
    path, taken = found.workload.paths[0], found.answers.paths[0]
    names = [f"{path.name}_{n}" for n in range(paths)]
    share = 1 / paths
    every = Paths(path.model_copy(update={"name": name, "share": share}) for name in names)
    together = found.answers.at_the_same_time
    operations = tuple(_operation(n, endpoints) for n in range(endpoints))
    answers = replace(
        found.answers,
        paths=tuple(replace(taken, name=name, share=share) for name in names),
        pauses=tuple(replace(found.answers.pauses[0], path=name) for name in names),
        client_errors_by_path=dict.fromkeys(names, 0.01),
        at_the_same_time=replace(together, operations=operations),
        client_errors=tuple(
            Answered(o.name, o.endpoint, 1000, 0.1, 0.0, {200: 900, 404: 100}) for o in operations
        ),
    )
    assert found.replayed
    took = tuple(_took(operation) for operation in operations)
    latencies = replace(found.replayed.latencies, endpoints=took)
    return replace(
        found,
        workload=found.workload.model_copy(update={"paths": every}),
        answers=answers,
        replayed=replace(found.replayed, latencies=latencies),
        checked=_many(found.checked),
    )


def _operation(number: int, of: int) -> Operation:
    return Operation(
        f"view_thing_{number}", f"GET /things/that/are/many/{number}/{{thing_id}}", 1 / of, 1 / of
    )


def _took(operation: Operation) -> Took:
    windows = tuple(Window(at + 0.5, 50, 0.01, 0.02) for at in range(30))
    return Took(operation.endpoint, 1500, 0.01, 0.02, 0.03, 0.04, 0.0, windows)


def _many(checked: Checked | None) -> Checked | None:
    return replace(checked, outcomes=checked.outcomes * 40) if checked else None
