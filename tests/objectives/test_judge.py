"""Every kind of objective is met, missed, or without data, for a reason that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planted import GET, POST, SESSIONS, client, close, objective, planted, served, written

from miner.errors import MinerError
from miner.objectives import Evidence, judge

P = 1e-3  # milliseconds
VALUES: list[tuple[str, dict[str, Any], float, int]] = [
    ("p50 latency", {"endpoint": GET}, 50.5 * P, 600),
    ("p95 latency", {"endpoint": GET}, 95.05 * P, 600),
    ("p90.5 latency", {"endpoint": "add_thing"}, 182 * P, 600),
    ("mean latency", {}, 75.75 * P, 1200),
    ("mean latency", {"path": "buy"}, 75.75 * P, 600),
    ("mean latency", {"path": "buy", "endpoint": GET}, 50.5 * P, 300),
    ("mean latency", {"per": "session"}, 303 * P, 300),
    ("mean latency", {"per": "session", "endpoint": POST}, 202 * P, 300),
    ("mean latency", {"measured_at": "service"}, 37.875 * P, 1200),
    ("p50 latency", {"measured_at": "service", "endpoint": GET}, 25.25 * P, 600),
    ("mean latency", {"measured_at": "service", "per": "session", "path": "browse"}, 151.5 * P, 150),
    ("mean lateness", {}, 1.75 * P, 1200),
    ("p50 lateness", {}, 1 * P, 1200),
    ("p80 lateness", {"per": "session"}, 4 * P, 300),
    ("error share", {}, 0.01, 1200),
    ("error share", {"endpoint": GET}, 0.02, 600),
    ("error share", {"per": "session"}, 0.04, 300),
    ("error share", {"per": "session", "path": "buy"}, 0.04, 150),
    ("error share", {"measured_at": "service"}, 0.01, 1200),
    ("client error share", {}, 0.01, 1200),
    ("client error share", {"measured_at": "service", "endpoint": GET}, 0.02, 600),
    ("client error share", {"per": "session"}, 0.04, 300),
    ("throughput", {}, 20.0, 1200),
    ("throughput", {"endpoint": GET, "measured_at": "service"}, 10.0, 600),
    ("throughput", {"per": "session"}, 5.0, 300),
    ("throughput", {"per": "session", "path": "buy"}, 2.5, 150),
    ("latency growth", {"endpoint": GET}, 0.5, 100),
    ("p90 latency growth", {"endpoint": GET}, 0.5, 100),
    ("mean latency growth", {"measured_at": "service"}, 0.5, 200),
    ("mean latency growth", {"per": "session"}, 0.5, 50),
]
"""A measure, of what, its value in the planted run, and how many samples are behind it."""
SLIGHTLY = 1e-6


def label(case: tuple[str, dict[str, Any], float, int]) -> str:
    return " ".join([case[0], *map(str, case[1].values())])


def run_for(measure: str) -> Evidence:
    """The planted run, which becomes slower where growth is measured."""
    return planted(slower=0.1 if "growth" in measure else 0.0)


@pytest.mark.parametrize("case", VALUES, ids=label)
def test_it_passes_within_its_limit_and_fails_beyond(case: tuple[str, dict[str, Any], float, int]) -> None:
    """A limit just beyond the known value is kept, one just within is missed, with the right numbers."""
    measure, keys, value, n = case
    of = objective(measure, **keys)
    side = 1 if of.measure.better == "below" else -1
    for off, verdict in ((SLIGHTLY, "pass"), (-SLIGHTLY, "fail")):
        limit = {of.measure.better: written(value * (1 + side * off), of.unit)}
        outcome = judge(objective(measure, least=n, **keys, **limit), run_for(measure))
        assert (outcome.verdict, outcome.n) == (verdict, n)
        assert close(outcome.value, value)
        assert "as wanted" in outcome.sentence if verdict == "pass" else "was wanted" in outcome.sentence


@pytest.mark.parametrize("case", VALUES, ids=label)
def test_it_has_no_data_with_too_few_samples(case: tuple[str, dict[str, Any], float, int]) -> None:
    """One sample more than there are is asked for: there is no verdict, and the numbers are said."""
    measure, keys, _, n = case
    outcome = judge(objective(measure, least=n + 1, **keys), run_for(measure))
    assert outcome.verdict == "no data"
    assert not outcome.passed
    assert outcome.sentence.startswith(f"No data: {n:,} {keys.get('per', 'request')}s")
    assert f"{n + 1:,} are needed" in outcome.sentence


NO_DATA: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("p50 latency", {}, {"client": None},
     "a recording has what its service measured, and nothing of the client"),
    ("p50 latency", {"measured_at": "service"}, {"service": None},
     "the service's log of the run is missing; name it with --service-log"),
    ("p50 latency", {"measured_at": "service"}, {"service": served().assign(latency=np.nan)},
     "the log has no durations"),
    ("p50 latency", {"endpoint": "GET /things/{id}"}, {}, "no request was made to GET /things/{thing_id}"),
    ("p50 latency", {"path": "look"}, {}, "no request was made in look"),
    ("p50 latency", {"path": "buy", "measured_at": "service"}, {"service": served().assign(path=None)},
     "the user path of its requests is not known"),
    ("p50 latency", {"per": "session", "measured_at": "service"}, {"service": served().assign(session=None)},
     "the sessions of its requests are not known"),
    ("p50 latency", {"within": "10% of the recorded p50"}, {"recorded": None},
     "there is no recording to compare with; name it with --recorded"),
    ("p50 latency", {"within": "10% of the recorded p50", "path": "buy"},
     {"recorded": served().assign(path=None)},
     "of the recording, the user path of its requests is not known"),
    ("p50 latency", {"within": "10% of the recorded p50"}, {"recorded": served().assign(latency=np.nan)},
     "the recording has no latency"),
    ("p50 latency", {"within": "10% of the recorded p50"}, {"recorded": served().head(9)},
     "the recording has 9 requests, and 20 are needed for its p50 latency"),
    ("error share", {"within": "10% of the recorded", "endpoint": POST}, {},
     "nothing failed in the recording, and no number of requests shows 0 %; give below instead"),
    ("p50 latency", {"under": "of the kiosk scenario"}, {},
     "this is of shop, and the objective is for kiosk"),
    ("p50 latency", {"under": "for 2m"}, {}, "it lasted 1m, and the objective is for 2m"),
    ("p50 latency", {"under": "25 rps"}, {}, "the load was 20 rps, and the objective is for 25 rps"),
    ("p50 latency", {"under": "6 sessions/s"}, {},
     "the load was 5 sessions/s, and the objective is for 6 sessions/s"),
    ("p50 latency", {"warm_up": "1m"}, {}, "1m of it are not longer than the warm-up of 1m"),
    ("p50 latency", {"every": "3m"}, {}, "after the warm-up 1m are left, less than a window"),
]  # fmt: skip
"""A measure, keys of its objective, what is different in the run, and the reason that is said."""


@pytest.mark.parametrize("case", NO_DATA, ids=lambda case: case[3])
def test_what_is_missing_is_said(case: tuple[str, dict[str, Any], dict[str, Any], str]) -> None:
    """Missing data, or a run that the objective is not for, is no verdict, which fails, with the reason."""
    measure, keys, changed, reason = case
    outcome = judge(objective(measure, **keys), planted(**changed))
    assert (outcome.verdict, outcome.passed, outcome.value) == ("no data", False, None)
    assert outcome.sentence == f"No data: {reason}."


SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    ("p95 latency", {"endpoint": "view_things", "below": "90ms"},
     "p95 latency of GET /things was 95 ms, below 90 ms was wanted (n = 600)."),
    ("p95 latency", {"endpoint": GET, "below": "95.049ms"},
     "p95 latency of GET /things was 95.05 ms, below 95.049 ms was wanted (n = 600)."),
    ("mean latency", {"below": "90ms", "warn": "70ms"},
     "mean latency was 75.8 ms, below 90 ms as wanted, but beyond the warning at 70 ms (n = 1,200)."),
    ("mean latency", {"warn": "50ms"}, "mean latency was 75.8 ms, beyond the warning at 50 ms (n = 1,200)."),
    ("mean latency", {"warn": "80ms"}, "mean latency was 75.8 ms, below 80 ms as wanted (n = 1,200)."),
    ("error share", {"endpoint": POST, "below": "0%", "least": 100},
     "error share of POST /things was 0 %, within the limit of 0 % (n = 600)."),
    ("throughput", {"per": "session", "path": "buy", "above": "3 sessions/s"},
     "throughput in buy was 2.5 sessions/s, above 3 sessions/s was wanted (n = 150)."),
    ("mean latency", {"per": "session", "measured_at": "service", "below": "2s"},
     "mean latency per session at the service was 152 ms, below 2 s as wanted (n = 300)."),
    ("mean latency", {"measured_at": "service", "within": "10% of the recorded p50", "endpoint": POST},
     ("mean latency of POST /things at the service was 50.5 ms, below 55.6 ms as wanted, 10 % above the "
      "recorded p50 latency of 50.5 ms (n = 600).")),
    ("mean latency", {"within": "50 % of the recorded", "endpoint": POST},
     ("mean latency of POST /things was 101 ms, below 75.8 ms was wanted, 50 % above the recorded mean "
      "latency of 50.5 ms (n = 600).")),
    ("throughput", {"within": "1% of the recorded"},
     ("throughput was 20 rps, above 19.8 rps as wanted, 1 % below the recorded throughput of 20 rps "
      "(n = 1,200).")),
]  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case[2])
def test_sentences_are_plain(case: tuple[str, dict[str, Any], str]) -> None:
    """What was found stands against what was wanted, with units, and digits enough to tell them apart."""
    measure, keys, sentence = case
    assert judge(objective(measure, **keys), planted()).sentence == sentence


def test_the_worst_window_counts() -> None:
    """Each window has its own verdict; the furthest beyond the limit is told, with its time."""
    slower = planted(slower=0.1)
    outcome = judge(objective("p50 latency", endpoint=GET, every="10s", below="66ms", warn="60ms"), slower)
    assert [one.verdict for one in outcome.windows] == ["pass", "pass", "warn", "warn", "fail", "fail"]
    assert [(one.start, one.end, one.n) for one in outcome.windows][1] == (10.0, 20.0, 100)
    assert close(outcome.value, 50.5 * P * 1.5)
    said = "p50 latency of GET /things was 75.8 ms from 50s to 1m, below 66 ms was wanted (n = 100)."
    assert outcome.sentence == said
    throughput = judge(objective("throughput", every="10s", above="21 rps"), slower)
    assert [one.verdict for one in throughput.windows] == ["fail"] * 6


@pytest.mark.parametrize(
    ("warm_up", "every", "windows"),
    [
        ("0s", "25s", [(0.0, 25.0), (25.0, 50.0)]),
        ("0s", "24s", [(0.0, 24.0), (24.0, 48.0), (48.0, 60.0)]),
        ("30s", "15s", [(30.0, 45.0), (45.0, 60.0)]),
        ("10s", None, [(10.0, 60.0)]),
    ],
)
def test_windows_begin_after_the_warm_up(
    warm_up: str, every: str | None, windows: list[tuple[float, float]]
) -> None:
    """A last window that is shorter than half is left out, one that is not is as long as it can be."""
    given = {"every": every} if every else {}
    outcome = judge(objective("mean latency", warm_up=warm_up, **given), planted())
    assert [(one.start, one.end) for one in outcome.windows] == windows
    assert [one.n for one in outcome.windows] == [round((end - start) * 20) for start, end in windows]


def test_a_window_without_data_is_no_pass() -> None:
    """One window has too few requests: there is no verdict, unless another window failed."""
    rows = client(slower=0.1)
    gap = planted(client=rows[(rows["at"] < 20) | (rows["at"] >= 30)])
    outcome = judge(objective("p50 latency", every="10s", below="1s"), gap)
    assert outcome.verdict == "no data"
    assert outcome.sentence == ("No data: 0 requests from 20s to 30s, and 20 are needed for p50 latency.")
    assert judge(objective("p50 latency", every="10s", below="90ms"), gap).verdict == "fail"


def test_of_windows_without_data_the_emptiest_is_told() -> None:
    """Where several windows have too few requests, the sentence is about the one with the fewest."""
    rows = client()
    thin = rows[(rows["at"] < 10) | ((rows["at"] >= 20) & (rows["at"] < 20.5)) | (rows["at"] >= 30)]
    outcome = judge(objective("p95 latency", every="10s"), planted(client=thin[thin["at"] < 35]))
    assert [one.n for one in outcome.windows] == [200, 0, 10, 100, 0, 0]
    assert "0 requests from 10s to 20s" in outcome.sentence


def test_growth_is_as_sure_as_its_smaller_end() -> None:
    """The number of samples is that of the sixth with fewer of them, whichever it is."""
    rows = client()
    for few in (rows["at"] < 10, rows["at"] >= 50):
        some = planted(client=rows[~few | (rows.index % 20 == 0)])
        assert judge(objective("mean latency growth"), some).n == 10


STATUSES = [0, 200, 404, 404, 429, 499, 500, 503]
INTENDED = [True, False, True, False, False, True, True, True]
"""Whether a request of that status failed at the client."""


@pytest.mark.parametrize(
    ("measure", "at_client", "at_service"), [("error share", 5, 4), ("client error share", 2, 3)]
)
def test_whose_error_it_is(measure: str, at_client: int, at_service: int) -> None:
    """At the client the intention counts; at the service 5xx, 499 and no answer fail, other 4xx do not."""
    n = len(STATUSES)
    asked = client().head(n).assign(status=STATUSES, failed=pd.array(INTENDED, "boolean"))
    logged = served().head(n).assign(status=STATUSES)
    run = planted(client=asked, service=logged)
    for where, count in (("client", at_client), ("service", at_service)):
        assert close(judge(objective(measure, measured_at=where, least=1), run).value, count / n)


def test_a_session_counts_where_it_began() -> None:
    """One that goes on into the next window is in the first only, with all of its waits."""
    rows = client().head(3).assign(at=[2.0, 12.0, 14.0], session=["a", "a", "b"], latency=[0.1, 0.2, 0.4])
    of = objective("mean latency", per="session", every="10s", least=1)
    windows = judge(of, planted(client=rows, lasted=20.0)).windows
    assert [one.n for one in windows] == [1, 1]
    assert [one.value for one in windows] == pytest.approx([0.3, 0.4])


def test_a_session_with_an_unknown_wait_is_unknown() -> None:
    """It is not taken for one whose other waits were all."""
    rows = client().head(3).assign(session=["a", "a", "b"], latency=[0.1, np.nan, 0.4])
    outcome = judge(objective("mean latency", per="session", least=1), planted(client=rows))
    assert outcome.n == 1
    assert outcome.value == pytest.approx(0.4)


def test_growth_needs_something_to_grow_from() -> None:
    """Where the first sixth took no time at all, there is no growth to tell."""
    still = planted(client=client().assign(latency=0.0))
    outcome = judge(objective("latency growth"), still)
    assert outcome.sentence == "No data: p50 latency growth cannot be told."


def test_the_load_may_be_a_tenth_lower() -> None:
    """90 % of the load in `under` is enough, and so is a time that ends with the last request."""
    assert judge(objective("mean latency", under="22 rps for 60.3s of the shop scenario"), planted()).passed
    assert judge(objective("mean latency", under="5.5 sessions/s"), planted()).passed


@pytest.mark.parametrize(
    ("keys", "what", "nearest"),
    [
        ({"endpoint": "GET /thing"}, "endpoint 'GET /thing'", "GET /things"),
        ({"endpoint": "view_thing"}, "endpoint 'view_thing'", "view_things"),
        ({"path": "by"}, "user path 'by'", "buy"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_a_mistake(keys: dict[str, str], what: str, nearest: str) -> None:
    """An endpoint or a user path that is not there is refused, and the nearest is named."""
    with pytest.raises(MinerError) as error:
        judge(objective("mean latency", **keys), planted())
    assert error.value.what == f"There is no {what} in shop."
    assert error.value.hint == f"The nearest is {nearest!r}."


def test_names_of_parameters_do_not_matter() -> None:
    """An endpoint is the same whatever its parameter is called, in the run and in the recording."""
    rows = client().assign(endpoint="GET /things/{thing_id}")
    recorded = served().assign(endpoint="GET /things/{id}", latency=1.0)
    of = objective("mean latency", endpoint="GET /things/{x}", within="0% of the recorded")
    outcome = judge(of, replace(planted(), client=rows, recorded=recorded))
    assert (outcome.verdict, outcome.n, outcome.limit) == ("pass", 1200, 1.0)


@pytest.mark.parametrize(
    ("measure", "limit", "least"),
    [
        ("p50 latency", "1s", 20),
        ("p99.9 latency", "1s", 10_000),
        ("p99 lateness", "1s", 1000),
        ("p1 latency", "1s", 11),
        ("mean latency", "1s", 30),
        ("error share", "1%", 300),
        ("client error share", "0.7%", 429),
        ("mean latency growth", "10%", 30),
        ("latency growth", "10%", 20),
    ],
)
def test_how_many_samples_are_enough(measure: str, limit: str, least: int) -> None:
    """Ten beyond a percentile, thirty for a mean, the rule of three for shares of errors."""
    of = objective(measure, below=limit)
    assert of.enough(of.limit) == least


def test_a_session_is_one_sample() -> None:
    """A session counts where it began, with all of its requests, and with any that failed."""
    halves = objective("error share", per="session", every="30s", least=1)
    windows = judge(halves, planted()).windows
    assert sum(one.n for one in windows) == SESSIONS
    assert [one.value for one in windows] == [6 / 150, 6 / 150]


def test_all_of_it_goes_to_json() -> None:
    """An outcome as a dictionary has plain values, and its objective can be read again."""
    import json

    from miner.objectives import Objective

    of = objective(
        "p95 latency", endpoint=GET, every="90s", under="20 rps for 90s of the shop scenario", warn="1ms"
    )
    facts = judge(of, planted()).as_dict()
    assert json.loads(json.dumps(facts)) == facts
    assert Objective.model_validate(facts["objective"]) == of
