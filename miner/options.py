"""The options that several verbs of `mine` have, and how their words become values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(given: str | float) -> float:
    """`90`, `90s`, `1.5m` or `2h` as seconds."""
    text = str(given).strip()  # an option's default comes as the number that it is
    number = text.rstrip("msh")
    unit = text[len(number) :] or "s"
    try:
        return float(number) * UNITS[unit]
    except (ValueError, KeyError):
        raise typer.BadParameter(f"{text!r} is no duration; write it like 90s, 15m or 2h.") from None


def per_cent(given: str | float) -> float:
    """`25%` or 0.25 as a share."""
    text = str(given).strip()
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no share; write it like 25%.") from None


def share(given: str) -> tuple[str, float]:
    """`buy=0.8` as a path and its share."""
    name, _, number = given.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no share; write it like buy=0.8.") from None


Logs = Annotated[
    list[str], typer.Argument(metavar="LOG", help="Files, folders or patterns, plain or packed; - is stdin.")
]
Db = Annotated[Path, typer.Option(metavar="DB", help="The DuckDB file with the logs.")]
KeptDb = Annotated[Path | None, typer.Option(metavar="DB", help="Keep the requests in this DuckDB file.")]
WorkloadFile = Annotated[Path, typer.Argument(metavar="W.toml", help="A workload file.")]
Name = Annotated[str | None, typer.Option(help="Name of the workload.  [default: the first log's]")]
Format = Annotated[
    str | None,
    typer.Option(
        help="A format's name, or the server's format string: '$remote_addr ...'.  [default: found]"
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="FIELD=WHERE,...", help="Where JSON or tables have started, method, ..."),
]
Service = Annotated[str | None, typer.Option(metavar="NAME", help="The service whose spans are meant.")]
Timezone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Of times without a zone: Europe/Berlin.  [default: UTC]")
]
Pseudonymise = Annotated[
    bool, typer.Option("--pseudonymise", help="Keep no address and no user, but a name for each.")
]
Memory = Annotated[str | None, typer.Option(metavar="SIZE", help="What DuckDB may use: 512MB, 4GB.")]
OpenApi = Annotated[
    str | None, typer.Option("--openapi", metavar="FILE_OR_URL", help="OpenAPI document: routes, bodies.")
]
Visitor = Annotated[
    str | None, typer.Option(help="What tells visitors apart: user, session, 'address + agent', address.")
]
Routes = Annotated[
    list[str] | None, typer.Option("--route", metavar="ROUTE", help="A route: '/shop/{category}/{slug}'.")
]
Include = Annotated[
    list[str] | None, typer.Option(metavar="REASON", help="Leave nothing out for this: bots, assets, ...")
]
Exclude = Annotated[
    list[str] | None, typer.Option(metavar="ENDPOINT", help="Leave this out too: 'GET /internal/*'.")
]
Gap = Annotated[
    float | None, typer.Option(parser=seconds, metavar="DURATION", help="Silence that ends a session: 30m.")
]


AUTO = "auto"


def number_of_paths(word: str) -> int | None:
    """What --paths says: a number, or none where it is to be found."""
    if word == AUTO:
        return None
    if not word.isascii() or not word.isdigit():
        raise typer.BadParameter(f"{word!r} is neither a number nor {AUTO!r}.")
    return int(word)


Paths = Annotated[
    Any,
    typer.Option(
        metavar="N", help="Number of user paths.  [default: auto]", show_default=False, parser=number_of_paths
    ),
]
Sample = Annotated[float, typer.Option(metavar="SHARE", help="Look at this share of visitors only.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal results.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over files that were edited by hand.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="File to write.  [default: stdout]")]


Speed = Annotated[float, typer.Option(help="Divides the pauses.")]
Mix = Annotated[list[str] | None, typer.Option(metavar="PATH=SHARE", help="Another share of a user path.")]
Processes = Annotated[int, typer.Option(help="Locust processes.")]
ServiceLog = Annotated[
    Path | None,
    typer.Option("--service-log", metavar="LOG", help="What the service itself wrote of the run."),
]
Baseline = Annotated[
    Path | None, typer.Option("--recorded", metavar="LOG", help="Log, store or run of relative objectives.")
]
AllowRemote = Annotated[bool, typer.Option("--allow-remote", help="Allow a host that is not this machine.")]
AllowWrites = Annotated[bool, typer.Option("--allow-writes", help="Allow changing data on such a host.")]
Host = Annotated[str, typer.Option(metavar="URL", help="The service to use.")]
Locustfile = Annotated[Path, typer.Argument(metavar="F.py", help="A generated locustfile.")]
Rate = Annotated[float | None, typer.Option(metavar="RATE", help="[default: as recorded]")]
Rps = Annotated[float | None, typer.Option(metavar="RATE", help="The same in requests.")]


def basis(
    openapi: str | None,
    visitor: str | None,
    gap: float | None,
    route: list[str] | None,
    include: list[str] | None,
    exclude: list[str] | None,
) -> dict[str, Any]:
    """The options of `miner.paths.prepare`."""
    return {
        "openapi": openapi, "visitor": visitor, "gap": gap,
        "routes": route or (), "include": include or (), "exclude": exclude or (),
    }  # fmt: skip


def joined(parts: list[str] | None) -> str | None:
    """What several --field say, as one."""
    return ",".join(parts) if parts else None
