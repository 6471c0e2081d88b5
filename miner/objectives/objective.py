"""An objective: a goal with its boundaries. One that contradicts itself cannot exist."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PlainSerializer, PlainValidator, field_validator, model_validator

from miner.objectives.bounds import Under, Within, under, within
from miner.objectives.measures import GROWTH, MEASURES, PARTS, Measure, measure
from miner.objectives.quantities import (
    EXAMPLES,
    LONGEST,
    REQUESTS,
    SESSIONS,
    SHARE,
    Amount,
    amount,
    as_written,
    clock,
    seconds,
)
from miner.workload import Part

Text = Annotated[str, Field(min_length=1, max_length=LONGEST, strict=True)]
Quantity = Annotated[Amount, PlainValidator(amount), PlainSerializer(str)]
Duration = Annotated[float, PlainValidator(seconds), PlainSerializer(as_written, when_used="json")]
Measured = Annotated[Measure, PlainValidator(measure), PlainSerializer(str)]
Worse = Annotated[Within, PlainValidator(within), PlainSerializer(str)]
Bounds = Annotated[Under, PlainValidator(under), PlainSerializer(str)]


class Objective(Part):
    """A goal: what is measured, where, how good it must be, and under which load.

    In seconds, shares of 1, requests/s or sessions/s.
    """

    name: Text
    endpoint: Text | None = None
    """By its short name in the workload, or as `GET /route`; none: all."""
    path: Text | None = None
    """A user path; none: all."""
    per: Literal["request", "session"] = "request"
    measure: Measured
    measured_at: Literal["client", "service"] = "client"
    below: Quantity | None = None
    above: Quantity | None = None
    warn: Quantity | None = None
    """Beyond this, but within the limit, the verdict is a warning."""
    within: Worse | None = None
    """The limit, relative to what was recorded."""
    under: Bounds | None = None
    warm_up: Duration = 0.0
    every: Duration | None = None
    """It must hold in each window of so many seconds; none: over the whole time."""
    least: Annotated[int, Field(ge=1, le=10**12, strict=True)] | None = None
    """Fewest samples for a verdict; none: what the measure needs."""

    @property
    def limit(self) -> float | None:
        """Beyond which it fails; none where it is relative to a recording, or only warns."""
        given = self.below or self.above
        return given.value if given else None

    @property
    def unit(self) -> str:
        """Of value and limit."""
        sessions = self.measure.unit == REQUESTS and self.per == "session"
        return SESSIONS if sessions else self.measure.unit

    @property
    def relative(self) -> bool:
        """Whether it needs a recording."""
        return self.within is not None

    def enough(self, limit: float | None) -> int | None:
        """The fewest samples for a verdict on this limit; none if no number of them is enough."""
        return self.least or self.measure.least(limit)

    @field_validator("name", "endpoint", "path")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            raise ValueError(f"{text[:60]!r} has characters that cannot be printed")
        return text

    @field_validator("every")
    @classmethod
    def _some_time(cls, every: float | None) -> float | None:
        if every == 0:
            raise ValueError("a window of no length has nothing in it")
        return every

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        limits = [name for name in ("below", "above", "within") if getattr(self, name) is not None]
        if len(limits) > 1:
            raise ValueError(f"{limits[0]} and {limits[1]} are both given, and one of them is the limit")
        if not limits and not self.warn:
            raise ValueError(f"no limit is given; add {self.measure.better} = {EXAMPLES[self.unit]!r}, say")
        wrong = "above" if self.measure.better == "below" else "below"
        if wrong in limits:
            raise ValueError(f"{self.measure} has no {wrong}; it takes {self.measure.better}")
        return self

    @model_validator(mode="after")
    def _right_units(self) -> Self:
        for name in ("below", "above", "warn"):
            given: Amount | None = getattr(self, name)
            if given and given.unit != self.unit:
                raise ValueError(
                    f"{name} is {given}, but {self.measure} per {self.per} is in {self.unit}, "
                    f"such as {EXAMPLES[self.unit]!r}"
                )
            if given and given.unit == SHARE and given.value > 1 and self.measure.what != GROWTH:
                raise ValueError(f"{name} is {given}, but no more than 100 % of {self.per}s can be errors")
        return self

    @model_validator(mode="after")
    def _sound_measure(self) -> Self:
        if self.measured_at == "service" and MEASURES[self.measure.what].client_only:
            raise ValueError(f"{self.measure} is known at the client only, not at the service")
        if self.within and self.measure.what == GROWTH:
            raise ValueError("growth is relative already; give below instead of within")
        if self.within and self.within.statistic and not self.measure.statistic:
            raise ValueError(f"within names {self.within.statistic}, which {self.measure} has not")
        return self

    @model_validator(mode="after")
    def _warned_before(self) -> Self:
        if self.warn is None or self.limit is None:
            return self
        beyond = self.warn.value - self.limit
        if (beyond if self.measure.better == "below" else -beyond) > 0:
            raise ValueError(f"warn is {self.warn}, beyond the limit of {self.below or self.above}")
        return self

    @model_validator(mode="after")
    def _time_enough(self) -> Self:
        lasting = self.under.lasting if self.under else None
        if lasting is None:
            return self
        if self.warm_up >= lasting:
            raise ValueError(f"a warm-up of {clock(self.warm_up)} leaves nothing of {clock(lasting)}")
        if self.every and self.every > lasting - self.warm_up:
            raise ValueError(
                f"a window of {clock(self.every)} is longer than the {clock(lasting - self.warm_up)} left"
            )
        return self

    @model_validator(mode="after")
    def _samples_enough(self) -> Self:
        limit = self.warn.value if self.limit is None and self.warn else self.limit
        needed = self.enough(limit)
        if needed is None and not self.within:
            raise ValueError(f"no number of {self.per}s shows 0 %; say with least how many are enough")
        most = self._most_samples()
        if needed is not None and most is not None and needed > most:
            what = "the least" if self.least else f"what {self.measure} needs"
            raise ValueError(
                f"{what} is {needed:,} {self.per}s, more than the {most:,.0f} that come in a window"
            )
        return self

    def _most_samples(self) -> float | None:
        """What comes in a window under the load, if that is known; of growth, in the part it looks at."""
        load = self.under.load if self.under else None
        counted = REQUESTS if self.per == "request" else SESSIONS
        if not self.under or not load or load.unit != counted or self.endpoint or self.path:
            return None
        time = self.every or (self.under.lasting - self.warm_up if self.under.lasting else None)
        return None if time is None else load.value * time / (PARTS if self.measure.what == GROWTH else 1)


class Objectives(Part):
    """All objectives of a file, at least one, each with a name of its own."""

    version: Literal[1] = 1
    recorded: Text | None = None
    """The log, store or run that relative objectives refer to."""
    objectives: tuple[Objective, ...] = Field(min_length=1)

    @field_validator("objectives")
    @classmethod
    def _named_apart(cls, objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
        names = [one.name for one in objectives]
        if len(set(names)) < len(names):
            raise ValueError(f"two objectives are called {max(names, key=names.count)!r}")
        return objectives
