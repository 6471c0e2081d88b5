"""Sessions drawn from a workload, without a service: planted truth and quick checks.

All sessions walk at once: each round moves every session that has not left by one step, so the
time taken grows with the longest session and with the number of requests, not with both.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import quote
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

from miner import workload as w
from miner.errors import MinerError
from miner.laws import draw, parts

COLUMNS = [
    "session",
    "path",
    "position",
    "endpoint",
    "method",
    "target",
    "status",
    "started",
    "duration",
    "think",
]
HOUR = 3600.0
RANKS = 1_000_000
"""Ids of a range whose weights are listed one by one; those of larger ranges would fill the memory."""
TRIES = 100
"""Draws of a pause that is shorter than the gap; beyond that it is as long as the gap."""
FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""When sessions start if the workload does not say when it was recorded."""

Rng = np.random.Generator
Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


def simulate(workload: w.Workload, sessions: int, seed: int = 1) -> pd.DataFrame:
    """One row per request of `sessions` sessions, by session and position.

    Columns are `COLUMNS`: `endpoint` is method and route, `started` a UTC time stamp, `duration`
    and `think` are seconds; `think` is empty on a session's first row.
    """
    return requests(workload, sessions, seed)[COLUMNS]


def requests(workload: w.Workload, sessions: int, seed: int = 1) -> pd.DataFrame:
    """`simulate`, with the column `user`: who the log would name, or none."""
    if sessions < 1:
        raise MinerError(f"{sessions} sessions cannot be simulated.", "Ask for at least one.")
    rng = np.random.default_rng(seed)
    steps = asked(workload, walk(workload, sessions, rng), rng)
    steps["status"] = _by_step(steps, workload, lambda e, rows: draw_statuses(e, len(rows), rng))
    steps["duration"] = _by_step(steps, workload, lambda e, rows: _durations(e, len(rows), rng))
    steps["identity"] = _identities(workload, steps, rng)
    values = _drawn(workload, steps, rng)
    steps["target"] = _by_step(steps, workload, lambda e, rows: _targets(e, values, rows.index))
    steps["endpoint"] = steps["step"].map({n: e.request for n, e in workload.endpoints.items()})
    steps["method"] = steps["endpoint"].str.partition(" ")[0]
    named = steps["step"].map({n: e.caller for n, e in workload.endpoints.items()}).astype(bool)
    # As objects: a column of strings would hold NaN for none, which a log would take for a user.
    steps["user"] = steps["identity"].astype(str).astype(object).where(named, None)
    steps["started"] = _starts(workload, steps, rng)
    return steps


def walk(workload: w.Workload, sessions: int, rng: Rng) -> pd.DataFrame:
    """The steps of `sessions` sessions: session (from 0), path, position (from 1), step, think.

    `think` is seconds before the step, at the session's pace and shorter than the gap; NaN on the first.
    """
    shares = _normalised([path.share for path in workload.paths])
    chosen = rng.choice(len(workload.paths), size=sessions, p=shares)
    walks = [
        _walk_path(path, own, workload.recorded.gap, rng)
        for index, path in enumerate(workload.paths)
        if len(own := np.flatnonzero(chosen == index))
    ]
    steps = pd.concat(walks, ignore_index=True)
    return steps.sort_values(["session", "position"], ignore_index=True)


def asked(workload: w.Workload, steps: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """The requests of `steps`, a row each: `turn` is the position of the step, `step` the endpoint.

    Of a step of several, each is made its mean number of times, rounded up or down at random; if none is,
    the most frequent one is made. `think` is 0 for all but the first.
    """
    if not workload.steps:
        return steps.assign(turn=steps["position"])
    steps = steps.rename(columns={"position": "turn"})
    made = []
    for name in workload.steps:
        rows = steps[steps["step"] == name]
        often = workload.steps[name].requests
        times = np.floor(np.array(list(often.values())) + rng.random((len(rows), len(often)))).astype(int)
        times[times.sum(axis=1) == 0, 0] = 1
        expanded = rows.loc[np.repeat(rows.index, times.sum(axis=1))]
        names = np.tile(np.array(list(often), dtype=object), len(rows))
        made.append(expanded.assign(step=np.repeat(names, times.ravel())))
    steps = pd.concat([steps[~steps["step"].isin(list(workload.steps))], *made])
    steps = steps.sort_values(["session", "turn"], kind="stable", ignore_index=True)
    again = steps.duplicated(["session", "turn"])
    return steps.assign(
        think=steps["think"].mask(again, 0.0), position=steps.groupby("session").cumcount() + 1
    )


def _walk_path(path: w.Path, sessions: npt.NDArray[np.int64], gap: float, rng: Rng) -> pd.DataFrame:
    pace = np.exp(path.pace * rng.standard_normal(len(sessions)))
    here = _choose(path.start, len(sessions), rng)
    think = np.full(len(sessions), np.nan)
    rounds = []
    position = 1
    while len(sessions):
        rounds.append(pd.DataFrame({"session": sessions, "position": position, "step": here, "think": think}))
        there, think = _move(path, here, pace, gap, rng)
        staying = there != w.LEAVE
        sessions, pace, here, think = sessions[staying], pace[staying], there[staying], think[staying]
        position += 1
    return pd.concat(rounds, ignore_index=True).assign(path=path.name)


def _move(path: w.Path, here: Objects, pace: Floats, gap: float, rng: Rng) -> tuple[Objects, Floats]:
    """Where each session goes from its step, and after which pause."""
    there = np.empty(len(here), dtype=object)
    think = np.full(len(here), np.nan)
    for step in sorted(set(here)):
        at = np.flatnonzero(here == step)
        moves = path.moves[step]
        there[at] = _choose({target: move.p for target, move in moves.items()}, len(at), rng)
        for target, move in moves.items():
            if move.think is not None:
                going = at[there[at] == target]
                think[going] = _pauses(move.think, pace[going], gap, rng)
    return there, think


def _pauses(law: w.Law, pace: Floats, gap: float, rng: Rng) -> Floats:
    """A pause for each pace, none of which would have ended the session."""
    found = np.full(len(pace), gap)
    open_ = np.arange(len(pace))
    for _ in range(TRIES):
        (one, first), *other = parts(law)
        chosen = rng.random(len(open_)) < one if other else np.ones(len(open_), bool)
        for of, rows in [(first, open_[chosen]), *((second, open_[~chosen]) for _, second in other)]:
            found[rows] = draw(of, len(rows), rng) * (pace[rows] if of.paced else 1.0)
        open_ = open_[found[open_] >= gap]
        if not len(open_):
            break
    found[open_] = gap
    return found


def draw_statuses(endpoint: w.Endpoint, count: int, rng: Rng) -> npt.NDArray[np.int64]:
    """`count` statuses in the endpoint's recorded shares."""
    drawn = rng.choice(list(endpoint.statuses), size=count, p=_normalised(list(endpoint.statuses.values())))
    return drawn.astype(np.int64)


def start_times(arrivals: w.Arrivals, sessions: int, rng: Rng, weekday: int = 0) -> Floats:
    """Seconds after midnight of the first day at which each session starts, rising.

    An inhomogeneous Poisson process: unit-rate arrivals are mapped through the inverse of the summed rate
    (time rescaling). The rate repeats every week, which begins on `weekday` (0: Monday). With a dispersion
    above 1 each hour has a factor of its own, so that counts vary as much: a gamma mixture of Poisson counts
    (Greenwood and Yule 1920).
    """
    rates = np.outer(
        np.roll(arrivals.by_weekday or [1.0] * 7, -weekday), arrivals.by_hour or [1.0] * 24
    ).ravel()
    rates = rates / rates.mean() * arrivals.mean * HOUR
    due = np.cumsum(rng.exponential(size=sessions))
    summed = np.zeros(1)
    while summed[-1] <= due[-1]:
        ahead = np.tile(rates, 1 + int((due[-1] - summed[-1]) / rates.sum()))
        if arrivals.dispersion > 1:
            spread = (arrivals.dispersion - 1) / rates.mean()
            ahead = ahead * rng.gamma(1 / spread, spread, len(ahead))
        summed = np.concatenate([summed, summed[-1] + np.cumsum(ahead)])
    return np.interp(due, summed, np.arange(len(summed)) * HOUR)


def _starts(workload: w.Workload, steps: pd.DataFrame, rng: Rng) -> pd.Series:
    """When each request starts: the session's start, then pauses and durations in turn."""
    first = workload.recorded.first_at or FIRST_DAY
    midnight = pd.Timestamp(first).tz_convert("UTC").normalize()
    starts = start_times(workload.arrivals, int(steps["session"].max()) + 1, rng, midnight.weekday())
    # All requests of a step start together, and the next one when the longest of them is answered.
    opening = ~steps.duplicated(["session", "turn"])
    lasting = steps.groupby(["session", "turn"])["duration"].transform("max")[opening]
    owner = steps["session"][opening]
    waited = steps["think"][opening].fillna(0.0) + lasting.groupby(owner).shift(fill_value=0.0)
    busy = waited.groupby(owner).cumsum().reindex(steps.index).ffill()
    return midnight + pd.to_timedelta(((starts[steps["session"]] + busy) * 1e6).round(), unit="us")


def _durations(endpoint: w.Endpoint, count: int, rng: Rng) -> npt.NDArray[np.float64]:
    if endpoint.latency is None:
        return np.zeros(count)
    return endpoint.latency.median * np.exp(endpoint.latency.sigma * rng.standard_normal(count))


def _identities(workload: w.Workload, steps: pd.DataFrame, rng: Rng) -> pd.Series:
    """Who makes each request: one id per session, until a response gives the visitor a new one."""
    ranges = [v for e in workload.endpoints.values() for v in e.values() if isinstance(v, w.Identity)]
    low, high = (ranges[0].low, max(v.high for v in ranges)) if ranges else (1, 10**9)
    sessions = int(steps["session"].max()) + 1
    own = pd.Series(rng.integers(low, high + 1, size=sessions))[steps["session"]].set_axis(steps.index)
    gives = steps["step"].map({name: e.identifies is not None for name, e in workload.endpoints.items()})
    made = gives.astype(bool) & (steps["status"] < 300)
    # Not floats: ids may have more digits than those hold.
    new = (high + made.cumsum()).astype("Int64").where(made)
    latest = new.groupby(steps["session"]).ffill()
    return latest.groupby(steps["session"]).shift().fillna(own).astype(int)


def _drawn(workload: w.Workload, steps: pd.DataFrame, rng: Rng) -> list[dict[str, str]]:
    """The values of the parameters of each request, by name: those of the query, then those of the route."""
    found: list[dict[str, str]] = [{} for _ in range(len(steps))]
    for step, at in sorted(steps.groupby("step").indices.items()):
        endpoint = workload.endpoints[str(step)]
        identities = steps["identity"].iloc[at].tolist()
        for name, value in (endpoint.query | endpoint.params).items():
            for row, drawn in zip(at, _values(value, identities, rng), strict=True):
                found[row][name] = drawn
    if any(_linked(endpoint) for endpoint in workload.endpoints.values()):
        _link(workload, steps, found, rng)
    return found


def _linked(endpoint: w.Endpoint) -> dict[str, w.Carried | w.Created]:
    values = endpoint.query | endpoint.params
    return {name: value for name, value in values.items() if isinstance(value, w.Carried | w.Created)}


def _link(workload: w.Workload, steps: pd.DataFrame, found: list[dict[str, str]], rng: Rng) -> None:
    """Values that come from earlier in the session take the place of those that were drawn."""
    linked = {name: _linked(endpoint) for name, endpoint in workload.endpoints.items()}
    writes = {value.endpoint for of in linked.values() for value in of.values() if value.draw == "created"}
    latest: dict[tuple[str, str], str] = {}
    session, made = -1, workload.highest_id()
    luck = rng.random(len(steps))
    rows = zip(steps["session"], steps["step"], steps["status"] < 400, strict=True)
    for row, (owner, step, good) in enumerate(rows):
        if owner != session:
            session, latest = owner, {}
        for name, value in linked[step].items():
            earlier = latest.get((value.endpoint, value.param if isinstance(value, w.Carried) else ""))
            if earlier is not None and luck[row] < value.share:
                found[row][name] = earlier
        if good:
            latest.update({(step, name): value for name, value in found[row].items()})
            if step in writes:
                made += 1
                latest[step, ""] = str(made)


def _targets(endpoint: w.Endpoint, values: list[dict[str, str]], rows: pd.Index) -> list[str]:
    """The raw request targets of `rows`, percent-encoded."""
    targets = []
    for row in rows:
        target, drawn = endpoint.route, values[row]
        for name in endpoint.params:
            target = target.replace(f"{{{name}}}", quote(drawn[name], safe=""))
        query = "&".join(f"{quote(name, safe='')}={quote(drawn[name], safe='')}" for name in endpoint.query)
        targets.append(f"{target}?{query}" if query else target)
    return targets


def _values(value: w.Value, identities: list[int], rng: Rng) -> list[str]:
    """A value for each request."""
    count = len(identities)
    match value:
        case w.Identity():
            return [str(identity) for identity in identities]
        case w.Popular():
            return [str(drawn) for drawn in draw_popular(value, count, rng)]
        case w.LiteralValue():
            return list(_choose(value.values, count, rng))
        case w.Text():
            return draw_texts(value, count, rng)
        case w.Listed():
            return [str(drawn) for drawn in rng.integers(1, 10**6, size=count)]
        case w.Carried() | w.Created():
            return _values(value.otherwise, identities, rng)
    return _made_up(value, count, rng)


def _made_up(value: w.Value, count: int, rng: Rng) -> list[str]:
    """What people who edit a workload file may write beside what logs show."""
    match value:
        case w.Number():
            return [f"{drawn:.{value.decimals}f}" for drawn in rng.uniform(value.low, value.high, count)]
        case w.Formatted():
            return [draw_formatted(value.format, rng) for _ in range(count)]
        case w.Joined():
            columns = [_values(part, [0] * count, rng) for part in value.parts]
            return ["".join(texts) for texts in zip(*columns, strict=True)]
    raise TypeError(f"{value.draw} is for bodies, which no log shows")


def draw_popular(value: w.Popular, count: int, rng: Rng) -> npt.NDArray[np.int64]:
    """Ids of the range; the id of rank r (counted from `low`) weighs r ** -zipf."""
    size = value.high - value.low + 1
    if not value.zipf:
        return rng.integers(value.low, value.high + 1, size=count)
    weights = np.arange(1, min(size, RANKS) + 1, dtype=float) ** -value.zipf
    ranks = rng.choice(len(weights), size=count, p=weights / weights.sum())
    if size > RANKS:
        rest, beyond = _beyond(size, value.zipf, count, rng)
        ranks = np.where(rng.random(count) * (weights.sum() + rest) < rest, beyond, ranks)
    return value.low + ranks


def _beyond(size: int, zipf: float, count: int, rng: Rng) -> tuple[float, npt.NDArray[np.int64]]:
    """The weight of the ranks after `RANKS`, and draws of them (counted from 0), by inverting the integral.

    There the sum of rank ** -zipf and the integral agree to 12 digits.
    """
    power = 1 - zipf
    low, high = RANKS + 0.5, size + 0.5
    at = rng.random(count)
    if abs(power) < 1e-9:
        rest, x = np.log(high / low), low * (high / low) ** at
    else:
        rest = (high**power - low**power) / power
        x = (low**power + at * (high**power - low**power)) ** (1 / power)
    return float(rest), np.clip(np.round(x), RANKS + 1, size).astype(np.int64) - 1


def draw_texts(value: w.Text, count: int, rng: Rng) -> list[str]:
    """Texts of characters of the alphabet, each as long as one of the measured lengths."""
    ends = np.cumsum(rng.choice(value.lengths, size=count))
    letters = "".join(value.alphabet[i] for i in rng.integers(len(value.alphabet), size=ends[-1]))
    return [letters[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def draw_formatted(kind: str, rng: Rng) -> str:
    """A new text in a format of OpenAPI."""
    number, raw = int(rng.integers(2**62)), rng.bytes(16)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number % (365 * 86_400))
    made: dict[str, Callable[[], str]] = {
        "uuid": lambda: str(UUID(bytes=raw, version=4)),
        "date": lambda: f"{moment:%Y-%m-%d}",
        "date-time": lambda: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "time": lambda: f"{moment:%H:%M:%SZ}",
        "email": lambda: f"user{number}@example.com",
        "uri": lambda: f"https://example.com/{number}",
        "hostname": lambda: f"host{number}.example.com",
        "ipv4": lambda: str(IPv4Address(raw[:4])),
        "ipv6": lambda: str(IPv6Address(raw)),
        "byte": lambda: b64encode(raw).decode(),
    }
    return made[kind]()


def _by_step(
    steps: pd.DataFrame, workload: w.Workload, dress: Callable[[w.Endpoint, pd.DataFrame], object]
) -> list[Any]:
    """What `dress` gives for the rows of each endpoint, in the order of `steps`."""
    drawn = np.empty(len(steps), dtype=object)
    for step, at in sorted(steps.groupby("step").indices.items()):
        drawn[at] = dress(workload.endpoints[str(step)], steps.iloc[at])
    return list(drawn)


def _choose(shares: dict[str, float], count: int, rng: Rng) -> Objects:
    names = np.array(list(shares), dtype=object)
    return names[rng.choice(len(names), size=count, p=_normalised(list(shares.values())))]


def _normalised(shares: list[float]) -> npt.NDArray[np.float64]:
    return np.asarray(shares) / np.sum(shares)
