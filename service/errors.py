"""What can be wrong: with a request, and with how the service was started."""


class ServiceError(Exception):
    """The service cannot start or seed as asked: `what` is wrong, and a `hint` what to do, a line each."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} {hint}")
        self.what = " ".join(what.split())
        self.hint = " ".join(hint.split())


class Forbidden(Exception):
    """The caller acts for somebody else: 403."""


class Unknown(Exception):
    """What a request speaks of does not exist: 404."""


class Clash(Exception):
    """What a request asks for does not go with what is already there: 409."""
