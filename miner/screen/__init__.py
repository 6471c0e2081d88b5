"""What people read in a terminal: the answers to the five questions, and the other reports."""

from miner.screen.answers import Answers, answers

__all__ = ["Answers", "answers"]
