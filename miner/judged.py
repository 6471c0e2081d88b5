"""Objectives that go with a replay: watched while it runs, judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from miner.errors import MinerError
from miner.objectives import Checked, Objectives, check, load_objectives
from miner.replay import Load, Run, Tape
from miner.watching import planned, watching

if TYPE_CHECKING:
    from miner.replay.perform import Watch


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
        return check(
            self.objectives,
            run.folder,
            service_log=self.service_log,
            recorded=self.recorded,
            openapi=self.openapi,
        )
