"""Log formats, as data: a new one is an entry in FORMATS and cases in tests/cases.

A pattern names what it finds with groups: address, remote_user, stamp, request, status, bytes, referrer,
agent, seconds, user. Any may be missing. It is lenient about what is inside a field, so that a line
with one bad field is told apart from a line of another format.

This is the one place that knows which end of a request a server stamps: nginx and CloudFront stamp the
end, Apache and Envoy the start. With a request time, the other end follows from it; without one, both
ends are the stamp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Format:
    """How one kind of log line is taken apart."""

    title: str
    pattern: str
    stamped: Literal["start", "end"]
    stamps: tuple[str, ...]
    """strptime formats of the stamp, without its zone offset, which always comes last."""

    @property
    def names(self) -> list[str]:
        """What the groups of the pattern hold, in order."""
        return list(re.compile(self.pattern).groupindex)


CLF_STAMPS = ("%d/%b/%Y:%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%b/%Y:%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f")
QUOTED = r'"(?P<NAME>(?:[^"\\]|\\.)*)"'
"""A quote inside is escaped, as nginx (\\x22) and Apache (\\") do."""


def combined(tail: str) -> str:
    """The pattern of a combined line that ends with `tail`."""
    # A user name may have spaces, but not begin with "-": else "HOST ADDRESS - -" would pass for one.
    head = r"(?P<address>\S+) \S+ (?P<remote_user>\S+|[^-\s]\S*(?: \S+)+?) \[(?P<stamp>[^\]]*)\] "
    body = r" (?P<status>\S+) (?P<bytes>\S+) "
    request, referrer, agent = (QUOTED.replace("NAME", name) for name in ("request", "referrer", "agent"))
    return "^" + head + request + body + referrer + " " + agent + tail + r"\s*$"


FORMATS: dict[str, Format] = {
    "combined": Format(
        title="combined, as nginx and Apache log by default",
        pattern=combined(""),
        stamped="end",
        stamps=CLF_STAMPS,
    ),
    "combined_plus": Format(
        title="combined, then the request time in seconds and the user",
        pattern=combined(r' (?P<seconds>\S+) (?P<user>"(?:[^"\\]|\\.)*"|\S+)'),
        stamped="end",
        stamps=CLF_STAMPS,
    ),
}
