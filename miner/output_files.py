"""Output is written whole or not at all."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from miner.errors import MinerError

HINT = "Name a folder you can write to with --out."


def must_take_files(folder: Path) -> None:
    """`folder` can be made, or is there. Raises MinerError if something else is in its place."""
    for place in (folder, *folder.parents):
        if place.exists() or place.is_symlink():
            if not place.is_dir():
                raise MinerError(f"{place} is not a folder.", HINT)
            return


def must_be_empty(folder: Path) -> None:
    """Nothing is in `folder`, if it is there. Raises MinerError."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise MinerError(f"Cannot look into {folder}: {error.strerror}.", HINT) from error
    if taken:
        raise MinerError(f"{folder} is not empty.", "Give another --out, or remove it first.")


def write_files(texts: dict[Path, str]) -> None:
    """Each file holds its text; if one cannot be written, none has changed. Raises MinerError."""
    written: dict[Path, Path] = {}
    try:
        for file, text in texts.items():
            written[file] = _beside(file, text)
        for file, unfinished in written.items():
            unfinished.replace(file)
    except OSError as error:
        raise MinerError(f"Cannot write {error.filename or file}: {error.strerror}.", HINT) from error
    finally:
        for unfinished in written.values():
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _beside(file: Path, text: str) -> Path:
    """A new file next to `file` that holds `text`. Raises OSError, and then there is none."""
    must_take_files(file.parent)
    if file.is_dir():
        raise MinerError(f"{file} is a folder, not a file.", "Move it away, or name another with --out.")
    file.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile's own mode 0600: a workload file is as readable as any file that its author makes.
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
    with tempfile.NamedTemporaryFile(
        "w", dir=file.parent, prefix=f".{file.name}-", delete=False, encoding="utf-8", newline="\n"
    ) as unfinished:
        place = Path(unfinished.name)
        try:
            unfinished.write(text)
            unfinished.flush()
            place.chmod(mode)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
    return place
