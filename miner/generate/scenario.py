"""The locustfile of a workload: docstring, options, arrivals, the visitor's requests, and the paths."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from miner.errors import MinerError
from miner.generate import runtime
from miner.generate.check import checked
from miner.generate.code import Call, Code, Item, lay, literal
from miner.generate.duration import mean_session_seconds
from miner.generate.names import method_names
from miner.generate.prose import endpoint_docstring, module_docstring
from miner.generate.user_paths import choice, path_classes
from miner.generate.values import draws, unknown, used
from miner.workload import Created, Endpoint, Listed, Workload

BUSY = 1.5
"""How much longer than a session (or a second) a user has for it: then hardly any waits for a user."""
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)


def generate(workload: Workload) -> str:
    """The locustfile that behaves like `workload`. Equal workloads give equal bytes.

    It needs Locust and nothing else. Raises MinerError where a header cannot be sent.
    """
    walks = [*path_classes(workload), choice(workload)]
    seconds = mean_session_seconds(workload)
    figures = constants(workload, workload.arrivals.mean, seconds, 1 / (BUSY * max(seconds, 1.0)))
    head = f"{module_docstring(workload)}\n{runtime.IMPORTS}\n{figures}"
    return assembled(workload, head, workload.endpoints, used(workload), walks)


def assembled(
    workload: Workload, head: str, endpoints: Iterable[str], parts: Collection[str], walks: list[str]
) -> str:
    """The whole file, checked: its `head`, what every locustfile has, and the `walks` of its visitors."""
    names = method_names(workload)
    methods = [_method(workload, name, names[name]) for name in endpoints]
    own = [source for name, source in runtime.METHODS.items() if name in parts]
    blocks = [
        head,
        runtime.OPTIONS,
        *(source for name, source in runtime.LAWS.items() if name in parts),
        runtime.ARRIVALS,
        "\n".join([runtime.VISITOR, *own, *methods]),
        runtime.REQUESTS,
        runtime.PATH,
        *walks,
    ]
    return checked("\n\n".join(blocks) + "\n" + runtime.LISTENERS)


def constants(workload: Workload, rate: float, seconds: float, each: float) -> str:
    """The numbers and names that the rest of the file uses."""
    return f"""\
SESSIONS_PER_SECOND = {literal(rate)}  # as recorded
SESSIONS_PER_USER = {literal(float(format(each, ".3g")))}  # a second; --sessions-per-second overrules it
MEAN_SESSION_SECONDS = {literal(round(seconds, 2))}  # at the recorded speed
GAP = {literal(workload.recorded.gap)}  # seconds of silence that end a session
NOBODY = {literal(_nobody(workload))}  # an id that does not exist
NOTHING: Mapping[str, Any] = {{}}
PRINTABLE = " !#$%&'()*+,/:;<=>?@[]^`{{|}}"  # what a header may hold besides letters and digits

Draw = Callable[[], Any]
Pause = Callable[[float], float]  # seconds, for the pace that a visitor has
"""


def _nobody(workload: Workload) -> int:
    """An id far above all that are used; two thousand million still fits into 32 bits."""
    return max(2_000_000_000, 2 * workload.highest_id())


def _method(workload: Workload, name: str, method: str) -> str:
    """The method of Visitor that makes the request of the endpoint called `name`."""
    endpoint = workload.endpoints[name]
    lines = [
        f"    def {method}(self) -> None:",
        endpoint_docstring(endpoint),
        lay(Call("self.send(", _arguments(workload, name, endpoint), ")"), 8),
    ]
    return "\n".join(lines) + "\n"


def _arguments(workload: Workload, name: str, endpoint: Endpoint) -> list[Code]:
    for header in endpoint.headers:
        if not TOKEN.fullmatch(header) or header.lower() in FRAMING:
            raise MinerError(
                f"{name}: the header {header!r} cannot be sent.", "Rename or remove it in the workload file."
            )
    statuses = [Item(literal(share), f"{literal(status)}: ") for status, share in endpoint.statuses.items()]
    given: list[Code] = [literal(endpoint.method), literal(endpoint.route), Call("{", statuses, "}")]
    for part in ("headers", "params", "query", "body"):
        values = getattr(endpoint, part)
        if values or (part == "body" and values is not None):
            given.append(Item(draws(values, workload), f"{part}="))
    where = unknown(endpoint)
    if where and endpoint.statuses.get(404):
        given.append(Item(Call("(", [*map(literal, where)], ")"), "unknown="))
    if shows := _shown(workload, endpoint):
        items = ", ".join(map(literal, shows)) + ("," if len(shows) == 1 else "")
        given.append(Item(f"({items})", "shows="))
    if endpoint.identifies:
        given.append(Item(literal(endpoint.identifies), "identifies="))
    return given


def _shown(workload: Workload, endpoint: Endpoint) -> list[str]:
    """The fields of this endpoint's responses that other requests use."""
    values = [value for other in workload.endpoints.values() for value in other.values()]
    return sorted(
        {
            value.field
            for value in values
            if isinstance(value, Listed | Created)
            and workload.endpoints[value.endpoint].request == endpoint.request
        }
    )
