"""The standard test: one endpoint at a fixed rate, to compare the scenario with."""

from __future__ import annotations

from miner.workload import Workload


def standard(workload: Workload, endpoint: str) -> str:
    raise NotImplementedError
