"""Requests become sessions, sessions become user paths, paths become a Workload."""

from miner.paths.foundations import Foundations, prepare
from miner.paths.mine import Mined, mine, mine_workload
from miner.paths.mixture import MarkovMixture

__all__ = ["Foundations", "MarkovMixture", "Mined", "mine", "mine_workload", "prepare"]
