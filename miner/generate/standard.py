"""The standard test: one endpoint at a fixed rate, to compare the scenario with."""

from __future__ import annotations

from difflib import get_close_matches

from miner.errors import MinerError
from miner.generate.code import Call, literal
from miner.generate.duration import requests_per_session
from miner.generate.names import method_names
from miner.generate.one_file import in_one_file
from miner.generate.prose import STANDARD_USERS, standard_docstring
from miner.generate.scenario import assembled, visitor_class
from miner.workload import Workload


def standard(workload: Workload, endpoint: str, *, http: bool = False) -> str:
    """The locustfile, in one file, that sends `endpoint`, a name or `GET /route`, at a fixed rate.

    The default rate is that of all requests of the workload, so that both tests put as many requests on
    the service. Raises MinerError naming the nearest endpoint if there is no such endpoint.
    """
    return in_one_file(standard_scenario(workload, endpoint, http=http), http=http)


def standard_scenario(workload: Workload, endpoint: str, *, http: bool = False) -> str:
    """The same, which needs the runtime and the hooks of the workload beside it."""
    name = _found(workload, endpoint)
    latency = workload.endpoints[name].latency
    seconds = latency.median if latency else 0.1
    rate = float(format(workload.arrivals.mean * requests_per_session(workload), ".3g"))
    figures = {
        "sessions_per_second": (rate, "as many requests as were recorded"),
        "sessions_per_user": (rate / STANDARD_USERS, "a second; --sessions-per-second overrules it"),
    }
    tasks = Call("shares(", ["(Standard, 1)"], ")")
    visitor = visitor_class(workload, tasks, figures, [name], http=http)
    classes = [_path(name, method_names(workload)[name], seconds), visitor]
    return assembled(workload, standard_docstring(workload, name, rate), classes, http=http)


def _path(name: str, step: str, seconds: float) -> str:
    """The path of a visitor who makes one request."""
    return f'''\
class Standard(StraightPath):
    """One request, and the visitor is gone."""

    name = {literal(name)}
    session = (1.0, {literal(seconds)})  # requests and seconds
    tasks = line(ask({literal(step)}))
'''


def _found(workload: Workload, endpoint: str) -> str:
    """The name of `endpoint`."""
    names = {of.request: name for name, of in workload.endpoints.items()} | {n: n for n in workload.endpoints}
    if endpoint in names:
        return names[endpoint]
    nearest = (get_close_matches(endpoint, names, 1, 0) or list(names))[0]
    raise MinerError(f"There is no endpoint {endpoint!r} in {workload.name}.", f"Did you mean {nearest!r}?")
