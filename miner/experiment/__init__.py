"""The reference experiment: a standard test and a scenario test side by side, on the included friend-service.

At 100 requests a second for half an hour, searches of a test that only searches stay as they are. Where a
third of the visitors are new users, they become slower, because the table that they read grows (David
Lesnefsky, "Write better load tests with Python & Locust": 16 ms, and 16 to 22 ms).
"""

from miner.experiment.experiment import experiment
from miner.experiment.findings import Experiment, Line, Point
from miner.experiment.plan import Plan

__all__ = ["Experiment", "Line", "Plan", "Point", "experiment"]
