"""What was measured is read from a run, from what its service logged, from a log and from a store."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import LOG, OPENAPI
from made_run import (
    BEGAN,
    EACH,
    LATE,
    LIST,
    SEARCH,
    SESSIONS,
    made_run,
    requests,
    service_log,
    without_durations,
)
from planted import objective

from miner.errors import MinerError, TooLittleData
from miner.objectives import check, evidence, judge
from miner.objectives.objective import Objectives
from miner.objectives.rows import COLUMNS
from miner.store import Store

ASKED = SESSIONS * EACH
SECOND = 1.0
"""Resolution of the log's clock."""


def test_a_run_has_what_its_client_measured(tmp_path: Path) -> None:
    """Times are since the first request should have been sent; endpoints and paths are the workload's."""
    found = evidence(made_run(tmp_path / "run"))
    client = found.client
    assert client is not None
    assert tuple(client.columns) == COLUMNS
    assert client["at"].min() == pytest.approx(LATE)
    assert (client["latency"] == 0.020).all()
    assert (client["late"] == LATE).all()
    assert client["failed"].sum() == EACH
    assert set(client["path"]) == {"join", "search_then_befriend"}
    assert (found.name, found.lasted, found.service, found.recorded) == ("friends", 20.0, None, None)
    assert found.names["search"] == SEARCH
    assert found.endpoints >= {SEARCH, LIST, "POST /friend-service/v1/users"}
    assert "search_then_befriend" in found.paths


def test_requests_after_the_last_session_began_are_not_judged(tmp_path: Path) -> None:
    """The rate is that of the time in which sessions started; how many came later is said."""
    found = evidence(made_run(tmp_path / "run"))
    during = sum(min(EACH, SESSIONS - session) for session in range(SESSIONS))
    assert found.rate == pytest.approx(during / 20.0)
    assert found.remarks[0].startswith(f"{ASKED - during} of {ASKED} requests came after 20 s, when no more")
    assert judge(objective("mean latency"), found).n == during


def test_runs_of_older_versions_are_read(tmp_path: Path) -> None:
    """Without `failed`, what got no answer or an error failed; the command says if it is signed."""
    rows = requests().drop(columns="failed")
    rows.loc[rows.index[:3], "status"] = [0, 503, 499]
    command = ["python", "-m", "locust", "-f", "friends.py", "--sign"]
    run = made_run(tmp_path / "run", rows, signed=None, command=command)
    found = evidence(run, service_log=service_log(tmp_path / "access.log", requests()))
    assert found.client is not None
    assert found.client["failed"].tolist()[:4] == [True, True, False, False]
    assert f"Of the run's {ASKED} requests, {ASKED} are in access.log." in found.remarks


def test_a_run_without_a_workload_has_what_it_asked(tmp_path: Path) -> None:
    """A locustfile of other hands has its file's name, and the endpoints and paths that were seen."""
    run = made_run(tmp_path / "run", command=["python", "-m", "locust", "-f", "mine.py,recorder.py"])
    (run / "friends.toml").unlink()
    found = evidence(run)
    assert found.name == "mine"
    assert set(found.endpoints) == {SEARCH, LIST}
    assert not found.names
    assert found.paths == {"join", "search_then_befriend"}


def test_a_run_that_was_stopped_lasted_as_long_as_it_went(tmp_path: Path) -> None:
    """Of a run that is not complete only the time with requests counts, and that is said."""
    rows = requests()
    cut = rows[rows["started"] < BEGAN + pd.Timedelta(seconds=5)]
    found = evidence(made_run(tmp_path / "run", cut, complete=False, run_time=1800.0))
    assert found.lasted == pytest.approx(5.0, abs=0.5)
    assert found.remarks == ("The run run was stopped early, or not all of its sessions ended.",)
    whole = judge(objective("mean latency", under="for 30m"), found)
    assert whole.verdict == "no data"


def test_a_generator_that_fell_behind_is_remarked(tmp_path: Path) -> None:
    """The run's own verdict is among the remarks."""
    verdict = "The generator fell behind from 10:00:03 on: something else was busy."
    run = made_run(tmp_path / "run", kept_up=False, verdict=verdict, run_time=60.0)
    assert evidence(run).remarks == (verdict,)


@pytest.mark.parametrize("strangers", [0, 7])
def test_a_signed_log_is_matched_by_session(tmp_path: Path, strangers: int) -> None:
    """The service's requests are those of the run's sessions, with their user paths, on the run's clock."""
    rows = requests()
    log = service_log(tmp_path / "access.log", rows, strangers=strangers)
    found = evidence(made_run(tmp_path / "run", rows), service_log=log)
    service, client = found.service, found.client
    assert service is not None
    assert client is not None
    assert len(service) == ASKED
    assert service["latency"].tolist() == pytest.approx([0.010] * ASKED)
    assert service["at"].min() == 0.0  # the log's clock has the first one before the beginning
    assert service["failed"].isna().all()
    key = ["session", "endpoint", "path", "status"]
    both = [table[key].astype(str).value_counts().sort_index() for table in (client, service)]
    pd.testing.assert_series_equal(*both)
    apart = service.sort_values(["at"])["at"].to_numpy() - client.sort_values(["at"])["at"].to_numpy()
    assert (abs(apart) <= SECOND).all()


def test_an_unsigned_log_is_taken_by_time(tmp_path: Path) -> None:
    """What the log has from the run's first to its last request is taken for the run's, which is said."""
    rows = requests()
    log = service_log(tmp_path / "access.log", rows, signed=False, strangers=5)
    found = evidence(made_run(tmp_path / "run", rows, signed=False), service_log=log)
    assert found.service is not None
    assert len(found.service) == ASKED
    assert set(found.service["endpoint"]) == {SEARCH, LIST}
    assert any(remark.startswith("The run was not signed: the 200 requests") for remark in found.remarks)
    by_path = judge(objective("mean latency", measured_at="service", path="join"), found)
    assert by_path.sentence == "No data: the user path of its requests is not known."


def test_a_log_of_another_time_is_refused(tmp_path: Path) -> None:
    """A log without the run's sessions, or its time, is none of the run's."""
    rows = requests()
    log = service_log(tmp_path / "access.log", rows.assign(session="x"))
    run = made_run(tmp_path / "run", rows)
    with pytest.raises(MinerError, match="no request of the run that names a session of it"):
        evidence(run, service_log=log)
    later = rows.assign(started=rows["started"] + pd.Timedelta(hours=3))
    unsigned = made_run(tmp_path / "later", later, signed=False)
    with pytest.raises(MinerError, match="no request of the run at its time"):
        evidence(unsigned, service_log=log)


def test_a_log_is_measured_at_the_service() -> None:
    """A recording has no client, its endpoints are those that were asked, and its own objectives hold."""
    found = evidence(LOG, openapi=str(OPENAPI))
    assert found.client is None
    assert found.service is not None
    assert found.name == LOG.name
    assert "GET /friend-service/v1/users/{user_id}/friend-requests" in found.endpoints
    assert found.rate == pytest.approx(len(found.service) / found.lasted)
    assert judge(objective("mean latency", measured_at="service"), found).n == len(found.service)


def test_a_store_is_what_its_log_is(tmp_path: Path) -> None:
    """A store that was only ingested gets its sessions; then it has the same requests as the log."""
    from miner.ingest import ingest

    log = service_log(tmp_path / "access.log", requests(), signed=False)
    with Store.open(tmp_path / "traffic.duckdb") as store:
        ingest([log], store)
    of_log, of_store = evidence(log), evidence(tmp_path / "traffic.duckdb")
    assert of_log.service is not None
    assert of_store.service is not None
    pd.testing.assert_frame_equal(of_log.service, of_store.service)


def test_a_log_without_durations_has_no_latency(tmp_path: Path) -> None:
    """It is said that the log has none, rather than that they were zero."""
    log = service_log(tmp_path / "access.log", requests(), signed=False)
    without_durations(log)
    outcome = judge(objective("p50 latency", measured_at="service"), evidence(log))
    assert outcome.sentence == "No data: the log has no durations."


def test_a_recording_is_named_as_the_run_is(tmp_path: Path) -> None:
    """The baseline has the routes of the run's workload: a relative objective finds its endpoint there."""
    rows = requests()
    log = service_log(tmp_path / "recorded.log", rows, signed=False)
    found = evidence(made_run(tmp_path / "run", rows), recorded=log)
    outcome = judge(objective("mean latency", endpoint=LIST, within="150% of the recorded"), found)
    assert outcome.verdict == "pass"
    assert outcome.limit == pytest.approx(0.025)


def test_a_run_can_be_the_recording(tmp_path: Path) -> None:
    """A run is compared with what the client of another one measured, and that is said."""
    run, other = made_run(tmp_path / "run"), made_run(tmp_path / "other")
    found = evidence(run, recorded=other)
    assert "Relative objectives refer to what was measured at the client of the run other." in found.remarks
    assert judge(objective("mean latency", within="0% of the recorded"), found).passed


def test_a_file_is_checked_as_a_whole(tmp_path: Path) -> None:
    """All objectives are judged; it passes if none failed or lacked data. The file's recording is used."""
    run = made_run(tmp_path / "run")
    log = service_log(tmp_path / "recorded.log", requests(), signed=False)
    good = objective("mean latency", within="150% of the recorded")
    bad = objective("error share", below="1%", least=1).model_copy(update={"name": "few errors"})
    both = Objectives(recorded=str(log), objectives=(good, bad))
    checked = check(both, run)
    assert [one.verdict for one in checked.outcomes] == ["pass", "fail"]
    assert (checked.of, checked.passed) == ("run", False)
    assert check(both.model_copy(update={"objectives": (good,)}), run).passed
    facts = checked.as_dict()
    assert json.loads(json.dumps(facts)) == facts
    with pytest.raises(MinerError, match="nowhere"):
        check(both, run, recorded=tmp_path / "nowhere.log")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"started": ["never"]}, "never"),
        ({"status": ["good"]}, "good"),
        ({"duration": ["long"]}, "long"),
        ({"late": ["very"]}, "very"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: dict[str, list[str]], reason: str) -> None:
    """A run whose columns hold something else is refused in a sentence."""
    rows = requests().head(1).astype(dict.fromkeys(content, object)).assign(**content)
    with pytest.raises(MinerError, match=reason):
        evidence(made_run(tmp_path / "run", rows))


def test_what_nothing_was_measured_of_is_refused(tmp_path: Path) -> None:
    """A workload, a table, a folder that is no run, an empty run, and a log with a service's log beside."""
    from made_run import WORKLOAD

    with pytest.raises(MinerError, match="nothing was measured of it"):
        evidence(WORKLOAD)
    requests().to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(MinerError, match="nothing was measured of it"):
        evidence(tmp_path / "rows.parquet")
    with pytest.raises(MinerError, match="not the folder of a run"):
        evidence(tmp_path)
    with pytest.raises(TooLittleData, match="No request was made"):
        evidence(made_run(tmp_path / "run", requests().head(0)))
    with pytest.raises(MinerError, match="goes with a run"):
        evidence(LOG, service_log=LOG)
