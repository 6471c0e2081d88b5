"""A locustfile meets a service: Locust runs as a subprocess, and its own request log is kept."""

from miner.replay.load import Load
from miner.replay.perform import replay
from miner.replay.run import Run, load_run
from miner.replay.tape import Tape, taped

__all__ = ["Load", "Run", "Tape", "load_run", "replay", "taped"]
