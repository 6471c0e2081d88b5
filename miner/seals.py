"""Files that are written anew each time, but not over what somebody has changed in them."""

from __future__ import annotations

import re
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from miner.errors import MinerError
from miner.output_files import write_files

SEAL = re.compile(r"\n{1,2}# Written by mine \(checksum ([0-9a-f]{16})\)\.[^\n]*\n\Z")
REMARKS = {".py": " Code of yours goes into the hooks beside it."}


class EditedByHand(MinerError):
    """A file has been changed since it was written; `diff` is what writing it anew would change."""

    def __init__(self, file: Path, diff: str) -> None:
        super().__init__(
            f"{file} was edited by hand, and writing it anew would undo that.",
            "Write to another place, or say --overwrite; what it would change is shown above.",
        )
        self.diff = diff


def sealed(text: str, kind: str = ".py") -> str:
    """`text` with a last line that tells whether somebody has changed it since."""
    gap = "\n\n" if kind == ".py" else "\n"
    return f"{text}{gap}# Written by mine (checksum {_sum(text)}).{REMARKS.get(kind, '')}\n"


def write_sealed(
    texts: dict[Path, str], *, once: dict[Path, str] | None = None, overwrite: bool = False
) -> list[Path]:
    """Each file holds its text and a seal, all or none of them; those to be written `once` are not sealed.

    Returns what was written: what is to be written `once` stays if it is there. Raises MinerError:
    EditedByHand, unless it may `overwrite`, if somebody has changed one of them since it was written.
    """
    whole = {file: sealed(text, file.suffix) for file, text in texts.items()}
    for file, text in () if overwrite else whole.items():
        must_be_untouched(file, text)
    whole |= {file: text for file, text in (once or {}).items() if not file.exists()}
    write_files(whole)
    return list(whole)


def must_be_untouched(file: Path, text: str) -> None:
    """`file` is not there, or nobody has changed it since it was written. Raises EditedByHand.

    What is `text` already is none the worse for being written again.
    """
    try:
        old = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        old = ""
    except OSError:
        return  # it is not there, or whoever writes it is told why that cannot be
    seal = SEAL.search(old)
    if old != text and (seal is None or _sum(old[: seal.start()]) != seal[1]):
        lines = unified_diff(old.splitlines(), text.splitlines(), str(file), "written anew", lineterm="")
        raise EditedByHand(file, "\n".join(lines))


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
