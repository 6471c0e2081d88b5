"""Is it good enough: goals with their boundaries, and what a run makes of them."""

from miner.objectives.check import Checked, Outcome, Window, check, judge
from miner.objectives.evidence import Evidence, evidence
from miner.objectives.junit import junit
from miner.objectives.objective import Objective, Objectives
from miner.objectives.objectives_file import load_objectives
from miner.objectives.openslo import openslo
from miner.objectives.propose import propose
from miner.objectives.watch import hopeless

__all__ = [
    "Checked",
    "Evidence",
    "Objective",
    "Objectives",
    "Outcome",
    "Window",
    "check",
    "evidence",
    "hopeless",
    "judge",
    "junit",
    "load_objectives",
    "openslo",
    "propose",
]
