"""`python -m service serve|seed|openapi`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from service.app import create_app
from service.database import open_database
from service.errors import ServiceError
from service.seed import seed
from service.server import serve

DATABASE = "sqlite:///friends.db"
SEARCHES = ("scan",)


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are two lines, like every other."""

    def error(self, message: str) -> NoReturn:
        raise ServiceError(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 2 not possible as asked."""
    try:
        given = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], None] = given.command
        command(given)
    except ServiceError as error:
        print(error.what, error.hint, sep="\n", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def openapi() -> str:
    """The OpenAPI document as JSON, always with the same bytes."""
    return json.dumps(create_app("sqlite://").openapi(), indent=2, sort_keys=True) + "\n"


def _parser() -> Parser:
    parser = Parser(prog="python -m service", description="Users who look for each other and become friends.")
    verbs = parser.add_subparsers(required=True, metavar="serve|seed|openapi")
    _add_serve(verbs.add_parser("serve", help="answer requests until stopped"))
    _add_seed(verbs.add_parser("seed", help="fill an empty database with users"))
    shown = verbs.add_parser("openapi", help="print the OpenAPI document")
    shown.set_defaults(command=lambda _: sys.stdout.write(openapi()))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000, help="0 is any free port")
    parser.add_argument("--database", default=DATABASE, metavar="URL")
    parser.add_argument("--access-log", type=Path, metavar="FILE", help="append a line for each response")
    parser.add_argument(
        "--search", choices=SEARCHES, default="scan", help="how users are searched: scan reads all of them"
    )
    parser.set_defaults(command=lambda a: serve(a.host, a.port, a.database, a.access_log))


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=_positive, required=True, metavar="N")
    parser.add_argument("--database", default=DATABASE, metavar="URL")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same users")
    parser.set_defaults(command=lambda a: _seed(a.database, a.users, a.seed))


def _seed(database_url: str, users: int, number: int) -> None:
    engine = open_database(database_url)
    try:
        seed(engine, users, number)
    finally:
        engine.dispose()


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
