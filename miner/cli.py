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
from typer.core import TyperGroup

from miner.exits import INTERRUPTED, exit_code
from miner.options import (
    AUTO,
    AllowRemote,
    AllowWrites,
    Baseline,
    Db,
    Exclude,
    Fields,
    Format,
    Gap,
    Host,
    Include,
    Json,
    KeptDb,
    Locustfile,
    Logs,
    Memory,
    Mix,
    Name,
    OpenApi,
    Out,
    Overwrite,
    Paths,
    Processes,
    Pseudonymise,
    Rate,
    Routes,
    Rps,
    Sample,
    Seed,
    Service,
    ServiceLog,
    Speed,
    Timezone,
    Visitor,
    WorkloadFile,
    basis,
    joined,
    per_cent,
    seconds,
    share,
)

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 80}

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=SETTINGS
)


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
    locustfile: Locustfile,
    host: Host,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run.  [default: runs/F-N]")
    ] = None,
    sessions_per_second: Rate = None,
    rps: Rps = None,
    scale: Annotated[float, typer.Option(help="Times as many sessions, with the same pauses.")] = 1.0,
    speed: Speed = 1.0,
    profile: Annotated[
        str, typer.Option(help="How the rate goes: mean, recorded (a day), peak, step or spike.")
    ] = "mean",
    mix: Mix = None,
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
    processes: Processes = 1,
    users: Annotated[
        int | None, typer.Option(help="Most sessions under way at once.  [default: enough]")
    ] = None,
    objectives: Annotated[
        Path | None,
        typer.Option(metavar="F.toml", help="Check these on the run; exit with 1 if one is missed."),
    ] = None,
    abort_on_fail: Annotated[
        bool, typer.Option("--abort-on-fail", help="Stop as soon as one can no longer be met.")
    ] = False,
    service_log: ServiceLog = None,
    recorded: Baseline = None,
    seed: Seed = 1,
    sign: Annotated[
        bool, typer.Option("--sign", help="Name the session in User-Agent, for `compare --service-log`.")
    ] = False,
    allow_remote: AllowRemote = False,
    allow_writes: AllowWrites = False,
    json: Json = False,
) -> None:
    """Run Locust against a service, and keep the run's own log."""
    from miner.exact import tape_of
    from miner.judged import Judging
    from miner.places import free_folder
    from miner.replay import Load, replay
    from miner.screen.reports import show_judged
    from miner.screen.terminal import lasting

    load = Load(
        sessions_per_second=sessions_per_second, rps=rps, scale=scale, speed=speed, profile=profile,
        mix=dict(map(share, mix or [])), closed=closed, users=users,
    )  # fmt: skip
    judging = Judging.of(objectives, service_log=service_log, recorded=recorded, openapi=openapi)
    folder = out or free_folder(Path("runs"), locustfile.stem)
    with tape_of(exact, load, run_time, openapi) if exact else nullcontext() as tape:
        lasts = tape.run_time if tape else 60.0 if run_time is None else run_time
        watch = judging.watch(locustfile, load, lasts, tape) if abort_on_fail else None
        with lasting(f"Replaying for {lasts:.0f} s", lasts):
            run = replay(
                locustfile, host, out=folder, load=load, run_time=lasts, tape=tape, seed=seed, watch=watch,
                processes=processes, sign=sign, allow_remote=allow_remote, allow_writes=allow_writes,
            )  # fmt: skip
    if not show_judged(run, judging.checked(run), json=json):
        raise typer.Exit(1)


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
def check(
    objectives: Annotated[Path, typer.Argument(metavar="OBJECTIVES", help="An objectives file.")],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run; or a log or store.")],
    service_log: ServiceLog = None,
    recorded: Baseline = None,
    openapi: OpenApi = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdicts here as JUnit XML.")
    ] = None,
    json: Json = False,
) -> None:
    """Judge a run by objectives; exit with 1 if one is missed."""
    from miner.objectives import check, load_objectives
    from miner.objectives import junit as as_junit
    from miner.output_files import write_files
    from miner.screen.objectives import show_checked
    from miner.screen.terminal import say, show, working

    with working("Checking"):
        checked = check(
            load_objectives(objectives), run, service_log=service_log, recorded=recorded, openapi=openapi
        )
    if junit:
        write_files({junit: as_junit(checked)})
        say(f"Wrote {junit}.")
    show(checked, show_checked, json=json)
    if not checked.passed:
        raise typer.Exit(1)


class Proposing(TyperGroup):
    """Verbs of which `propose` may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is neither a verb nor asks for help is meant for `propose`; nothing asks for help."""
        given = args or ctx.help_option_names[:1]
        named = given[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, given if named else ["propose", *given])


objectives = typer.Typer(cls=Proposing, context_settings=SETTINGS)
app.add_typer(objectives, name="objectives", help="Propose objectives from a recording, or export them.")


@objectives.command()
def propose(
    recorded: Annotated[Path, typer.Argument(metavar="DB_OR_LOG", help="What was recorded.")],
    margin: Annotated[
        float,
        typer.Option(
            parser=per_cent,
            metavar="SHARE",
            help="How much worse the limits are.  [default: 25%]",
            show_default=False,
        ),
    ] = 0.25,
    openapi: OpenApi = None,
    out: Out = None,
) -> None:
    """Write objectives that the recording meets, to begin with."""
    from miner.objectives import propose
    from miner.screen.terminal import give, say, working
    from miner.verify.sources import prepared

    with working("Reading"), prepared(recorded, openapi) as (store, remarks):
        proposed = propose(store, margin=margin, name=recorded.name)
    for remark in remarks:
        say(remark)
    give(proposed, out)


@objectives.command()
def openslo(
    file: Annotated[Path, typer.Argument(metavar="OBJECTIVES", help="An objectives file.")],
    name: Annotated[
        str, typer.Option("--service", metavar="NAME", help="The service that they are for.")
    ] = "service",
    out: Out = None,
) -> None:
    """Write objectives as OpenSLO, for what watches the service itself."""
    from miner.objectives import load_objectives, openslo
    from miner.screen.terminal import give

    give(openslo(load_objectives(file), service=name), out)


@app.command()
def capacity(
    locustfile: Locustfile,
    host: Host,
    objectives: Annotated[Path, typer.Option(metavar="F.toml", help="What must hold.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the steps.  [default: runs/F-capacity-N]")
    ] = None,
    sessions_per_second: Rate = None,
    rps: Rps = None,
    speed: Speed = 1.0,
    mix: Mix = None,
    run_time: Annotated[
        float, typer.Option(parser=seconds, metavar="DURATION", help="How long sessions of a step start.")
    ] = 30.0,
    most_scale: Annotated[float, typer.Option(help="No step has more times the traffic.")] = 1e6,
    most_steps: Annotated[int, typer.Option(help="No more steps than this.")] = 20,
    most_time: Annotated[
        float, typer.Option(parser=seconds, metavar="DURATION", help="No step that would end later.")
    ] = 1800.0,
    precision: Annotated[
        float, typer.Option(metavar="SHARE", help="How far apart what holds and what breaks may be.")
    ] = 0.1,
    at_least: Annotated[
        float | None, typer.Option(metavar="SCALE", help="Exit with 1 if the objectives do not hold there.")
    ] = None,
    processes: Processes = 1,
    service_log: ServiceLog = None,
    recorded: Baseline = None,
    openapi: OpenApi = None,
    seed: Seed = 1,
    allow_remote: AllowRemote = False,
    allow_writes: AllowWrites = False,
    json: Json = False,
) -> None:
    """Find how many times the traffic objectives bear."""
    from miner.capacity import Bounds, Setting, capacity
    from miner.objectives import load_objectives
    from miner.places import free_folder
    from miner.plots import plot_capacity  # before the search: what is not installed is said at once
    from miner.plots.drawn import draw
    from miner.replay import Load
    from miner.screen.capacity import line, show_capacity
    from miner.screen.terminal import lasting, say, show

    load = Load(
        sessions_per_second=sessions_per_second, rps=rps, speed=speed, mix=dict(map(share, mix or []))
    )
    setting = Setting(
        locustfile, host, load_objectives(objectives), load=load, run_time=run_time, seed=seed,
        out=out or free_folder(Path("runs"), f"{locustfile.stem}-capacity"), processes=processes,
        service_log=service_log, recorded=recorded, openapi=openapi,
        allow_remote=allow_remote, allow_writes=allow_writes,
    )  # fmt: skip
    bounds = Bounds(most_scale=most_scale, most_steps=most_steps, most_time=most_time, precision=precision)
    found = capacity(setting, bounds, progress=lambda step: say(line(step)), during=lasting)
    draw(plot_capacity(found), found.folder / "capacity.svg")
    show(found, show_capacity, json=json)
    say(f"Wrote {found.folder}.")
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if (found.held or 0.0) < (at_least or 1e-9):
        raise typer.Exit(1)


@app.command()
def experiment(
    full: Annotated[
        bool, typer.Option("--full", help="Both tests in real time, for half an hour each.")
    ] = False,
    database: Annotated[str, typer.Option(help="sqlite, or postgres: one of its own.")] = "sqlite",
    search: Annotated[str, typer.Option(help="scan, or trigram: with an index.")] = "scan",
    users: Annotated[int, typer.Option(help="How many there are at first.")] = 95_000,
    rps: Annotated[float, typer.Option(help="Requests a second, of both tests.")] = 100.0,
    window: Annotated[
        float, typer.Option(parser=seconds, metavar="DURATION", help="Of what is real in the time lapse.")
    ] = 20.0,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for what is written.  [default: experiment-N]")
    ] = None,
    json: Json = False,
) -> None:
    """Put the standard test beside the scenario."""
    from miner.experiment import Plan, experiment
    from miner.experiment.show import show_experiment
    from miner.places import free_folder
    from miner.plots.drawn import draw
    from miner.plots.experiment import plot_experiment
    from miner.screen.terminal import lasting, say, show

    plan = Plan(
        database=database, search=search, users=users, rps=rps, window=None if full else window, seed=seed
    )
    folder = out or free_folder(Path(), "experiment")
    found = experiment(plan, folder, lasting)
    draw(plot_experiment(found), picture := folder / "experiment.svg")
    show(found, show_experiment, json=json)
    say(f"Wrote {picture}, and beside it all that was measured.")


@app.command()
def report(
    recorded: Annotated[Path, typer.Argument(metavar="RECORDED", help="A log or store.")],
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="A run of the load test that was mined from it.")
    ] = None,
    objectives: Annotated[Path | None, typer.Option(metavar="F.toml", help="Objectives to check.")] = None,
    service_log: ServiceLog = None,
    openapi: OpenApi = None,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write.")] = Path("report.html"),
) -> None:
    """Write one HTML page to pass on: traffic, fidelity, speed."""
    from miner.output_files import must_take_files, write_files
    from miner.report import findings, report
    from miner.screen.terminal import say, working

    must_take_files(out.parent)
    with working("Looking at everything"):
        found = findings(
            recorded, run, objectives=objectives, service_log=service_log, openapi=openapi, seed=seed
        )
        page = report(found)
    write_files({out: page})
    say(f"Wrote {out}.")


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
