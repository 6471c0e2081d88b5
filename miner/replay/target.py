"""Where a replay may go: loopback, unless the user says otherwise, and only if somebody answers there."""

from __future__ import annotations

import http.client
import ipaddress
from urllib.parse import SplitResult, urlsplit

from miner.errors import MinerError

PATIENCE = 5.0
"""Seconds to wait for the host's first answer."""


def checked_host(host: str, *, allow_remote: bool) -> str:
    """`host` without a trailing slash, if it is a URL that answers and that may be put under load.

    Raises MinerError otherwise.
    """
    url = _url(host)
    if not allow_remote and not _is_loopback(url.hostname or ""):
        raise MinerError(
            f"{host} is not on this machine, and a replay puts load on it.",
            "If it is yours to test, allow it with --allow-remote (allow_remote=True).",
        )
    _must_answer(url)
    return host.rstrip("/")


def _url(host: str) -> SplitResult:
    try:
        url = urlsplit(host)
        fine = url.scheme in ("http", "https") and url.hostname and (url.port is None or url.port > 0)
    except ValueError:
        fine = False
    if not fine or url.query or url.fragment:
        raise MinerError(f"{host!r} is not the URL of a host.", "Write it like http://127.0.0.1:8000.")
    return url


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _must_answer(url: SplitResult) -> None:
    """Any answer at all will do: a 404 is one."""
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=PATIENCE)
    try:
        connection.request("GET", url.path or "/")
        connection.getresponse().read(1)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MinerError(
            f"Nothing answers at {url.scheme}://{url.netloc}: {reason}.",
            "Start the service, or correct --host.",
        ) from error
    finally:
        connection.close()
