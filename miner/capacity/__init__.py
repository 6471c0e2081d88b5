"""The highest multiple of the recorded traffic at which all objectives hold."""

from miner.capacity.answer import Capacity
from miner.capacity.find import capacity
from miner.capacity.measure import Setting
from miner.capacity.search import Bounds
from miner.capacity.step import Step

__all__ = ["Bounds", "Capacity", "Setting", "Step", "capacity"]
