"""A Workload becomes a locustfile: pure functions from a workload to text."""

from miner.generate.scenario import generate
from miner.generate.standard import standard

__all__ = ["generate", "standard"]
