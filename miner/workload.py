"""The waist of the house: everything that is known of the traffic, as people review it.

A `Workload` is frozen and refuses to exist if it is impossible. Seconds are floats, shares and
probabilities are 0..1. The module needs neither numpy nor DuckDB: what is drawn from a workload
is in `miner.simulate`, what is measured from sessions in `miner.paths`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Self, SupportsIndex, overload

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from miner.errors import NoSuchPath

LEAVE = "leave"
"""The step that ends a session. No endpoint may have this name."""
RESERVED = frozenset({LEAVE, "enter"})
DEEPEST = 50
"""Levels of a typed literal."""
SUM_TOLERANCE = 0.005
"""How far shares that people edit by hand may be from adding up to 1."""

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that may change data."""
METHODS = WRITES | {"GET", "HEAD", "OPTIONS"}
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")
ROUTE = re.compile(r"/(?!/)[A-Za-z0-9_.~!$&'()*+,;=:@%/{}-]*")
PARAMETER = re.compile(r"\{([^{}/]+)\}")

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Often = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Status = Annotated[int, Field(ge=100, le=999)]


class Part(BaseModel):
    """A piece of a workload: frozen, complete, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Think times ------------------------------------------------------------------------------


class Pause(Part):
    """A law of seconds."""

    paced: bool = Field(default=True, exclude_if=bool)
    """Whether a visitor's pace changes it; machines pause alike whoever waits for them."""


class Lognormal(Pause):
    """log(x) is normal with mean log(`median`) and standard deviation `sigma`."""

    law: Literal["lognormal"] = "lognormal"
    median: Positive
    sigma: Positive


class Gamma(Pause):
    """Gamma distribution with mean `shape` * `scale` seconds."""

    law: Literal["gamma"] = "gamma"
    shape: Positive
    scale: Positive


class Weibull(Pause):
    """Weibull distribution: P(x > t) = exp(-(t / `scale`) ** `shape`)."""

    law: Literal["weibull"] = "weibull"
    shape: Positive
    scale: Positive


class Exponential(Pause):
    """Exponential distribution with `mean` seconds."""

    law: Literal["exponential"] = "exponential"
    mean: Positive


class Normal(Pause):
    """Normal distribution cut off at zero."""

    law: Literal["normal"] = "normal"
    mean: Seconds
    sd: Positive


class Quantiles(Pause):
    """Measured quantiles at evenly spaced probabilities from 0 to 1, linear in between."""

    law: Literal["quantiles"] = "quantiles"
    at: tuple[Seconds, ...] = Field(min_length=2)

    @field_validator("at")
    @classmethod
    def _rising(cls, at: tuple[float, ...]) -> tuple[float, ...]:
        if list(at) != sorted(at):
            raise ValueError("quantiles must not fall")
        return at


SimpleLaw = Annotated[
    Lognormal | Gamma | Weibull | Exponential | Normal | Quantiles, Field(discriminator="law")
]


class Mixture(Part):
    """The `first` law with probability `weight`, the `second` otherwise."""

    law: Literal["mixture"] = "mixture"
    weight: Share
    first: SimpleLaw
    second: SimpleLaw


Law = Annotated[
    Lognormal | Gamma | Weibull | Exponential | Normal | Quantiles | Mixture,
    Field(discriminator="law"),
]


# Values -----------------------------------------------------------------------------------


class Range(Part):
    """Integers from `low` to `high`, both included."""

    low: int
    high: int

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"the range from {self.low} to {self.high} is empty")
        return self


class Identity(Range):
    """Who the visitor is: one id of the range, constant in a session."""

    draw: Literal["identity"] = "identity"


class Popular(Range):
    """An id of the range; `zipf` is the exponent of rank (0: all ids alike)."""

    draw: Literal["popular"] = "popular"
    zipf: Annotated[float, Field(ge=0, le=10)] = 0.0
    n: Count = Field(default=0, exclude_if=lambda n: n == 0)
    """Requests recorded with an id; 0 where no log has them."""
    ids: Count = Field(default=0, exclude_if=lambda ids: ids == 0)
    """Different ids among them: fewer than the range has where it is sparse, or large."""
    misfit: Share | None = None
    """How far `ids` is from what the law gives in `n` draws, as a share of the larger; 0: it fits."""


class LiteralValue(Part):
    """One of a few constants, with their shares."""

    draw: Literal["literal"] = "literal"
    values: dict[str, Share] = Field(min_length=1)
    typed: bool = Field(default=False, exclude_if=lambda typed: not typed)
    """Whether `values` are JSON (`1`, `true`, `{"a": 1}`) rather than text."""

    @field_validator("values")
    @classmethod
    def _whole(cls, values: dict[str, float]) -> dict[str, float]:
        _must_add_up("the values", values.values())
        return values

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for value in self.values if self.typed else ():
            _must_be_json(value)
        return self


class Text(Part):
    """Free text: `lengths` are its measured lengths at evenly spaced probabilities."""

    draw: Literal["text"] = "text"
    alphabet: str = Field(min_length=1, max_length=256)
    lengths: tuple[Annotated[int, Field(ge=0, le=10_000)], ...] = Field(min_length=1)


class Number(Part):
    """A number from `low` to `high` with so many `decimals`, all alike."""

    draw: Literal["number"] = "number"
    low: Finite
    high: Finite
    decimals: Annotated[int, Field(ge=0, le=12)] = 2

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"the range from {self.low:g} to {self.high:g} is empty")
        return self


class Formatted(Part):
    """A new value each time, in a format of OpenAPI."""

    draw: Literal["formatted"] = "formatted"
    format: Literal["uuid", "date", "date-time", "time", "email", "uri", "hostname", "ipv4", "ipv6", "byte"]


class Joined(Part):
    """Text made of `parts`, one behind the other: what a pattern asks for."""

    draw: Literal["joined"] = "joined"
    parts: tuple[Annotated[LiteralValue | Text, Field(discriminator="draw")], ...] = Field(
        min_length=1, max_length=100
    )


class Structure(Part):
    """A JSON object: each of its `fields` is drawn."""

    draw: Literal["structure"] = "structure"
    fields: dict[str, Value] = {}


class Series(Part):
    """A JSON list of `of`: `lengths` are its lengths at evenly spaced probabilities."""

    draw: Literal["series"] = "series"
    of: Value
    lengths: tuple[Annotated[int, Field(ge=0, le=1000)], ...] = Field(min_length=1)


class Listed(Part):
    """A value the visitor was shown: `field` of an item in the last response to `endpoint`.

    Each item is used once; where none is left, an id that does not exist is used.
    """

    draw: Literal["listed"] = "listed"
    endpoint: str
    field: str = Field(min_length=1)


Drawn = Annotated[Popular | LiteralValue | Text, Field(discriminator="draw")]


class Carried(Part):
    """The value that `param` of `endpoint` had last in the session: the item that was viewed is bought.

    So it is in a `share` of the `n` requests that came after such a one; else it is drawn.
    """

    draw: Literal["carried"] = "carried"
    endpoint: str
    param: str = Field(min_length=1)
    share: Share
    n: Count = 0
    otherwise: Drawn


class Created(Part):
    """The id of what the session's last successful request to `endpoint` made, in `field` of its response.

    Where the response has no such field, it is the last segment of its Location header. So it is in a
    `share` of the `n` requests that came after such a one; else it is drawn.
    """

    draw: Literal["created"] = "created"
    endpoint: str
    field: str = Field(default="id", min_length=1)
    share: Share
    n: Count = 0
    otherwise: Drawn


Value = Annotated[
    Identity
    | Popular
    | LiteralValue
    | Text
    | Number
    | Formatted
    | Joined
    | Structure
    | Series
    | Listed
    | Carried
    | Created,
    Field(discriminator="draw"),
]


def parts_of(value: Value) -> Iterator[Value]:
    """`value`, and all that it is made of."""
    yield value
    match value:
        case Carried() | Created():
            yield value.otherwise
        case Structure():
            for field in value.fields.values():
                yield from parts_of(field)
        case Series():
            yield from parts_of(value.of)
        case Joined():
            yield from value.parts


# The workload -----------------------------------------------------------------------------


class Latency(Part):
    """How long the service took when it was recorded: a lognormal law, in seconds."""

    median: Positive
    sigma: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Endpoint(Part):
    """One endpoint: how its requests are made, and how they were answered."""

    request: str
    """Method and route: `GET /users/{user_id}`."""
    n: Count = 0
    """Requests recorded."""
    params: dict[str, Value] = {}
    query: dict[str, Value] = {}
    headers: dict[str, Value] = {}
    body: dict[str, Value] | None = None
    """Fields of the body; none where there is no body or it is not known."""
    encoding: Literal["json", "form"] = Field(default="json", exclude_if=lambda encoding: encoding == "json")
    """How the body is written."""
    caller: bool = True
    """Whether the log names a user on these requests."""
    identifies: str | None = None
    """Field of a successful response that is the visitor's identity from then on."""
    statuses: dict[Status, Share] = Field(default={200: 1.0}, min_length=1)
    latency: Latency | None = None

    @property
    def method(self) -> str:
        return self.request.partition(" ")[0]

    @property
    def route(self) -> str:
        return self.request.partition(" ")[2]

    @field_validator("statuses")
    @classmethod
    def _whole(cls, statuses: dict[int, float]) -> dict[int, float]:
        _must_add_up("the statuses", statuses.values())
        return statuses

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} is not one of the methods {', '.join(sorted(METHODS))}")
        if not ROUTE.fullmatch(self.route):
            raise ValueError(f"the route {self.route!r} is not a path that starts with one '/'")
        in_route, given = set(PARAMETER.findall(self.route)), set(self.params)
        if in_route != given:
            odd = min(in_route ^ given)
            where, other = ("the route", "params") if odd in in_route else ("params", "the route")
            raise ValueError(f"the parameter {odd!r} is in {where}, but not in {other}")
        return self

    @model_validator(mode="after")
    def _only_bodies_have_structure(self) -> Self:
        values = self.params | self.query | self.headers
        odd = {name: value.draw for name, value in values.items() if isinstance(value, Structure | Series)}
        for name, kind in odd.items():
            raise ValueError(f"the parameter {name!r} cannot be a {kind}: only bodies have those")
        return self

    def values(self) -> list[Value]:
        """All values that this endpoint draws, and all that they are made of."""
        parts = (self.params, self.query, self.headers, self.body or {})
        return [inner for part in parts for value in part.values() for inner in parts_of(value)]


class Step(Part):
    """A step of several requests that a visitor makes at once."""

    requests: dict[str, Often] = Field(min_length=1)
    """How often each endpoint is asked on average, the most frequent first."""
    n: Count = 0
    """How often the step was taken."""


class Move(Part):
    """One step to the next: probability, count behind it, and the think time in between."""

    p: Share
    n: Count = 0
    think: Law | None = None
    ks: Share | None = None
    """Kolmogorov-Smirnov distance of the think time from the pauses recorded on this move."""


class Path(Part):
    """How one group of sessions moves through endpoints."""

    name: str
    share: Share
    sessions: Count = 0
    start: dict[str, Share] = Field(min_length=1)
    pace: Annotated[float, Field(ge=0, le=5)] = 0.0
    """Standard deviation of the log of the factor by which a visitor is slower or faster: drawn once a
    session, and every pause that is `paced` is multiplied by it."""
    moves: dict[str, dict[str, Move]] = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _identifier(cls, name: str) -> str:
        return _must_be_identifier("path", name)

    @model_validator(mode="after")
    def _walkable(self) -> Self:
        _must_add_up(f"{self.name}: the starts", self.start.values())
        for step, moves in self.moves.items():
            _must_add_up(f"{self.name}: the moves from {step!r}", (m.p for m in moves.values()))
            for target, move in moves.items():
                if target == LEAVE and move.think is not None:
                    raise ValueError(f"{self.name}: leaving from {step!r} takes no think time")
                if target != LEAVE and move.think is None:
                    raise ValueError(f"{self.name}: the move from {step!r} to {target!r} has no think time")
        for step in {*self.start, *(t for moves in self.moves.values() for t in moves)} - {LEAVE}:
            if step not in self.moves:
                raise ValueError(f"{self.name}: the step {step!r} has no moves, not even to leave")
        endless = set(self.moves) - self._leaving()
        if endless:
            raise ValueError(f"{self.name}: a session at {min(endless)!r} can never leave")
        return self

    def _leaving(self) -> set[str]:
        """The steps from which `leave` can be reached."""
        leaving: set[str] = set()
        while True:
            found = {
                step
                for step, moves in self.moves.items()
                if any(m.p > 0 and (to == LEAVE or to in leaving) for to, m in moves.items())
            }
            if found == leaving:
                return leaving
            leaving = found


class Paths(tuple[Path, ...]):
    """User paths by place or by name: `paths[0]`, `paths["search_then_befriend"]`."""

    @overload
    def __getitem__(self, key: SupportsIndex | str, /) -> Path: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[Path, ...]: ...
    def __getitem__(self, key: SupportsIndex | slice | str, /) -> Path | tuple[Path, ...]:
        """The path at that place or of that name. Raises NoSuchPath, which is a KeyError, for other names."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        for path in self:
            if path.name == key:
                return path
        raise no_such_path(key, self.names)

    def __contains__(self, key: object, /) -> bool:
        """Whether a path, or one of that name, is among them."""
        return key in self.names if isinstance(key, str) else super().__contains__(key)

    @property
    def names(self) -> list[str]:
        """The names of the paths, in their order."""
        return [path.name for path in self]

    def _ipython_key_completions_(self) -> list[str]:
        """What a notebook offers after `paths["`."""
        return self.names

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In the file they are a list of paths, at least one."""
        listed = handler.generate_schema(Annotated[tuple[Path, ...], Field(min_length=1)])
        return core_schema.no_info_after_validator_function(cls, listed)


class Recorded(Part):
    """Where a workload comes from: enough to judge it, nothing personal."""

    sources: tuple[str, ...] = ()
    first_at: AwareDatetime | None = None
    last_at: AwareDatetime | None = None
    sessions: Count = 0
    requests: Count = 0
    sampled: Annotated[float, Field(gt=0, le=1, exclude_if=lambda share: share == 1)] = 1.0
    """Share of visitors whose sessions these are; counts are theirs, rates of arrival are of all."""
    visitor: str = "user"
    """What tells visitors apart: `user`, `address + agent`, ..."""
    clock: Seconds = 0.0
    """Resolution of the log's clock in seconds."""
    gap: Positive = 1800.0
    """Silence that ends a session, in seconds."""
    at_once: Positive | None = None
    """Seconds within which requests were made at once; none: no two were."""
    unknown: tuple[str, ...] = ()
    """What the log cannot tell, a sentence each."""


class Returning(Part):
    """Visitors who come again. It is told, not simulated: each simulated session is a visitor of its own."""

    share: Share
    """Share of sessions that another of the same visitor follows within `within`."""
    within: Positive
    """Seconds: half of the recording, so that what lies beyond its end can be estimated."""
    median: Positive
    """Seconds until the next session begins, at the median of those that come."""


class Arrivals(Part):
    """Session starts: sessions per second."""

    mean: Positive
    by_hour: tuple[Rate, ...] = ()
    """Rate in each hour of the day (UTC), from 0 to 23; empty: the same all day."""
    by_weekday: tuple[Rate, ...] = ()
    """How many times as many sessions start on each day of the week (UTC) as on average, Monday first; empty:
    the same every day."""
    peak: Positive | None = None
    """Rate in the busiest hour of the recording."""
    dispersion: Positive = 1.0
    """Variance over mean of the counts per hour, given the rate of that hour; Poisson: 1."""
    returning: Returning | None = None
    """Visitors who come again, where the recording shows them."""

    @field_validator("by_hour")
    @classmethod
    def _a_day(cls, by_hour: tuple[float, ...]) -> tuple[float, ...]:
        return _must_be_rates(by_hour, 24)

    @field_validator("by_weekday")
    @classmethod
    def _a_week(cls, by_weekday: tuple[float, ...]) -> tuple[float, ...]:
        return _must_be_rates(by_weekday, 7)


class Workload(Part):
    """All user paths, their shares, arrivals and values: what is known of the traffic."""

    version: Literal[1] = 1
    name: str
    recorded: Recorded = Recorded()
    arrivals: Arrivals
    endpoints: dict[str, Endpoint] = Field(min_length=1)
    steps: dict[str, Step] = {}
    """Those of several requests; all others are called like the endpoint that they ask."""
    paths: Paths

    @field_validator("name")
    @classmethod
    def _identifier(cls, name: str) -> str:
        return _must_be_identifier("workload", name)

    @field_validator("endpoints")
    @classmethod
    def _sound_endpoints(cls, endpoints: dict[str, Endpoint]) -> dict[str, Endpoint]:
        for name, endpoint in endpoints.items():
            if _must_be_identifier("endpoint", name) in RESERVED:
                raise ValueError(f"{name!r} is reserved and cannot name an endpoint")
            for value in endpoint.values():
                _must_come_from(name, value, endpoints)
        return endpoints

    @model_validator(mode="after")
    def _sound_steps(self) -> Self:
        for name, step in self.steps.items():
            if _must_be_identifier("step", name) in RESERVED or name in self.endpoints:
                taken = "reserved" if name in RESERVED else "an endpoint already"
                raise ValueError(f"{name!r} is {taken} and cannot name a step of several requests")
            if odd := set(step.requests) - set(self.endpoints):
                raise ValueError(f"{name}: {min(odd)!r}, which is asked at once, is not one of the endpoints")
        return self

    @model_validator(mode="after")
    def _sound_paths(self) -> Self:
        _must_add_up("the shares of the paths", (path.share for path in self.paths))
        names = [path.name for path in self.paths]
        if len(set(names)) < len(names):
            raise ValueError(f"two paths are called {max(names, key=names.count)!r}")
        for path in self.paths:
            if odd := {*path.start, *path.moves} - set(self.endpoints) - set(self.steps):
                raise ValueError(f"{path.name}: the step {min(odd)!r} is not one of the endpoints")
        return self

    def requests(self, step: str) -> dict[str, float]:
        """The endpoints that a step asks, and how often on average. Raises KeyError."""
        return {step: 1.0} if step in self.endpoints else self.steps[step].requests

    def highest_id(self) -> int:
        """The highest id that any value is drawn from; 0 if there is none."""
        values = [value for endpoint in self.endpoints.values() for value in endpoint.values()]
        return max((value.high for value in values if isinstance(value, Range)), default=0)

    def path(self, name: str) -> Path:
        """The path called `name`. Raises NoSuchPath, which is a KeyError."""
        return Paths(self.paths)[name]


def _must_come_from(name: str, value: Value, endpoints: dict[str, Endpoint]) -> None:
    """What comes from another endpoint comes from one that there is, and that has the parameter."""
    does = {"listed": "lists values", "carried": "has the value first", "created": "makes the value"}
    if isinstance(value, Listed | Carried | Created) and value.endpoint not in endpoints:
        raise ValueError(f"{name}: {value.endpoint!r}, which {does[value.draw]}, is not an endpoint")
    if isinstance(value, Carried):
        source = endpoints[value.endpoint]
        if value.param not in source.params | source.query:
            raise ValueError(f"{name}: {value.endpoint!r} has no parameter {value.param!r} to carry")


def no_such_path(name: str, names: list[str]) -> NoSuchPath:
    """What to raise for a `name` that is none of `names`."""
    from difflib import get_close_matches

    nearest = get_close_matches(name, names, n=1, cutoff=0.0)
    hint = f"The nearest is {nearest[0]!r}." if nearest else "There are none."
    return NoSuchPath(f"There is no user path {name!r}.", hint)


def _must_be_json(text: str) -> None:
    try:
        _must_be_flat(json.loads(text, parse_constant=_no_json))
    except (ValueError, RecursionError):
        raise ValueError(f"the value {text!r} is not JSON, which a typed literal must be") from None


def _must_be_flat(value: Any, depth: int = 0) -> None:
    """No number is beyond all bounds, and nothing is nested deeper than code can be written."""
    if depth > DEEPEST or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _must_be_flat(inner, depth + 1)


def _no_json(name: str) -> None:
    raise ValueError(name)


def _must_be_rates(rates: tuple[float, ...], number: int) -> tuple[float, ...]:
    if len(rates) not in (0, number):
        raise ValueError(f"it has {len(rates)} rates, not {number}")
    if rates and not sum(rates):
        raise ValueError("no rate is above 0")
    return rates


def _must_be_identifier(kind: str, name: str) -> str:
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f"the {kind} name {name!r} is not lower-case letters, digits and '_'")
    return name


def _must_add_up(what: str, shares: Iterable[float]) -> None:
    total = math.fsum(shares)
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(f"{what} add up to {total:.4g}, not 1")
