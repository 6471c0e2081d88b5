"""A line of text for each exchange: nginx combined, then seconds taken and user."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.exchange import Exchange

MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNSAFE = re.compile(r"[^ !#-\[\]-~]")


def combined_lines(exchanges: Sequence[Exchange]) -> bytes:
    """A line for each, stamped by the end of the exchange to the second."""
    return b"".join(map(combined_line, exchanges))


def combined_line(exchange: Exchange) -> bytes:
    """The line, with its line break."""
    at = exchange.finished
    # Not strftime: its months follow the locale.
    stamp = f"{at.day:02}/{MONTHS[at.month]}/{at.year}:{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    request = f"{exchange.method} {exchange.target.decode('latin-1')} HTTP/{exchange.http_version}"
    line = (
        f'{escape(exchange.address or "-")} - - [{stamp}] "{escape(request)}" {exchange.status}'
        f' {exchange.size} "{_given(exchange.referer)}" "{_given(exchange.agent)}"'
        f' {exchange.seconds:.3f} "{_given(exchange.user)}"\n'
    )
    return line.encode("ascii")


def escape(text: str) -> str:
    r"""`text` as nginx writes it: quotes, backslashes and all that is not printable ASCII as \xHH."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text  # as nearly all is, and this takes a tenth of the time
    return UNSAFE.sub(lambda char: f"\\x{ord(char.group()):02X}", text)


def _given(header: bytes) -> str:
    return escape(header.decode("latin-1")) or "-"
