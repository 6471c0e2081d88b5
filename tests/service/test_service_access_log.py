"""The lines of the access log."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from exchanges import EXCHANGE

from service.access_log import combined_line, escape

if TYPE_CHECKING:
    from running_service import Running

pytest_plugins = ("running_service",)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: a log does not tell them apart."""
    return f"sqlite:///{tmp_path / 'friends.db'}"


def test_a_line_is_nginx_combined_then_seconds_and_user(running: Running) -> None:
    """A line has address, end of the request, request, status, bytes, referer, agent, seconds and user."""
    headers = {"Referer": "http://friends/start", "User-Agent": "curl/8.5", "X-User-Id": "812"}
    answer = running.request("GET", "/friend-service/v1/users?username=a%20b", headers=headers)
    expected = (
        r"192\.0\.2\.7 - - \[23/Mar/2026:10:11:12 \+0000\]"
        r' "GET /friend-service/v1/users\?username=a%20b HTTP/1\.1" 200 2'
        r' "http://friends/start" "curl/8\.5" \d\.\d{3} "812"\n'
    )
    assert answer.text == "[]"
    assert re.fullmatch(expected, running.log.getvalue())


def test_what_is_not_given_is_a_dash(running: Running) -> None:
    """A request without referer, agent and user has a dash for each."""
    running.request("GET", "/healthz", headers={"User-Agent": ""})
    assert re.search(r' 200 15 "-" "-" \d\.\d{3} "-"\n$', running.log.getvalue())


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        ('x" 500 0 "', r"x\x22 500 0 \x22"),
        ("back\\slash", r"back\x5Cslash"),
        ("line\nbreak\r\t\0\x7f", r"line\x0Abreak\x0D\x09\x00\x7F"),
        ("caf\u00e9 \u0085", r"caf\xE9 \x85"),
        ("Mozilla/5.0 (X11; ~[])", "Mozilla/5.0 (X11; ~[])"),
    ],
)
def test_hostile_text_cannot_leave_its_field(raw: str, written: str) -> None:
    r"""Quotes, backslashes and whatever is not printable ASCII are written as \xHH."""
    assert escape(raw) == written


def test_a_hostile_client_gets_one_line() -> None:
    """Target, referer, agent and user cannot break out of their quotes or their line."""
    evil = b'"\n\\ 200 1 "-" \xff'
    exchange = replace(
        EXCHANGE,
        seconds=1.23456,
        target=b"/" + evil + b"?" + evil,
        status=404,
        address=None,
        referer=evil,
        agent=evil,
        user=evil,
    )
    safe = r"\x22\x0A\x5C 200 1 \x22-\x22 \xFF"
    assert combined_line(exchange).decode("ascii") == (
        f'- - - [23/Mar/2026:12:00:00 +0000] "GET /{safe}?{safe} HTTP/1.1" 404 70'
        f' "{safe}" "{safe}" 1.235 "{safe}"\n'
    )


def test_lines_are_stamped_at_the_end(running: Running) -> None:
    """A line has the time at which its response was complete, and lines are in that order."""
    for _ in range(3):
        running.clock.move(1)
        running.request("GET", "/nowhere")
    stamps = re.findall(r"10:11:(\d\d) \+0000\] \"GET /nowhere HTTP/1.1\" 404", running.log.getvalue())
    assert stamps == ["13", "14", "15"]
