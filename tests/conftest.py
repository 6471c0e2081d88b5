"""What several tests need and takes long to make: the sample log, mined."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# Several processes share the tests: if each had a thread of numpy on every core, they would wait for each
# other, and keep the cores busy with it. What tests start has it so too. To be set before numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

from miner.ingest import ingest
from miner.paths import Mined, mine
from miner.store import Store

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_logs"
LOG = SAMPLE / "friend-service.log"
OPENAPI = SAMPLE / "openapi.json"
FIRST_WEEK = re.compile(r"\[0[2-8]/Mar/2026")


@dataclass(frozen=True)
class Weeks:
    """The sample log's first week, mined, and the logs of both weeks."""

    first: Path
    second: Path
    mined: Mined


def pytest_configure() -> None:
    """What tests start can be interrupted, also where the shell has the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the tests: those of a file stay together, for their fixtures.

    Loops, which load the machine, run one after the other and begin first, because they take longest.
    """
    for item in items:
        looping = item.get_closest_marker("loop") is not None
        item.add_marker(pytest.mark.xdist_group("loop" if looping else item.location[0]))
    items.sort(key=lambda item: item.get_closest_marker("loop") is None)


@pytest.fixture(scope="session")
def sample() -> Iterator[tuple[Store, Mined]]:
    """The whole sample log in a store, and what was mined from it."""
    with Store.open(None) as store:
        ingest([LOG], store)
        yield store, mine(store, name="friend_service", openapi=str(OPENAPI))


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    """The first week of the sample log is mined, the second is held out."""
    folder = tmp_path_factory.mktemp("weeks")
    first, second = folder / "first.log", folder / "second.log"
    lines = LOG.read_text(encoding="ascii").splitlines(keepends=True)
    first.write_text("".join(line for line in lines if FIRST_WEEK.search(line)), encoding="ascii")
    second.write_text(
        "".join(line for line in lines if line.strip() and not FIRST_WEEK.search(line)), encoding="ascii"
    )
    with Store.open(None) as store:
        ingest([first], store)
        return Weeks(first, second, mine(store, name="first_week", openapi=str(OPENAPI)))
