"""Objectives that go with a replay: watched while it runs, judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

from miner.errors import MinerError
from miner.objectives import Checked, Objectives, check, load_objectives
from miner.replay import Load, Run, Tape
from miner.watching import planned, watching

if TYPE_CHECKING:
    from miner.replay.perform import Watch

QUIET, PATIENCE, POLL = 1.0, 10.0, 0.1
"""Seconds without a new line until a service's log of a run is taken for whole, to wait for that at most,
and from one look to the next. What servers buffer, they mostly write within a second."""


@dataclass(frozen=True)
class Judging:
    """What a run is to be judged by, and what is needed for it; no objectives: it is not."""

    objectives: Objectives | None
    service_log: Path | None
    recorded: Path | None
    openapi: str | None

    @classmethod
    def of(
        cls, file: Path | None, *, service_log: Path | None, recorded: Path | None, openapi: str | None
    ) -> Self:
        """The objectives in `file`. Raises MinerError if there are none, and something is given for them."""
        if file is None and (service_log or recorded):
            raise MinerError(
                "--service-log and --recorded are for objectives.", "Name them: --objectives F.toml."
            )
        objectives = load_objectives(file) if file else None
        if recorded is None and objectives and objectives.recorded:
            recorded = Path(objectives.recorded)
        return cls(objectives, service_log, recorded, openapi)

    def watch(self, locustfile: Path, load: Load, run_time: float, tape: Tape | None) -> Watch:
        """What stops the run when an objective can no longer be met. Raises MinerError if there are none."""
        if self.objectives is None:
            raise MinerError("--abort-on-fail needs objectives.", "Name them: --objectives F.toml.")
        requests = planned(locustfile, load, run_time, tape)
        return watching(self.objectives, locustfile, requests, self.recorded, self.openapi)

    def checked(self, run: Run) -> Checked | None:
        """The verdicts on the run, if it is to be judged. Raises MinerError."""
        if self.objectives is None:
            return None
        if self.service_log:
            wait_until_whole(self.service_log)
        return check(
            self.objectives,
            run.folder,
            service_log=self.service_log,
            recorded=self.recorded,
            openapi=self.openapi,
        )


def wait_until_whole(log: Path) -> None:
    """No line has come for a while, or it has been long enough."""
    began = grown = monotonic()
    size = -1
    while monotonic() - grown < QUIET and monotonic() - began < PATIENCE:
        now = log.stat().st_size if log.is_file() else 0
        if now != size:
            size, grown = now, monotonic()
        sleep(POLL)
