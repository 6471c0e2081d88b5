"""The locustfile of a workload: what is known of it in words, the user paths, and what their steps ask."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from miner.errors import MinerError
from miner.generate.check import checked
from miner.generate.code import Call, Code, Item, lay, literal
from miner.generate.imports import imports
from miner.generate.names import class_names, method_names
from miner.generate.one_file import in_one_file
from miner.generate.prose import endpoint_docstring, module_docstring
from miner.generate.user_paths import choice, path_classes
from miner.generate.values import draws, unknown
from miner.workload import WRITES, Arrivals, Created, Endpoint, Listed, Value, Workload

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)


def generate(workload: Workload, *, http: bool = False) -> str:
    """The locustfile that behaves like `workload`, in one file. Equal workloads give equal bytes.

    It needs Locust and nothing else. `http` takes Locust's HttpUser instead of its FastHttpUser. Raises
    MinerError where a header cannot be sent.
    """
    return in_one_file(scenario(workload, http=http), http=http)


def scenario(workload: Workload, *, http: bool = False) -> str:
    """The locustfile, which needs the runtime and the hooks of its name beside it."""
    figures = {"sessions_per_second": (workload.arrivals.mean, "as recorded, on average")}
    visitor = visitor_class(workload, choice(workload), figures, workload.endpoints, http=http)
    return assembled(workload, module_docstring(workload), [*path_classes(workload), visitor], http=http)


def assembled(workload: Workload, docstring: str, classes: Iterable[str], *, http: bool) -> str:
    """The whole text, checked: what it says, what it needs, and its classes."""
    body = "\n\n".join(classes)
    return checked(f"{docstring}\n{imports(workload, body, http=http)}\n\n{body}", workload.name)


def visitor_class(
    workload: Workload,
    tasks: Code,
    figures: Mapping[str, tuple[float, str]],
    endpoints: Iterable[str],
    *,
    http: bool,
) -> str:
    """The user class: which paths there are, and a method for each of `endpoints`."""
    asked, names = list(endpoints), method_names(workload)
    common = common_headers([workload.endpoints[name] for name in asked])
    kind = "HttpUser" if http else "FastHttpUser"
    lines = [f"class {class_names(workload)['']}(Visitor, {kind}):"]
    lines += ['    """What visitors ask for; each session is a new one, who takes one of the paths."""', ""]
    lines += ["    hooks = Hooks()", lay(tasks, 4, before="tasks = ")]
    if common:
        lines.append(lay(draws(common, workload), 4, before="headers: ClassVar = "))
    lines += [f"    {name} = {literal(value)}  # {remark}" for name, (value, remark) in figures.items()]
    lines += _day(workload.arrivals)
    lines.append(f"    gap = {literal(workload.recorded.gap)}  # seconds of silence that end a session")
    lines.append(f"    nobody = {literal(_nobody(workload))}  # an id that does not exist")
    if any(workload.endpoints[name].method in WRITES for name in asked):
        lines.append("    writes = True  # so another host than this machine takes --allow-writes")
    methods = [_method(workload, name, names[name], common) for name in asked]
    return "\n".join([*lines, "", "\n".join(methods)])


def common_headers(endpoints: list[Endpoint]) -> dict[str, Value]:
    """The headers that most of the endpoints send, all of them with the same value."""
    found: dict[str, Value] = {}
    for name in dict.fromkeys(header for endpoint in endpoints for header in endpoint.headers):
        values = [endpoint.headers[name] for endpoint in endpoints if name in endpoint.headers]
        if 2 * len(values) > len(endpoints) and all(value == values[0] for value in values):
            found[name] = values[0]
    return found


def _nobody(workload: Workload) -> int:
    """An id far above all that are used; two thousand million still fits into 32 bits."""
    return max(2_000_000_000, 2 * workload.highest_id())


def _day(arrivals: Arrivals) -> list[str]:
    """How many times the mean rate it is in each hour, if that is known."""
    if not arrivals.by_hour:
        return []
    mean = math.fsum(arrivals.by_hour) / 24
    hours = [literal(round(rate / mean, 2)) for rate in arrivals.by_hour]
    halves = {"before_noon": hours[:12], "after_noon": hours[12:]}
    return [
        f"    {name} = ({', '.join(half)})" + ("  # by hour, UTC" if name == "before_noon" else "")
        for name, half in halves.items()
    ]


def _method(workload: Workload, name: str, method: str, common: Mapping[str, Value]) -> str:
    """The method of the visitor that makes the request of the endpoint called `name`."""
    endpoint = workload.endpoints[name]
    lines = [
        f"    def {method}(self) -> None:",
        endpoint_docstring(endpoint),
        lay(Call("self.send(", _arguments(workload, name, endpoint, common), ")"), 8),
    ]
    return "\n".join(lines) + "\n"


def _arguments(workload: Workload, name: str, endpoint: Endpoint, common: Mapping[str, Value]) -> list[Code]:
    _must_be_sendable(name, endpoint)
    own = {header: value for header, value in endpoint.headers.items() if header not in common}
    parts = {"params": endpoint.params, "query": endpoint.query, "headers": own, "body": endpoint.body}
    errors = {status: share for status, share in endpoint.statuses.items() if 400 <= status < 500 and share}
    given: list[Code] = [literal(endpoint.request)]
    given += [
        Item(draws(values, workload), f"{part}=")
        for part, values in parts.items()
        if values or (part == "body" and values is not None)
    ]
    if endpoint.body and endpoint.encoding == "form":
        given.append("form=True")
    if errors:
        shares = [Item(literal(share), f"{literal(status)}: ") for status, share in errors.items()]
        given.append(Item(Call("{", shares, "}"), "errors="))
    if 404 in errors and (where := unknown(endpoint)):
        given.append(f"unknown={literal(where)}")
    for key, names in (
        ("shows", _shown(workload, endpoint)),
        ("without", [header for header in common if header not in endpoint.headers]),
    ):
        if names:
            given.append(Item(Call("[", list(map(literal, names)), "]"), f"{key}="))
    if endpoint.identifies:
        given.append(f"identifies={literal(endpoint.identifies)}")
    return given


def _must_be_sendable(name: str, endpoint: Endpoint) -> None:
    for header in endpoint.headers:
        if not TOKEN.fullmatch(header) or header.lower() in FRAMING:
            raise MinerError(
                f"{name}: the header {header!r} cannot be sent.", "Rename or remove it in the workload file."
            )


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
