"""What the service itself logged of a run is compared as the run is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import LOG, SAMPLE

from miner.errors import MinerError
from miner.replay import Load, Run, replay
from miner.verify import compare
from miner.verify.sources import served

SCENARIO = Path(__file__).parents[2] / "generated" / "friend_service.py"
OPENAPI = str(SAMPLE / "openapi.json")
SPEED = 60.0


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """A run of some 200 sessions against the friend-service, and the log that this wrote."""
    folder = tmp_path_factory.mktemp("served")
    url, log = f"sqlite:///{folder / 'friends.db'}", folder / "access.log"
    service = [sys.executable, "-m", "service"]
    subprocess.run([*service, "seed", "--users", "6000", "--database", url], check=True)
    with subprocess.Popen(
        [*service, "serve", "--port", "0", "--database", url, "--access-log", str(log)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            said = next(line for line in process.stdout or () if "http://" in line)
            (host,) = re.findall(r"http://[\d.:]+", said)
            load = Load(sessions_per_second=40, speed=SPEED)
            run = replay(SCENARIO, host, out=folder / "run", load=load, run_time=5, sign=True)
        finally:
            process.terminate()
    return run, log  # which is whole once the service has ended


@pytest.mark.loop
def test_the_service_got_the_sessions_that_were_sent(signed: tuple[Run, Path]) -> None:
    """Each session has the same endpoints and statuses; the service took less time than the client waited."""
    run, log = signed
    sent = pd.read_parquet(run.log)
    logged = served(log, sent, OPENAPI)
    assert len(logged) == len(sent) > 500
    for of in (sent, logged):
        of["asked"] = of["endpoint"] + " " + of["status"].astype(str)
    by_session = [of.groupby("session")["asked"].apply(sorted).sort_index() for of in (sent, logged)]
    pd.testing.assert_series_equal(*by_session, check_index_type=False)
    assert logged["duration"].sum() < sent["duration"].sum()


@pytest.mark.loop
def test_it_is_compared_as_the_run_is(signed: tuple[Run, Path]) -> None:
    """What does not depend on clocks is the same to the last digit, and all requests are there."""
    run, log = signed
    by_client = compare(LOG, run.folder, openapi=OPENAPI)
    by_service = compare(LOG, run.folder, openapi=OPENAPI, service_log=log)
    for name in ("request_mix", "session_length", "client_errors"):
        assert by_service[name].distance == pytest.approx(by_client[name].distance)
    assert f"Of B's {run.requests} requests, {run.requests} are in access.log." in by_service.remarks


@pytest.mark.loop
def test_a_log_of_others_is_refused(signed: tuple[Run, Path]) -> None:
    """The recorded log is none of the run."""
    run, _ = signed
    with pytest.raises(MinerError, match="has no request of the run"):
        compare(LOG, run.folder, openapi=OPENAPI, service_log=LOG)
    with pytest.raises(MinerError, match="goes with a run"):
        compare(LOG, LOG, openapi=OPENAPI, service_log=LOG)
