"""Every error that a user can cause."""


class MinerError(Exception):
    """Something the user gave cannot be used: `what` is wrong, and a `hint` what to do.

    Both are one line of plain text. `exit_code` is the command's: 2 for wrong usage or
    unreadable input, 3 for too little or too poor data to mine.
    """

    exit_code = 2

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} {hint}")
        self.what = one_line(what)
        self.hint = one_line(hint)


class TooLittleData(MinerError):
    """The input was read, but there is not enough in it to mine."""

    exit_code = 3


class NoSuchPath(MinerError, KeyError):
    """A workload has no user path of that name. Also a KeyError, as looking up a name raises."""

    __str__ = Exception.__str__  # a KeyError would print the sentence in quotes


def one_line(text: str) -> str:
    """`text` with every control and line-breaking character escaped, so that it prints as one line."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def printable(text: str) -> str:
    """`text` line by line, as `one_line` has each."""
    return "\n".join(map(one_line, text.split("\n")))
