"""All that a report is made of: found once, from a recording and perhaps a run."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.ingest import ingest
from miner.main_job import RESAMPLES
from miner.paths import mine
from miner.places import file_name, workload_name
from miner.plots.fidelity import laid_over
from miner.report.pictures import Spec
from miner.report.recording import Recording, recording
from miner.report.replayed import Replayed, replayed
from miner.screen.answers import Answers, answers
from miner.screen.reports import AUC_CLOSE, CLOSE
from miner.store import Store
from miner.verify import Fidelity, compare
from miner.verify.compare import align
from miner.verify.sources import kind
from miner.workload import Workload

if TYPE_CHECKING:
    from miner.objectives import Checked

LOG, RUN = "recorded", "replayed"
"""What the two sides of a comparison are called in the page."""


@dataclass(frozen=True)
class Asked:
    """How the findings can be had again: names of files, without their folders."""

    recorded: str
    run: str | None = None
    objectives: str | None = None
    service_log: str | None = None
    openapi: str | None = None
    seed: int = 1


@dataclass(frozen=True)
class Findings:
    """What a report tells. Two that are equal make the same page."""

    workload: Workload
    answers: Answers
    recording: Recording
    replayed: Replayed | None
    fidelity: Fidelity | None
    laid_over: tuple[Spec, ...]
    """Charts of the replay laid over the recording."""
    checked: Checked | None
    asked: Asked
    versions: Mapping[str, str]
    remarks: tuple[str, ...] = ()
    """What else there is to say, a sentence each."""
    gate: float = CLOSE
    auc_gate: float = AUC_CLOSE


def findings(
    recorded: Path | str,
    run: Path | str | None = None,
    *,
    objectives: Path | str | None = None,
    service_log: Path | str | None = None,
    openapi: str | None = None,
    seed: int = 1,
    name: str | None = None,
    reading: Mapping[str, Any] | None = None,
    mining: Mapping[str, Any] | None = None,
) -> Findings:
    """What there is to tell of a log or store, and of the folder of a run of what was mined from it.

    `service_log` is what the service wrote of the run, which was then signed. `reading` has the options of
    `miner.ingest.ingest`, `mining` those of `miner.paths.mine`. A store stays as it is. Raises MinerError,
    TooLittleData.
    """
    source, folder = Path(recorded), Path(run) if run else None
    log = Path(service_log) if service_log else None
    if folder:
        replayed(folder)  # what is no run is said before minutes go by
    with scratch_store(source) as db:
        with Store.open(db, create=False) as store:
            report = ingest([source], store, **(reading or {})) if kind(source) != "store" else None
            options = {"openapi": openapi, "seed": seed, **(mining or {})}
            mined = mine(store, name=name or workload_name(source.name), resamples=RESAMPLES, **options)
            found = answers(store, mined, report.remarks if report else ())
        return gathered(
            db,
            mined.workload,
            found,
            run=folder,
            service_log=log,
            fidelity=compare(db, folder, seed=seed, openapi=openapi, service_log=log) if folder else None,
            checked=_checked(objectives, folder or db, recorded=db, service_log=log, openapi=openapi),
            asked=_asked(source, folder, objectives, log, openapi, seed),
        )


def gathered(
    db: Path,
    workload: Workload,
    found: Answers,
    *,
    asked: Asked,
    run: Path | None = None,
    service_log: Path | None = None,
    fidelity: Fidelity | None = None,
    checked: Checked | None = None,
    remarks: tuple[str, ...] = (),
) -> Findings:
    """The findings, where most is known: `workload` and answers are of the store in the file `db`.

    `fidelity` is that of the run to the recording. Raises MinerError, TooLittleData.
    """
    with Store.open(db, create=False) as store:
        known = recording(store, workload)
    return Findings(
        workload=workload,
        answers=found,
        recording=known,
        replayed=replayed(run) if run else None,
        fidelity=fidelity,
        laid_over=_laid_over(db, run, workload, asked.seed, service_log) if run and fidelity else (),
        checked=checked,
        asked=asked,
        remarks=remarks,
        versions={"scenario-miner": version("scenario-miner"), "python": platform.python_version()},
    )


@contextmanager
def scratch_store(source: Path) -> Iterator[Path]:
    """While the block runs, there is a store of its own for `source`: a copy of it, or an empty one."""
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder, f"{file_name(workload_name(source.name))}.duckdb")
        if kind(source) == "store":
            Store.open(source, create=False).close()  # nobody else is writing, and all is in the file
            shutil.copyfile(source, db)
        else:
            Store.open(db).close()
        yield db


def _laid_over(
    db: Path, run: Path, workload: Workload, seed: int, service_log: Path | None
) -> tuple[Spec, ...]:
    called = {endpoint.request: name for name, endpoint in workload.endpoints.items()}
    aligned = align(db, run, seed=seed, service_log=service_log)
    return tuple(chart.to_dict() for chart in laid_over(aligned, (LOG, RUN), called))


def _checked(objectives: Path | str | None, of: Path, **options: Any) -> Checked | None:
    if objectives is None:
        return None
    from miner.objectives import check, load_objectives

    return check(load_objectives(Path(objectives)), of, **options)


def _asked(
    source: Path,
    run: Path | None,
    objectives: Path | str | None,
    service_log: Path | None,
    openapi: str | None,
    seed: int,
) -> Asked:
    """Of files, the names; an OpenAPI document may be at a URL, which stays."""
    document = openapi if openapi is None or "://" in openapi else Path(openapi).name
    files = {"run": run, "objectives": objectives, "service_log": service_log}
    named = {key: Path(file).resolve().name for key, file in files.items() if file is not None}
    return Asked(source.name, openapi=document, seed=seed, **named)
