"""Two sets of sessions as arrays, on one clock, so that what differs is the users and not the log."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from miner.paths.visitors import WAVE

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

FINEST = 10
"""Parts of a second below which pauses and sessions do not differ: a slower service is no other user."""
PARAMETER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Steps:
    """Sessions as read: a row per request, by session and position; times in whole microseconds."""

    session: Ints
    """From 0, rising, without holes."""
    endpoint: Ints
    """Index into `endpoints`."""
    endpoints: tuple[str, ...]
    status: Ints
    started: Ints
    """Since 1970, UTC."""
    duration: Ints
    clock: int = 0
    """Resolution of the stamps in microseconds; 0 or 1: exact."""
    stamped: Literal["start", "end"] = "end"
    """Which end of a request the stamps are of; the other follows from the duration."""
    at_once: int | None = None
    """Microseconds within which requests of a session are made at once; None: not known of any."""
    remarks: tuple[str, ...] = field(default=())
    paths: Names | None = None
    """The user path of each session; None: not known."""

    @property
    def sessions(self) -> int:
        return int(self.session[-1]) + 1 if len(self.session) else 0


@dataclass(frozen=True)
class Walks:
    """Sessions ready to be compared: arrays by request, or by session where it says so."""

    endpoints: tuple[str, ...]
    lengths: Ints
    """Requests of each session."""
    endpoint: Ints
    client_error: Mask
    think: Floats
    """Seconds before the request; NaN on a session's first."""
    seconds: Floats
    """Of each session, from its first start to its last end."""
    arrived: Floats
    """Start of each session in seconds since 1970, to its own clock."""

    @property
    def owner(self) -> Ints:
        """The session of each request."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def first(self) -> Ints:
        """The row of each session's first request."""
        return np.cumsum(self.lengths) - self.lengths


def walks(
    steps: Steps, coarser: Steps, endpoints: tuple[str, ...], seed: int, at_once: int | None = None
) -> Walks:
    """`steps` on the clock of `coarser`, its endpoints as places in `endpoints`.

    The stamp of each request is cut to the clock, the other end follows from the duration, and
    requests are put in the order in which the log would show them: by start, and those within `at_once`
    microseconds by endpoint, with no pause between. A pause that was read from such stamps is off by up
    to a tick; a random part of a tick is added to each, so that what is compared does not depend on
    where durations put the lattice (non-subtractive dither: Lipshitz, Wannamaker and Vanderkooy,
    "Quantization and dither", 1992).
    """
    place = {shape(name): index for index, name in enumerate(endpoints)}
    places = np.array([place[shape(name)] for name in steps.endpoints])[steps.endpoint]
    started, ended = cut(steps, coarser.clock, coarser.stamped)
    order = np.lexsort((started, steps.session)) if coarser.clock > 1 else np.arange(len(started))
    step = made_at_once(started[order], ended[order], steps.session, at_once)
    order = order[np.lexsort((places[order], step))]
    started, ended = started[order], ended[order]
    lengths = np.bincount(steps.session, minlength=steps.sessions)
    first = np.cumsum(lengths) - lengths
    opening = np.flatnonzero(np.diff(step, prepend=-1))
    answered = np.maximum.reduceat(ended, opening)
    silence = np.minimum.reduceat(started, opening) - np.concatenate([answered[:1], answered[:-1]])
    rng = np.random.default_rng(seed)
    think = np.zeros(len(started))
    think[opening] = blurred(silence / 1e6, coarser.clock, rng)
    think[first] = np.nan
    seconds = (np.maximum.reduceat(ended, first) - np.minimum.reduceat(started, first)) / 1e6
    arrived = np.minimum.reduceat(steps.started, first) / 1e6
    return Walks(
        endpoints=endpoints,
        lengths=lengths,
        endpoint=places[order],
        client_error=((steps.status >= 400) & (steps.status < 500))[order],
        think=think,
        seconds=blurred(seconds, coarser.clock, rng),
        arrived=arrived + rng.random(len(arrived)) * steps.clock / 1e6,
    )


def made_at_once(started: Ints, ended: Ints, session: Ints, within: int | None) -> Ints:
    """The number, from 0, of the step that each request belongs to; the rows are by session and start."""
    new = np.diff(session, prepend=-1) > 0
    if within is not None:
        near = nearness(started, ended, session)
        new |= near > within
    else:
        new[:] = True
    return np.cumsum(new) - 1


def nearness(started: Ints, ended: Ints, session: Ints) -> Ints:
    """Microseconds since the visitor waited for another request of the session, or was answered.

    As in `miner.paths`: what takes long is waited for `WAVE` seconds. Of no meaning on a session's first.
    """
    opening = np.flatnonzero(np.diff(session, prepend=-1))
    origin = np.minimum.reduceat(started, opening)[session]
    wave = round(WAVE * 1e6)
    waiting = np.minimum(ended, started + wave) - origin
    apart = int(np.abs(waiting).max(initial=0)) + 1
    latest = np.maximum.accumulate(waiting + session * 2 * apart) - session * 2 * apart
    idle = (started - origin)[1:] - latest[:-1]
    idle = np.where(idle < -wave, -idle, idle)
    near = np.minimum(idle, np.abs(started[1:] - ended[:-1]))
    return np.concatenate([np.zeros(min(1, len(started)), np.int64), near])


def cut(steps: Steps, clock: int, stamped: Literal["start", "end"]) -> tuple[Ints, Ints]:
    """Start and end of each request as a log with this clock would have them."""
    tick = max(clock, 1)
    if stamped == "end":
        ended = (steps.started + steps.duration) // tick * tick
        return ended - steps.duration, ended
    started = steps.started // tick * tick
    return started, started + steps.duration


def blurred(seconds: Floats, clock: int, rng: np.random.Generator) -> Floats:
    """`seconds` from stamps of this clock, without its lattice, at least 0, to the finest of interest."""
    tick = clock / 1e6
    if tick * FINEST > 1:
        seconds = seconds + (rng.random(len(seconds)) - 0.5) * tick
    blunt: Floats = np.round(np.maximum(seconds, 0.0) * FINEST) / FINEST
    return blunt


def shape(endpoint: str) -> str:
    """`endpoint` without the names of its parameters, which depend on who named them."""
    return PARAMETER.sub("{}", endpoint)


def all_endpoints(a: Steps, b: Steps) -> tuple[str, ...]:
    """The endpoints of both, in alphabetical order; those that differ in parameter names once, as in A."""
    by_shape = {shape(name): name for name in reversed((*a.endpoints, *b.endpoints))}
    return tuple(sorted(by_shape.values()))


def pooled(a: Walks, b: Walks) -> Walks:
    """The sessions of both, those of `a` first. Both must have the same endpoints."""
    return Walks(
        endpoints=a.endpoints,
        lengths=np.concatenate([a.lengths, b.lengths]),
        endpoint=np.concatenate([a.endpoint, b.endpoint]),
        client_error=np.concatenate([a.client_error, b.client_error]),
        think=np.concatenate([a.think, b.think]),
        seconds=np.concatenate([a.seconds, b.seconds]),
        arrived=np.concatenate([a.arrived, b.arrived]),
    )
