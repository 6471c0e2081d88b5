"""Requests become sessions, sessions become user paths, paths become a Workload."""

from miner.paths.foundations import Foundations, prepare

__all__ = ["Foundations", "prepare"]
