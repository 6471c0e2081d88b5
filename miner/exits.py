"""How a command ends: its exit code, and two lines instead of a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from typer import Typer
from typer.exceptions import Abort, TyperException

from miner.errors import MinerError, one_line, printable
from miner.seals import EditedByHand

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell reports for a program that nobody reads any more."""
FAULT = 70
"""EX_SOFTWARE of sysexits.h: the fault is ours."""
ISSUES = "Please report it with what --debug shows: run the same command as `mine --debug VERB ...`."


def exit_code(app: Typer, arguments: Sequence[str]) -> int:
    """The code with which the command ends; whatever went wrong was said in two lines on stderr."""
    try:
        code: Any = app(list(arguments) or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the second is what Typer makes of the first
        # Python flushes stdout once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        code = INTERRUPTED  # what Typer makes of it, mostly
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exception(error)
        return failed(error)
    if code == INTERRUPTED:
        complain(
            "Interrupted.",
            "Run it again; what it was about to write was not, and what it had written is kept.",
        )
    return code if isinstance(code, int) else 0


def failed(error: Exception) -> int:
    """What is wrong was said; returns the exit code."""
    match error:
        case EditedByHand():
            sys.stdout.write(printable(error.diff) + "\n")
            complain(error.what, error.hint)
            return error.exit_code
        case MinerError():
            complain(error.what, error.hint)
            return error.exit_code
        case TyperException():
            complain(*usage(error))
        case MemoryError():
            complain("There is not enough memory.", "Name fewer logs, or use a machine with more.")
        case OSError():
            complain(
                f"{error.filename or 'The system'}: {error.strerror}.", "Make room or access, and repeat."
            )
        case Abort():
            complain("The input ended too early.", "Run it again.")
        case _:
            complain(f"This is a fault of ours: {type(error).__name__}: {error}", ISSUES)
            return FAULT
    return MinerError.exit_code


def usage(error: TyperException) -> tuple[str, str]:
    """What is wrong with the arguments, and where to look."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mine"
    return error.format_message().rstrip(".") + ".", f"See `{command} --help`."


def complain(what: str, hint: str) -> None:
    """Both are on stderr, a line each."""
    sys.stderr.write(f"error: {one_line(what)}\n   do: {one_line(hint)}\n")
