"""The standard test: one endpoint at a fixed rate, to compare the scenario with."""

from __future__ import annotations

from difflib import get_close_matches

from miner.errors import MinerError
from miner.generate import runtime
from miner.generate.code import literal
from miner.generate.duration import requests_per_session
from miner.generate.names import method_names
from miner.generate.prose import STANDARD_USERS, standard_docstring
from miner.generate.scenario import assembled, constants
from miner.generate.values import used_by
from miner.workload import Workload


def standard(workload: Workload, endpoint: str) -> str:
    """The locustfile that sends `endpoint`, a name or `GET /route`, at a fixed rate and nothing else.

    The default rate is that of all requests of the workload, so that both tests put as many requests on
    the service. Raises MinerError naming the nearest endpoint if there is no such endpoint.
    """
    name = _found(workload, endpoint)
    asked = workload.endpoints[name]
    rate = workload.arrivals.mean * requests_per_session(workload)
    seconds = asked.latency.median if asked.latency else 0.1
    figures = constants(workload, rate, seconds, rate / STANDARD_USERS)
    head = f"{standard_docstring(workload, name, rate)}\n{runtime.IMPORTS}\n{figures}"
    walks = [_path(name, method_names(workload)[name]), "Visitor.tasks = [Standard]\n"]
    return assembled(workload, head, [name], used_by(asked), walks)


def _path(name: str, step: str) -> str:
    """The path of a visitor who makes one request."""
    return f'''\
class Standard(Path):
    """One request, and the visitor is gone: here a session is a request."""

    name = {literal(name)}
    think: ClassVar = {{}}

    @transitions({{{literal(step)}: 1000}})
    def enter(self) -> None:
        """Nothing is asked for yet."""

    @transitions({{"leave": 1000}})
    def {step}(self) -> None:
        self.user.{step}()

    @transitions({{"enter": 1}})
    def leave(self) -> None:
        self.end()
'''


def _found(workload: Workload, endpoint: str) -> str:
    """The name of `endpoint`."""
    names = {of.request: name for name, of in workload.endpoints.items()} | {n: n for n in workload.endpoints}
    if endpoint in names:
        return names[endpoint]
    nearest = (get_close_matches(endpoint, names, 1, 0) or list(names))[0]
    raise MinerError(f"There is no endpoint {endpoint!r} in {workload.name}.", f"Did you mean {nearest!r}?")
