"""What the generated file says in words: docstrings, of text that is safe to stand there."""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence

from miner.generate.code import WIDTH, plain
from miner.generate.dangers import dangers
from miner.generate.duration import mean_session_seconds, visits
from miner.workload import Endpoint, Path, Recorded, Workload

BUSY = 1.5
"""How much longer than a session (or a second) a user has for it: then hardly any waits for a user."""
STANDARD_USERS = 50
"""Users with which the standard test makes as many requests as were recorded."""
PROVOKED = frozenset({400, 401, 404, 409, 422})
"""The client errors in which requests are made to end."""

HOW_TO_READ = """\
How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded."""


def module_docstring(workload: Workload) -> str:
    """What was measured from what, what is not known, and how to run it."""
    steps = {step for path in workload.paths for step in path.moves}
    endpoints = {endpoint for step in steps for endpoint in workload.requests(step)}
    recorded = workload.recorded
    counts = f"{_plural(len(workload.paths), 'user path')} over {_plural(len(endpoints), 'endpoint')}"
    about = f"The traffic of {workload.name} as a load test: {counts}."
    parts = [_wrapped(f'"""{about}'), _wrapped(_source(recorded))]
    for title, said in {
        "What could not be known:": [*recorded.unknown, *_unprovoked(workload)],
        "Look at these before you run it against a service that matters:": dangers(workload),
    }.items():
        if said:
            parts.append(f"{title}\n" + "\n".join(_wrapped(f"- {sentence}") for sentence in said))
    return "\n\n".join([*parts, _wrapped(HOW_TO_READ), _how_to_run(workload)]) + '\n"""\n'


def standard_docstring(workload: Workload, name: str, rate: float) -> str:
    """What the standard test is for, and how to run it."""
    asked = plain(workload.endpoints[name].request)
    about = f"The standard test of {workload.name}: {asked} at a fixed rate, and nothing else."
    why = f"""\
It is what to compare the scenario with: as many requests, {rate:.3g} a second, but all alike. Here a
session is one request, so --sessions-per-second is the rate of requests; without it, {STANDARD_USERS} users
make that many."""
    users = f"-u {STANDARD_USERS} -r {STANDARD_USERS}"
    command = f"    locust -f {workload.name}_standard.py --host http://127.0.0.1:8000 --headless {users}"
    return "\n\n".join([_wrapped(f'"""{about}'), _wrapped(why), command]) + '\n"""\n'


def endpoint_docstring(endpoint: Endpoint) -> str:
    """The statuses that an endpoint answered, and how often it was called."""
    shares = {status: f" ({share:.1%})" for status, share in endpoint.statuses.items()}
    answers = listed(f"{status}{share if len(shares) > 1 else ''}" for status, share in shares.items())
    counted = f"{endpoint.n:,} requests" if endpoint.n else "Requests"
    return docstring(f"{counted}; answered {answers}.", 8)


def path_docstring(workload: Workload, path: Path, line: Sequence[str] = ()) -> str:
    """What a path does, its share, and the count behind it; `line` has its steps if they are in one line."""
    share = "All sessions" if round(path.share, 3) == 1 else f"{path.share:.1%} of sessions"
    counted = f" ({path.sessions:,})" if path.sessions else ""
    return docstring(f"{share}{counted}: {_line(line) if line else _mixture(workload, path)}.", 4)


def _line(line: Sequence[str]) -> str:
    """What is asked on a path of one step after the other."""
    return ", then ".join(line) if len(line) > 1 else f"{line[0]}, once"


def _mixture(workload: Workload, path: Path) -> str:
    """How often each endpoint is asked on a path, the most frequent three."""
    often: defaultdict[str, float] = defaultdict(float)
    for step, times in visits(path).items():
        for name, each in workload.requests(step).items():
            often[name] += times * each
    main = sorted((name for name in often if often[name] >= 0.05), key=lambda name: (-often[name], name))[:3]
    total = f"{math.fsum(often.values()):.1f} requests in one on average"
    if len(often) == 1:
        return f"{total}, all of them {main[0]}"
    return f"{total}, above all {listed(f'{name} {often[name]:.1f} times' for name in main)}"


def _unprovoked(workload: Workload) -> list[str]:
    """A sentence about the client errors that no request is made to end in, if there are any."""
    total = sum(endpoint.n for endpoint in workload.endpoints.values())
    shares: defaultdict[int, float] = defaultdict(float)
    for endpoint in workload.endpoints.values():
        for status, share in endpoint.statuses.items():
            if 400 <= status < 500 and status not in PROVOKED:
                shares[status] += share * endpoint.n / max(total, 1)
    if not shares:
        return []
    said = listed(f"{status} ({share:.1%} of requests)" for status, share in sorted(shares.items()))
    return [f"What leads to {said}: no request is made to end so."]


def docstring(text: str, indent: int) -> str:
    """`text` as a docstring, wrapped; a second line only where one is not enough."""
    pad = " " * indent
    lines = textwrap.wrap(plain(text), WIDTH - indent - 6, break_on_hyphens=False) or [""]
    if len(lines) == 1:
        return f'{pad}"""{lines[0]}"""'
    return f'{pad}"""' + f"\n{pad}".join(lines) + f'\n{pad}"""'


def _source(recorded: Recorded) -> str:
    sources = listed(plain(name) for name in recorded.sources) or "no log that is named"
    days = [f"{at:%Y-%m-%d}" for at in (recorded.first_at, recorded.last_at) if at]
    dates = ", " + " to ".join(dict.fromkeys(days)) if days else ""
    sample = f", of {100 * recorded.sampled:.3g} % of all visitors" if recorded.sampled < 1 else ""
    return (
        f"Measured from {sources}{dates}: {recorded.sessions:,} sessions "
        f"of {recorded.requests:,} requests{sample}. "
        f"Visitors are told apart by {plain(recorded.visitor)}; a silence of {recorded.gap:g} s "
        f"ends a session; the clock of the log ticks every {recorded.clock:g} s."
    )


def _how_to_run(workload: Workload) -> str:
    seconds, rate = mean_session_seconds(workload), workload.arrivals.mean
    command = f"    locust -f {workload.name}.py --host http://127.0.0.1:8000"
    each = BUSY * max(seconds, 1.0)
    remarks = f"""\
A session takes about {seconds:.0f} s, and starts when it is due, whatever the service does. 50 users have
time for {50 / each:.3g} sessions a second, {_times(50 / each / rate)} the {rate:.3g} that were recorded on
average; --sessions-per-second sets another rate, and one session a second takes {math.ceil(each)} users.
The end of the log says whether any started late. A step that failed is no reason to leave: none is known.
Other options: --arrivals and --mix change when sessions start and on which paths, --speed 10 divides the
pauses, --seed 7 gives the same sessions again (but for names that have to be new), --test-users FILE.csv has
a line for each user that may be used, --max-rps is the ceiling of requests per second that are planned, and
--allow-writes is needed to change data on another machine; --help has them all.
What to change where: figures in {workload.name}.toml, then `mine generate`; logins, headers and checks in
{workload.name}_hooks.py."""
    return f"""\
Run it with Locust's web UI, or for ten minutes without:

{command}
{command} --headless -u 50 -r 50 --session-run-time 600

{_wrapped(remarks)}"""


def _times(ratio: float) -> str:
    return "about" if 0.95 < ratio < 1.05 else f"{ratio:.3g} times"


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _wrapped(text: str) -> str:
    indent = "  " if text.startswith("- ") else ""
    opened = text.removeprefix('"""')
    prefix = text[: len(text) - len(opened)]
    return textwrap.fill(prefix + plain(opened), WIDTH - 4, subsequent_indent=indent, break_on_hyphens=False)


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last
