"""Are they alike: how faithful one set of sessions is to another."""

from miner.verify.compare import compare
from miner.verify.differences import Difference
from miner.verify.fidelity import Fidelity, Figure

__all__ = ["Difference", "Fidelity", "Figure", "compare"]
