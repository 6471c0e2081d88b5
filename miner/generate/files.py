"""The files of a scenario: the locustfile, the runtime that it needs, and the hooks."""

from __future__ import annotations

from miner.generate.hooks import hooks
from miner.generate.runtime_text import runtime
from miner.generate.scenario import scenario
from miner.generate.standard import standard_scenario
from miner.workload import Workload


def scenario_files(
    workload: Workload, locustfile: str, *, only: str | None = None, http: bool = False
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the files by their names: those written anew each time, and those written once.

    With `only`, an endpoint, the locustfile is the standard test of it; both share runtime and hooks.
    Raises MinerError.
    """
    text = standard_scenario(workload, only, http=http) if only else scenario(workload, http=http)
    anew = {locustfile: text, f"{workload.name}_runtime.py": runtime()}
    return anew, {f"{workload.name}_hooks.py": hooks(workload)}
