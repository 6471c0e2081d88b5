"""What is in a log file, whatever it is packed in: a stream of bytes in UTF-8.

How it is packed is seen from its first bytes, never from its name.
"""

from __future__ import annotations

import bz2
import codecs
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard
from isal import igzip, isal_zlib

from miner.errors import MinerError

GZIP, BZIP2, ZSTD, ZIP = b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
UTF_8 = codecs.BOM_UTF8
DAMAGED: tuple[type[Exception], ...] = (  # type: ignore[assignment]
    EOFError,
    zlib.error,
    isal_zlib.error,
    zstandard.ZstdError,
    zipfile.BadZipFile,
    igzip.BadGzipFile,
    NotImplementedError,
    RuntimeError,
)
"""What the libraries raise for compressed data that is cut, damaged, encrypted or of an unknown method."""


@contextmanager
def opened(path: Path, member: str | None = None) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The content of the file, or of a member of an archive; and the file, whose position shows progress."""
    with path.open("rb", buffering=0) as file, decoded(unpacked(file, member)) as stream:
        yield stream, file


def unpacked(file: BinaryIO, member: str | None) -> BinaryIO:
    """The file's content, uncompressed on the way."""
    start = file.read(4)
    file.seek(0)
    if member is not None:
        return cast("BinaryIO", zipfile.ZipFile(file).open(member))
    if start.startswith(GZIP):
        return cast("BinaryIO", igzip.open(file, "rb"))
    if start.startswith(BZIP2):
        return cast("BinaryIO", bz2.BZ2File(file))
    if start == ZSTD:
        return cast("BinaryIO", Zstd(file))
    return file


class Zstd(io.RawIOBase):
    """What is in a file of zstd frames. One that is cut raises EOFError, unlike zstandard's reader."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._left = b""
        self._begun = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Bytes put into `buffer`; 0 at the end."""
        while not self._left:
            block = self._frame.unused_data if self._frame.eof else b""
            block = block or self._file.read(1 << 17)
            if not block:
                if self._begun and not self._frame.eof:
                    raise EOFError
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._begun = True
            self._left = self._frame.decompress(block)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def members(path: Path) -> list[str] | None:
    """The names of the files in an archive; None if the file is no archive. Raises MinerError."""
    try:
        with path.open("rb") as file:
            if file.read(4) not in {ZIP, EMPTY_ZIP}:
                return None
            return [one.filename for one in zipfile.ZipFile(file).infolist() if not one.is_dir()]
    except zipfile.BadZipFile as error:
        raise damaged(str(path)) from error
    except OSError as error:
        raise unreadable(str(path), error) from error


def decoded(stream: BinaryIO) -> BinaryIO:
    """The stream without a byte order mark, in UTF-8 if it was in UTF-16."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), 1 << 16)
    start = buffered.peek(4)[:4]
    for mark, encoding in UTF_16.items():
        if start.startswith(mark):
            buffered.read(len(mark))
            return cast("BinaryIO", Recoded(cast("BinaryIO", buffered), encoding))
    if start.startswith(UTF_8):
        buffered.read(len(UTF_8))
    return cast("BinaryIO", buffered)


class Recoded(io.RawIOBase):
    """A stream in another encoding, read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Bytes put into `buffer`; 0 at the end."""
        while not self._left:
            block = self._stream.read(1 << 16)
            self._left = self._decoder.decode(block, final=not block).encode("utf-8")
            if not block:
                break
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def damaged(name: str) -> MinerError:
    """Says that a file cannot be unpacked."""
    return MinerError(
        f"Cannot read {name}: its compressed data is damaged, cut or encrypted.",
        "Unpack what is left of it, and name that: nothing of this file was stored.",
    )


def unreadable(name: str, error: OSError) -> MinerError:
    """Says why a file cannot be read."""
    if error.errno is None:  # said by a library that unpacks, not by the system
        return damaged(name)
    return MinerError(f"Cannot read {name}: {error.strerror or error}.", "Name a log file that you may read.")
