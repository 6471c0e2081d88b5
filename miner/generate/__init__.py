"""A Workload becomes a locustfile: pure functions from a workload to text."""

from miner.generate.dangers import dangers
from miner.generate.files import scenario_files
from miner.generate.scenario import generate
from miner.generate.standard import standard

__all__ = ["dangers", "generate", "scenario_files", "standard"]
