"""What Prometheus is told of the service."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy import Engine, event
from starlette.requests import Request
from starlette.responses import Response

from service.exchange import Exchange

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"})
OTHER = "other"
"""The method or route of whatever clients make up: what they send must not become a label."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers keep their numbers for each other. Must be in the environment before this is imported."""


class Metrics:
    """The numbers of an app, in a registry of its own; in those of all workers, where there are several."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "http_requests", "Requests that were answered.", (*labels, "status"), registry=registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            labels,
            buckets=SECONDS,
            registry=registry,
        )
        self._going_on = Gauge(
            "http_requests_in_progress",
            "Requests that are not answered yet.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._lost = Counter("log_requests_lost", "Requests that could not be logged.", registry=registry)
        self._known: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self.begun = self._going_on.inc
        self.lost = self._lost.inc
        if engine is not None:
            self._count_connections(engine)

    def finished(self, exchange: Exchange) -> None:
        """The exchange is counted: a sink."""
        method = exchange.method if exchange.method in METHODS else OTHER
        key = method, exchange.route or OTHER, str(exchange.status)
        requests, seconds = self._known.get(key) or self._labelled(*key)
        requests.inc()
        seconds.observe(exchange.seconds)
        self._going_on.dec()

    async def show(self, _: Request) -> Response:
        """All numbers, as Prometheus reads them."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _labelled(self, method: str, route: str, status: str) -> tuple[Counter, Histogram]:
        found = self._requests.labels(method, route, status), self._seconds.labels(method, route)
        self._known[method, route, status] = found
        return found

    def _count_connections(self, engine: Engine) -> None:
        in_use = Gauge(
            "database_connections_in_use",
            "Connections that requests hold.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        event.listen(engine, "checkout", lambda *_: in_use.inc())
        event.listen(engine, "checkin", lambda *_: in_use.dec())


def forget_process(number: int) -> None:
    """A worker that has ended no longer counts as one with requests in progress or connections in use."""
    mark_process_dead(number)  # type: ignore[no-untyped-call]
