"""Which files are meant: names, globs, folders, archives."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from miner.errors import MinerError
from miner.ingest.opened import members, unreadable

GLOB = frozenset("*?[")
NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class LogFile:
    """A file to read, or a member of an archive."""

    path: Path
    member: str | None = None
    outright: bool = True
    """Whether it was named itself, not found in a folder or by a glob."""

    @property
    def name(self) -> str:
        """The file's name without its folder, which is nobody else's business."""
        return _said(self.path.name if self.member is None else f"{self.path.name}/{self.member}")

    @property
    def shown(self) -> str:
        """The file as the user knows it."""
        return _said(str(self.path) if self.member is None else f"{self.path}/{self.member}")

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


def _said(name: str) -> str:
    """`name` as text that can be stored and shown: bytes that are not UTF-8 are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def log_files(logs: Sequence[str | Path]) -> list[LogFile]:
    """The files that are meant, each once. Raises MinerError if one is missing."""
    if not logs:
        raise MinerError("There is no log to read.", "Name at least one.")
    found: dict[Path, bool] = {}
    for log in logs:
        for path, outright in _meant(Path(log)):
            found[path] = outright or found.get(path, False)
    return [file for path, outright in found.items() for file in _with_members(path, outright)]


def _meant(path: Path) -> Iterator[tuple[Path, bool]]:
    """The files that a name stands for."""
    if path.is_dir():
        inside = [one for one in path.rglob("*") if one.is_file() and not _hidden(one, path)]
        if not inside:
            raise MinerError(f"There is no file in {path}.", "Name a folder with logs.")
        yield from ((one, False) for one in sorted(inside, key=rotated))
    elif path.exists():
        yield path, True
    elif GLOB & set(str(path)):
        named = [Path(one) for one in glob.glob(str(path), recursive=True)]  # noqa: PTH207 (absolute ones too)
        matching = [one for one in named if one.is_file()]
        if not matching:
            raise MinerError(f"No file matches {path}.", "Check the pattern.")
        yield from ((one, False) for one in sorted(matching, key=rotated))
    else:
        raise MinerError(f"There is no file {path}.", "Check the name.")


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def rotated(path: Path) -> tuple[str, list[tuple[int, str]]]:
    """A key that sorts a rotated set from old to new: log.10, log.2, log; log-20260301, log-20260302."""
    base, *numbers = NUMBER.split(path.name)
    newest_last = [(-int(part) if len(part) < 5 else int(part), "") for part in numbers[::2]]
    return str(path.parent / base.rstrip(".-_")), newest_last or [(1, "")]


def _with_members(path: Path, outright: bool) -> list[LogFile]:
    try:
        inside = members(path)
    except MinerError:
        if outright:
            raise
        return []
    except OSError as error:  # pragma: no cover (a file that vanishes between two looks)
        raise unreadable(str(path), error) from error
    if inside is None:
        return [LogFile(path, outright=outright)]
    if not inside:
        raise MinerError(f"{path} is an archive without files.", "Name a log.")
    return [LogFile(path, name, outright and len(inside) == 1) for name in inside]
