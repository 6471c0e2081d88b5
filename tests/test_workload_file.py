"""The workload file says what the workload is, and what is wrong with a workload that cannot be."""

from __future__ import annotations

import string
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miner import workload as w
from miner.errors import MinerError
from miner.workload_file import dumps, load, parse

TESTS = Path(__file__).parent
VALID = (TESTS / "generate" / "friends.toml").read_text(encoding="utf-8")
MISTAKES = tomllib.loads((TESTS / "cases" / "workload_mistakes.toml").read_text(encoding="utf-8"))["cases"]

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name not in w.RESERVED)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
positive = st.floats(1e-6, 1e6)
counts = st.integers(0, 10**9)
shares = st.floats(0, 1)


def split(parts: int) -> st.SearchStrategy[list[float]]:
    """Shares of `parts` that add up to 1."""
    drawn = st.lists(st.integers(1, 100), min_size=parts, max_size=parts)
    return drawn.map(lambda weights: [weight / sum(weights) for weight in weights])


def keyed(keys: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, float]]:
    """Shares by key."""
    lists = st.lists(keys, min_size=1, max_size=4, unique=True)
    return lists.flatmap(lambda some: split(len(some)).map(lambda parts: dict(zip(some, parts, strict=True))))


simple_laws: st.SearchStrategy[w.SimpleLaw] = st.one_of(
    st.builds(w.Lognormal, median=positive, sigma=positive),
    st.builds(w.Gamma, shape=positive, scale=positive),
    st.builds(w.Weibull, shape=positive, scale=positive),
    st.builds(w.Exponential, mean=positive),
    st.builds(w.Normal, mean=st.floats(0, 1e6), sd=positive),
    st.builds(w.Quantiles, at=st.lists(st.floats(0, 1e6), min_size=2, max_size=9).map(sorted).map(tuple)),
)
laws = simple_laws | st.builds(w.Mixture, weight=shares, first=simple_laws, second=simple_laws)
ranges = st.tuples(st.integers(0, 10**18), st.integers(0, 10**6)).map(lambda r: (r[0], r[0] + r[1]))
drawn: st.SearchStrategy[w.Drawn] = st.one_of(
    st.builds(
        lambda r, **rest: w.Popular(low=r[0], high=r[1], **rest),
        ranges,
        zipf=st.floats(0, 10),
        n=counts,
        ids=counts,
        misfit=st.none() | shares,
    ),
    st.builds(w.LiteralValue, values=keyed(words)),
    st.builds(w.Text, alphabet=words, lengths=st.lists(st.integers(0, 99), min_size=1).map(tuple)),
)
values: st.SearchStrategy[w.Value] = drawn | ranges.map(lambda r: w.Identity(low=r[0], high=r[1]))
tables = st.dictionaries(words, values, max_size=3)


@st.composite
def endpoints(draw: st.DrawFn) -> w.Endpoint:
    """Any endpoint."""
    route = "".join(f"/{draw(names)}" for _ in range(draw(st.integers(1, 3))))
    params = {name: draw(values) for name in draw(st.lists(names, max_size=2, unique=True))}
    statuses = draw(st.lists(st.integers(100, 999), min_size=1, max_size=3, unique=True))
    latencies = st.builds(w.Latency, median=positive, sigma=st.floats(0, 9))
    return w.Endpoint(
        request=draw(st.sampled_from(sorted(w.METHODS))) + " " + route + "".join(f"/{{{n}}}" for n in params),
        n=draw(counts),
        params=params,
        query=draw(tables),
        headers=draw(tables),
        body=draw(st.none() | tables),
        caller=draw(st.booleans()),
        identifies=draw(st.none() | words),
        statuses=dict(zip(statuses, draw(split(len(statuses))), strict=True)),
        latency=draw(st.none() | latencies),
    )


@st.composite
def paths(draw: st.DrawFn, name: str, share: float, steps: list[str]) -> w.Path:
    """A path over all `steps`, each of which can be left."""
    moves = {}
    for step in steps:
        targets = draw(st.lists(st.sampled_from(steps), max_size=3, unique=True))
        parts = draw(split(len(targets) + 1))
        moves[step] = {
            target: w.Move(p=p, n=draw(counts), think=draw(laws))
            for target, p in zip(targets, parts, strict=False)
        } | {w.LEAVE: w.Move(p=parts[-1])}
    return w.Path(
        name=name,
        share=share,
        sessions=draw(counts),
        start=draw(keyed(st.sampled_from(steps))),
        pace=draw(st.floats(0, 5)),
        moves=moves,
    )


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def workloads(draw: st.DrawFn) -> w.Workload:
    """Any workload of a moderate size."""
    known = {name: draw(endpoints()) for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))}
    called = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    hours = st.lists(st.floats(0.001, 1e3), min_size=24, max_size=24).map(tuple)
    recorded = st.builds(
        w.Recorded,
        sources=st.lists(words, max_size=3).map(tuple),
        first_at=st.none() | moments,
        last_at=st.none() | moments,
        sessions=counts,
        visitor=words,
        clock=st.floats(0, 60),
        gap=positive,
        unknown=st.lists(words, max_size=2).map(tuple),
    )
    return w.Workload(
        name=draw(names),
        recorded=draw(recorded),
        arrivals=w.Arrivals(
            mean=draw(positive), by_hour=draw(st.just(()) | hours), dispersion=draw(positive)
        ),
        endpoints=known,
        paths=tuple(
            draw(paths(name, share, list(known)))
            for name, share in zip(called, draw(split(len(called))), strict=True)
        ),
    )


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(workloads())
def test_a_workload_survives_its_file(workload: w.Workload) -> None:
    """What is read from the file of a workload is equal to it, and has the same bytes again."""
    text = dumps(workload)
    read = parse(text)
    assert read == workload
    assert dumps(read) == text


def test_equal_workloads_have_equal_bytes() -> None:
    """Neither comments nor the layout of the file that a workload was read from matter."""
    loose = VALID.replace("median = 4.1, sigma = 0.82", "sigma=0.820 ,median = 4.10  ") + "# the end\n"
    assert loose.replace("# the end\n", "") != VALID
    assert dumps(parse(loose)) == dumps(parse(VALID))


def test_the_file_is_made_for_people() -> None:
    """The file opens with what it is, keeps a move on one line, and has no empty tables or nulls."""
    text = dumps(parse(VALID))
    assert text.startswith("# The traffic of friends, as recorded")
    assert 'search = {p = 0.71, n = 7913, think = {law = "lognormal", median = 4.1, sigma = 0.82}}' in text
    assert not any(odd in text for odd in ("{}", "[]", "None", "null"))


def test_an_empty_body_is_not_the_same_as_none() -> None:
    """A body without fields comes back as one: it is sent, and none is not."""
    bodies = VALID.replace("caller = false", "caller = false\n", 1).replace(
        "[endpoints.search]", "[endpoints.search]\nbody = {}", 1
    )
    assert parse(dumps(parse(bodies))).endpoints["search"].body == {}
    assert parse(dumps(parse(VALID))).endpoints["search"].body is None


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["name"])
def test_a_mistake_is_said_in_a_sentence(case: dict[str, str]) -> None:
    """Each change in the case file is refused with the sentence that stands there."""
    assert case["from"] in VALID
    with pytest.raises(MinerError) as error:
        parse(VALID.replace(case["from"], case["to"], 1), "w.toml")
    assert error.value.what == case["sentence"]


def test_sentences_have_none_of_pydantics_words() -> None:
    """No sentence talks of inputs, discriminators, validation or the place of a path in a list."""
    for case in MISTAKES:
        said = case["sentence"].lower()
        assert not any(
            word in said for word in ("input", "discriminat", "validat", "parse", "paths.", "[key]")
        )
        assert said.endswith(".")


def test_further_mistakes_are_counted() -> None:
    """The hint says how many mistakes there are besides the first."""
    with pytest.raises(MinerError) as error:
        parse(VALID.replace("p = 0.71", "p = 7").replace("share = 0.26", "share = 2"))
    assert error.value.hint == "Correct it and run this again. (1 more after it.)"


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), (b"\xff\xfe\x00", "not text")], ids=["missing", "binary"]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A missing or binary file is refused with its name, the reason, and how to write one."""
    file = tmp_path / "w.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(MinerError, match=reason) as error:
        load(file)
    assert str(file) in error.value.what
    assert "mine logs" in error.value.hint


def test_a_written_file_is_loaded(tmp_path: Path) -> None:
    """`load` reads what `dumps` wrote, by a string or a Path."""
    file = tmp_path / "w.toml"
    file.write_text(dumps(parse(VALID)), encoding="utf-8")
    assert load(file) == load(str(file)) == parse(VALID)


def test_a_workload_cannot_be_changed() -> None:
    """A workload is frozen, and finds its paths by name."""
    workload = parse(VALID)
    with pytest.raises(ValueError, match="frozen"):
        workload.name = "other"  # type: ignore[misc]
    assert workload.path("join").share == 0.17
    with pytest.raises(KeyError):
        workload.path("leave")


def test_shares_may_be_off_by_what_hands_round() -> None:
    """Shares within half a percent of 1 pass, as people round them; more is refused."""
    parse(VALID.replace("share = 0.52", "share = 0.524"))
    with pytest.raises(MinerError, match=r"add up to 1\.006"):
        parse(VALID.replace("share = 0.52", "share = 0.526"))


@given(st.text(max_size=30))
def test_names_are_identifiers(name: str) -> None:
    """A path is named with lower-case letters, digits and '_' or not at all."""
    allowed = set(string.ascii_lowercase + string.digits + "_")
    sound = bool(name) and set(name) <= allowed and name[0] in string.ascii_lowercase
    try:
        w.Path(name=name, share=1, start={"a": 1}, moves={"a": {"leave": w.Move(p=1)}})
    except ValueError:
        assert not sound
    else:
        assert sound


def test_times_keep_their_moment() -> None:
    """A time with another offset is the same moment after the round trip."""
    there = VALID.replace("2026-03-02T00:00:04Z", "2026-03-02T02:00:04+02:00")
    first = parse(dumps(parse(there))).recorded.first_at
    assert first == datetime(2026, 3, 2, 0, 0, 4, tzinfo=UTC)
    assert first.utcoffset() == timedelta(hours=2)
