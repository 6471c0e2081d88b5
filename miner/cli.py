"""The command line `mine`: one function a verb, without logic of its own.

What a verb needs is imported when it runs, so that `mine --help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from miner.exits import exit_code

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def seconds(given: str | float) -> float:
    """`90`, `90s`, `1.5m` or `2h` as seconds."""
    text = str(given).strip()  # an option's default comes as the number that it is
    number = text.rstrip("msh")
    unit = text[len(number) :] or "s"
    try:
        return float(number) * UNITS[unit]
    except (ValueError, KeyError):
        raise typer.BadParameter(f"{text!r} is no duration; write it like 90s, 15m or 2h.") from None


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


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an unexpected error comes from.")
    ] = False,
) -> None:
    """Turn access logs into load tests that behave like your users, and prove how well they match."""
    # `run` looks for --debug itself: it must know even where the arguments cannot be parsed.
    del debug


@app.command()
def logs(
    logs: Logs,
    db: KeptDb = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for NAME.toml and NAME.py.")] = Path(
        "generated"
    ),
    name: Name = None,
    format: Format = None,  # noqa: A002 (the option's name)
    field: Fields = None,
    service: Service = None,
    timezone: Timezone = None,
    pseudonymise: Pseudonymise = False,
    memory: Memory = None,
    openapi: OpenApi = None,
    visitor: Visitor = None,
    gap: Gap = None,
    route: Routes = None,
    include: Include = None,
    exclude: Exclude = None,
    paths: Paths = AUTO,
    sample: Sample = 1.0,
    seed: Seed = 1,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Mine logs: answers, a workload and a locustfile."""
    from miner.main_job import mine_logs, show_mined

    mined = mine_logs(
        logs, db=db, out=out, name=name, memory=memory, overwrite=overwrite,
        reading={
            "format": format, "fields": joined(field), "service": service, "timezone": timezone,
            "pseudonymise": pseudonymise,
        },
        mining={
            "paths": paths, "seed": seed, "sample": sample,
            **basis(openapi, visitor, gap, route, include, exclude),
        },
    )  # fmt: skip
    show_mined(mined, json=json)


@app.command()
def ingest(
    logs: Logs,
    db: Db,
    format: Format = None,  # noqa: A002
    field: Fields = None,
    service: Service = None,
    timezone: Timezone = None,
    pseudonymise: Pseudonymise = False,
    memory: Memory = None,
    json: Json = False,
) -> None:
    """Read logs into a store, and nothing else."""
    from miner.ingest import ingest
    from miner.places import logs_on_disk, store_to_fill
    from miner.screen.progress import reading
    from miner.screen.reports import show_ingest
    from miner.screen.terminal import show

    with logs_on_disk(logs) as files, store_to_fill(db, memory) as store, reading() as progress:
        report = ingest(
            files, store, format=format, fields=joined(field), service=service, timezone=timezone,
            pseudonymise=pseudonymise, progress=progress,
        )  # fmt: skip
    show(report, show_ingest, json=json, remarks=report.remarks)


@app.command()
def rejects(
    db: Db,
    retry: Annotated[bool, typer.Option("--retry", help="Read them again, in --format if given.")] = False,
    format: Format = None,  # noqa: A002
    field: Fields = None,
    timezone: Timezone = None,
    json: Json = False,
) -> None:
    """Show the lines that could not be read, by reason."""
    from miner.ingest import rejects_by_reason, retry_rejects
    from miner.screen.reports import show_rejects
    from miner.screen.terminal import say, show
    from miner.store import Store

    if (format or field) and not retry:
        raise typer.BadParameter("--format and --field go with --retry.")
    with Store.open(db, create=False) as store:
        if retry:
            report = retry_rejects(store, format=format, fields=joined(field), timezone=timezone)
            for remark in report.remarks:
                say(remark)
        show(rejects_by_reason(store), show_rejects, json=json)


@app.command()
def sessions(
    db: Db,
    openapi: OpenApi = None,
    visitor: Visitor = None,
    gap: Gap = None,
    route: Routes = None,
    include: Include = None,
    exclude: Exclude = None,
    json: Json = False,
) -> None:
    """Show how requests become sessions."""
    from miner.screen.basis import Basis, show_basis
    from miner.screen.terminal import show, working
    from miner.store import Store

    with Store.open(db, create=False) as store, working("Making sessions"):
        found = Basis.of(store, **basis(openapi, visitor, gap, route, include, exclude))
    show(found, show_basis, json=json)


@app.command()
def paths(
    db: Db,
    out: Out = None,
    name: Name = None,
    openapi: OpenApi = None,
    visitor: Visitor = None,
    gap: Gap = None,
    route: Routes = None,
    include: Include = None,
    exclude: Exclude = None,
    paths: Paths = AUTO,
    sample: Sample = 1.0,
    seed: Seed = 1,
    overwrite: Overwrite = False,
) -> None:
    """Mine a workload from a store, and nothing else."""
    from miner.paths import mine_workload
    from miner.places import workload_name
    from miner.screen.terminal import say, working
    from miner.seals import write_sealed
    from miner.store import Store
    from miner.workload_file import dumps

    with Store.open(db, create=False) as store, working("Mining"):
        workload = mine_workload(
            store, name=name or workload_name(str(out or db)),
            paths=paths, seed=seed, sample=sample,
            **basis(openapi, visitor, gap, route, include, exclude),
        )  # fmt: skip
    if out is None:
        sys.stdout.write(dumps(workload))
        return
    write_sealed({out: dumps(workload)}, overwrite=overwrite)
    say(f"Wrote {out}.")


@app.command()
def generate(
    workload: WorkloadFile,
    out: Annotated[
        Path | None,
        typer.Option(metavar="F.py", help="File to write, its runtime beside it.  [default: all to stdout]"),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--standard", metavar="ENDPOINT", help="Write the standard test of this endpoint instead."
        ),
    ] = None,
    http: Annotated[
        bool, typer.Option("--http-user", help="Use Locust's HttpUser, which is slower, and requests.")
    ] = False,
    probe: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this service once for where its answers have new ids."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a host for --probe that is not this machine.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write the locustfile of a workload."""
    from miner.generate import dangers, generate, standard
    from miner.scenario_writer import write_scenario
    from miner.screen.terminal import say
    from miner.workload_file import load

    known = load(workload)
    if probe:
        from miner.probing import probed

        known, found = probed(known, probe, allow_remote=allow_remote)
        for sentence in found:
            say(sentence)
    if out is None:
        sys.stdout.write(standard(known, only, http=http) if only else generate(known, http=http))
        return
    for file in write_scenario(known, out, only=only, http=http, overwrite=overwrite):
        say(f"Wrote {file}.")
    for sentence in () if only else dangers(known):
        say(f"Look at it before you run it: {sentence}")


@app.command()
def simulate(
    workload: WorkloadFile,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: .csv, .parquet or .log.")],
    sessions: Annotated[int, typer.Option(metavar="N", help="How many sessions.")] = 1000,
    seed: Seed = 1,
) -> None:
    """Draw sessions from a workload, without a service."""
    from miner.output_files import must_take_files
    from miner.screen.terminal import say
    from miner.session_files import write_sessions
    from miner.workload_file import load

    must_take_files(out.parent)
    write_sessions(load(workload), sessions, seed, out)
    say(f"Wrote {out}.")


@app.command()
def replay(
    locustfile: Annotated[Path, typer.Argument(metavar="F.py", help="A generated locustfile.")],
    host: Annotated[str, typer.Option(metavar="URL", help="The service to use.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run.  [default: runs/F-N]")
    ] = None,
    sessions_per_second: Annotated[
        float | None, typer.Option(metavar="RATE", help="[default: as recorded]")
    ] = None,
    rps: Annotated[float | None, typer.Option(metavar="RATE", help="The same in requests.")] = None,
    scale: Annotated[float, typer.Option(help="Times as many sessions, with the same pauses.")] = 1.0,
    speed: Annotated[float, typer.Option(help="Divides the pauses.")] = 1.0,
    profile: Annotated[
        str, typer.Option(help="How the rate goes: mean, recorded (a day), peak, step or spike.")
    ] = "mean",
    mix: Annotated[
        list[str] | None, typer.Option(metavar="PATH=SHARE", help="Another share of a user path.")
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="Users come again when they have left, and spare a slow service.")
    ] = False,
    exact: Annotated[
        Path | None,
        typer.Option(metavar="RECORDED", help="Send the sessions of this log or store themselves."),
    ] = None,
    openapi: OpenApi = None,
    run_time: Annotated[
        float | None,
        typer.Option(
            parser=seconds,
            metavar="DURATION",
            help="How long sessions start.  [default: 60s; of a recording all]",
            show_default=False,
        ),
    ] = None,
    processes: Annotated[int, typer.Option(help="Locust processes.")] = 1,
    users: Annotated[
        int | None, typer.Option(help="Most sessions under way at once.  [default: enough]")
    ] = None,
    seed: Seed = 1,
    sign: Annotated[
        bool, typer.Option("--sign", help="Name the session in User-Agent, for `compare --service-log`.")
    ] = False,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a host that is not this machine.")
    ] = False,
    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="Allow changing data on such a host.")
    ] = False,
    json: Json = False,
) -> None:
    """Run Locust against a service, and keep the run's own log."""
    from miner.exact import tape_of
    from miner.places import free_folder
    from miner.replay import Load, replay
    from miner.screen.reports import show_run
    from miner.screen.terminal import lasting, show

    load = Load(
        sessions_per_second=sessions_per_second, rps=rps, scale=scale, speed=speed, profile=profile,
        mix=dict(map(share, mix or [])), closed=closed, users=users,
    )  # fmt: skip
    folder = out or free_folder(Path("runs"), locustfile.stem)
    with tape_of(exact, load, run_time, openapi) if exact else nullcontext() as tape:
        lasts = tape.run_time if tape else 60.0 if run_time is None else run_time
        with lasting(f"Replaying for {lasts:.0f} s", lasts):
            run = replay(
                locustfile, host, out=folder, load=load, run_time=lasts, tape=tape, seed=seed,
                processes=processes, sign=sign, allow_remote=allow_remote, allow_writes=allow_writes,
            )  # fmt: skip
    show(run, show_run, json=json)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A log, store, workload file or run.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="What is compared with it: one of the same.")],
    gate: Annotated[
        float | None,
        typer.Option(metavar="RATIO", help="Exit with 1 if a ratio is higher: B differs, or A is stale."),
    ] = None,
    service_log: Annotated[
        Path | None,
        typer.Option(metavar="LOG", help="What the service itself wrote of B, a run with `replay --sign`."),
    ] = None,
    openapi: OpenApi = None,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure how faithful B is to A."""
    from miner.screen.reports import must_pass, show_fidelity
    from miner.screen.terminal import show, working
    from miner.verify import compare

    with working("Comparing"):
        fidelity = compare(a, b, seed=seed, openapi=openapi, service_log=service_log)
    show(fidelity, show_fidelity, json=json)
    if gate is not None and not must_pass(fidelity, gate):
        raise typer.Exit(1)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for what is written.")] = Path("demo"),
) -> None:
    """Walk the whole loop in about two minutes."""
    from miner.demo import walk

    if not walk(out):
        raise typer.Exit(1)


def main() -> int:
    """The console script: the exit code of the arguments it was started with."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that knows only ASCII gets escapes, not a fault
            stream.reconfigure(errors="backslashreplace")
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """The exit code; whatever goes wrong was said in two lines on stderr."""
    return exit_code(app, arguments)


if __name__ == "__main__":
    sys.exit(main())
