"""Are they alike: how faithful one set of sessions is to another, and what changed."""

from miner.verify.changes import Change
from miner.verify.compare import compare
from miner.verify.differences import Difference
from miner.verify.fidelity import Fidelity, Figure

__all__ = ["Change", "Difference", "Fidelity", "Figure", "compare"]
