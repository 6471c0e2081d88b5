r"""Bytes of a log as text: one way to read, one way to keep.

To read, a byte that is no UTF-8 is shown as `\xhh`. To keep, it is one character of the private use area,
U+F700 plus the byte; such characters that the log itself has are kept byte by byte, so that `raw_bytes`
gives back just what was there.
"""

from __future__ import annotations

import codecs
import re

FIRST = 0xF700
OURS = re.compile("[\uf780-\uf7ff]")
OURS_IN_BYTES = re.compile(b"\xef(?:\x9e[\x80-\xbf]|\x9f[\x80-\xbf])")
"""U+F780 to U+F7FF in UTF-8 (and U+F7C0 on): what must not be taken for a byte that was kept."""


def _kept(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(FIRST + byte) for byte in error.object[error.start : error.end]), error.end


def _in_json(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"\\\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("miner.kept", _kept)
codecs.register_error("miner.json", _in_json)


def kept(line: bytes) -> str:
    """The line as text from which `raw_bytes` can restore it."""
    parts, done = [], 0
    for found in OURS_IN_BYTES.finditer(line):
        parts.append(line[done : found.start()].decode("utf-8", "miner.kept"))
        parts += [chr(FIRST + byte) for byte in found[0]]
        done = found.end()
    return "".join(parts) + line[done:].decode("utf-8", "miner.kept")


def raw_bytes(raw: str) -> bytes:
    """The bytes of a line in the log, given what `rejects.raw` has of it."""
    return b"".join(
        bytes([ord(char) - FIRST]) if OURS.fullmatch(char) else char.encode("utf-8")
        for char in re.split("([\uf780-\uf7ff])", raw)
        if char
    )


def readable(raw: str) -> str:
    r"""What is kept of a line, to read: a byte that is no UTF-8 is `\xhh`."""
    return raw_bytes(raw).decode("utf-8", "backslashreplace")
