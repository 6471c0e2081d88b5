"""`python -m service serve|seed|audit|openapi`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, get_args

from sqlalchemy.exc import DBAPIError

from service.app import create_app
from service.audit import audit
from service.database import open_database
from service.embedded import embedded_postgres
from service.errors import ServiceError
from service.search import How
from service.seed import add, seed
from service.server import serve
from service.worker import Settings

DATABASE = "sqlite:///friends.db"
OWN_SERVER = "postgres"
OWN_SERVER_FOLDER = Path("friends.postgres")
DATABASE_HELP = (
    "a URL of sqlite or postgresql, or postgres: a PostgreSQL of its own in the folder friends.postgres"
    " (default: $DATABASE_URL, or sqlite:///friends.db)"
)
MOST_WORKERS = 64


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are two lines, like every other."""

    def error(self, message: str) -> NoReturn:
        raise ServiceError(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 the audit found something, 2 not possible as asked."""
    try:
        given = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int | None] = given.command
        return command(given) or 0
    except ServiceError as error:
        said = (error.what, error.hint)
    except DBAPIError as error:
        said = (
            f"The database does not answer: {' '.join(str(error.orig).split())}",
            "See that it runs, and try again.",
        )
    print(*said, sep="\n", file=sys.stderr)  # noqa: T201
    return 2


def openapi() -> str:
    """The OpenAPI document as JSON, always with the same bytes."""
    return json.dumps(create_app("sqlite://").openapi(), indent=2, sort_keys=True) + "\n"


def _parser() -> Parser:
    parser = Parser(prog="python -m service", description="Users who look for each other and become friends.")
    verbs = parser.add_subparsers(required=True, metavar="serve|seed|audit|openapi")
    _add_serve(verbs.add_parser("serve", help="answer requests until stopped"))
    _add_seed(verbs.add_parser("seed", help="fill an empty database with users, or add some"))
    audited = verbs.add_parser(
        "audit", help="look for what must never be; the exit code is 1 if there is any"
    )
    _add_database(audited)
    audited.set_defaults(command=_audit)
    shown = verbs.add_parser("openapi", help="print the OpenAPI document")
    shown.set_defaults(command=lambda _: print(openapi(), end=""))  # noqa: T201
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=_port, default=8000, help="0 is any free port")
    parser.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes that serve")
    _add_database(parser)
    parser.add_argument(
        "--search",
        choices=get_args(How),
        default="scan",
        help="how users are searched: scan reads all of them, trigram uses an index",
    )
    parser.add_argument("--access-log", type=Path, metavar="FILE", help="append nginx's combined lines")
    parser.add_argument("--json-log", type=Path, metavar="FILE", help="append lines of JSON")
    parser.add_argument("--telemetry", type=Path, metavar="FILE", help="append spans as OTLP/JSON")
    parser.add_argument("--rate-limit", metavar="RATE", help="for each caller and worker, such as 100/second")
    parser.set_defaults(command=_serve)


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=_positive, required=True, metavar="N")
    _add_database(parser)
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same users")
    parser.add_argument(
        "--more", action="store_true", help="add users, who know nobody, to those that are there"
    )
    parser.set_defaults(command=_seed)


def _add_database(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("DATABASE_URL") or DATABASE
    parser.add_argument("--database", default=default, metavar="URL", help=DATABASE_HELP)


def _serve(given: argparse.Namespace) -> None:
    with _database(given.database) as url:
        settings = Settings(
            url, given.search, given.access_log, given.json_log, given.telemetry, given.rate_limit
        )
        serve(settings, given.host, given.port, given.workers)


def _seed(given: argparse.Namespace) -> None:
    with _database(given.database) as url:
        engine = open_database(url)
        try:
            (add if given.more else seed)(engine, given.users, given.seed)
        finally:
            engine.dispose()


def _audit(given: argparse.Namespace) -> int:
    with _database(given.database) as url:
        engine = open_database(url)
        try:
            found = audit(engine)
        finally:
            engine.dispose()
    print("\n".join(found) or "Nothing is there that must never be.")  # noqa: T201
    return 1 if found else 0


@contextmanager
def _database(named: str) -> Iterator[str]:
    """The URL of the database, whose server runs while the block does if it is one of our own."""
    if named != OWN_SERVER:
        yield named
        return
    with embedded_postgres(OWN_SERVER_FOLDER) as url:
        yield url


def _positive(text: str) -> int:
    return _number(text, 1, 1_000_000, "a number")


def _workers(text: str) -> int:
    return _number(text, 1, MOST_WORKERS, "a number")


def _port(text: str) -> int:
    return _number(text, 0, 65535, "a port")


def _number(text: str, least: int, most: int, what: str) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {least} to {most}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
