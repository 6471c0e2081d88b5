"""What parameters are drawn from is decided from the log, and nobody's own values are reproduced."""

from __future__ import annotations

import numpy as np
import pytest
from small_logs import request, store_of

from miner import workload as w
from miner.paths import mine_workload
from miner.paths.values import (
    FEW_VISITORS,
    Sample,
    Use,
    different,
    draw,
    identity_range,
    is_identity,
    path_uses,
    popular,
    query_uses,
    text,
    zipf,
)
from miner.simulate import draw_popular
from miner.workload_file import dumps

SEED = 20260105
EXPONENT = 0.1
"""Tolerance of a Zipf exponent planted in 20,000 requests."""
FITS = 0.05
"""Misfit of a law that is true: that of the exponent's own error."""


def uses(values: list[str], user: str | None = None, status: int = 200) -> list[Use]:
    """Each value used once, by a visitor of its own."""
    return [
        Use(v, Sample(f"/x/{v}", user or f"{n}", status, 1, [n]))  # visitor n
        for n, v in enumerate(values)
    ]


def test_the_visitors_own_id_is_an_identity() -> None:
    """A parameter that equals the user in nine of ten requests is the visitor's identity."""
    identity = w.Identity(low=1, high=99)
    own = [Use(f"{n}", Sample(f"/u/{n}", f"{n}", 200, 9, [n])) for n in range(1, 50)]
    strange = [Use("7", Sample("/u/7", "8", 200, 44, [8]))]
    assert draw(own + strange, identity) == identity
    assert not is_identity(own + strange * 3)
    assert not is_identity(uses(["1"] * 9)[:0])
    assert isinstance(draw(own, None), w.Popular)


def test_the_range_of_identities_is_that_of_the_users() -> None:
    """Users who are integers have a range; others have none."""
    assert identity_range(iter(["3", "12", "7"])) == w.Identity(low=3, high=12)
    assert identity_range(iter(["3", "ann"])) is None
    assert identity_range(iter([])) is None


@pytest.mark.parametrize("planted", [0.0, 0.5, 0.9, 1.2])
def test_the_exponent_of_popularity_is_found(planted: float) -> None:
    """A planted Zipf exponent comes back within 0.1, and uniform ids as 0."""
    law = w.Popular(low=1, high=2000, zipf=planted)
    drawn, counts = np.unique(draw_popular(law, 20_000, np.random.default_rng(SEED)), return_counts=True)
    found = popular(list(zip(drawn.tolist(), counts.tolist(), strict=True)))
    assert found.zipf == pytest.approx(planted, abs=EXPONENT)
    assert 1 <= found.low < found.high <= 2000
    assert (found.n, found.ids) == (20_000, len(drawn))
    assert found.misfit is not None
    assert found.misfit < FITS


def test_a_sparse_range_does_not_fit() -> None:
    """Of ids that are few in a large range the law gives more, and the workload says so (seed 20260105)."""
    rng = np.random.default_rng(SEED)
    ids, counts = np.unique(rng.choice(rng.integers(1, 10**6, 300), 20_000), return_counts=True)
    found = popular(list(zip(ids.tolist(), counts.tolist(), strict=True)))
    assert found.misfit is not None
    assert found.misfit > 10 * FITS


@pytest.mark.parametrize(("size", "zipf_of"), [(50, 0.0), (2000, 1.1), (10**7, 0.8), (10**7, 0.0)])
def test_different_ids_are_expected_as_they_are_drawn(size: int, zipf_of: float) -> None:
    """The number of different ids in some draws is what is computed, for large ranges too (seed 20260105)."""
    law = w.Popular(low=1, high=size, zipf=zipf_of)
    drawn = draw_popular(law, 20_000, np.random.default_rng(SEED))
    assert different(law, 20_000) == pytest.approx(len(np.unique(drawn)), rel=0.03)


def test_ids_without_repetition_are_uniform() -> None:
    """Ids that are used once each, one id alone, and huge ranges have an exponent, or none."""
    assert zipf([1] * 500, 500) == 0.0
    assert zipf([1], 1) == 0.0
    assert zipf([900, 1], 10**15) == 4.0
    assert popular([(7, 3)]) == w.Popular(low=7, high=7, n=3, ids=1, misfit=0)


def test_a_few_values_of_many_visitors_are_constants() -> None:
    """Values that at least five visitors each sent are kept with their shares."""
    found = draw(uses(["asc"] * 30 + ["desc"] * 10), None)
    assert found == w.LiteralValue(values={"asc": 0.75, "desc": 0.25})


def test_one_visitors_value_is_no_constant() -> None:
    """Five targets of one visitor do not make his value everyone's."""
    mine = [Use("mine", Sample(f"/x/mine/{n}", "7", 200, 5, [7])) for n in range(9)]
    assert isinstance(draw(uses(["asc"] * 30) + mine, None), w.Text)
    enough = [Use("ours", Sample("/x/ours", None, 200, 5, list(range(FEW_VISITORS))))]
    assert isinstance(draw(uses(["asc"] * 30) + enough, None), w.LiteralValue)


def test_refused_values_do_not_count() -> None:
    """What was answered with an error is not learnt from, unless there is nothing else."""
    good, bad = uses(["1", "2", "3"]), uses(["x"] * 50, status=404)
    assert draw(good + bad, None) == w.Popular(low=1, high=3, n=3, ids=3, misfit=0.296)
    assert draw(bad, None) == w.LiteralValue(values={"x": 1.0})


def test_a_text_is_letters_and_lengths() -> None:
    """A text keeps its common letters and its deciles, and no letter that few used."""
    found = text(uses(["anna"] * 20 + ["otto"] * 20 + ["zq"] * 4))
    assert found.alphabet == "anot"
    assert found.lengths == (2, *(4,) * 10)
    assert text(uses(["ab"])).alphabet == "abcdefghij"
    assert set(text(uses([""] * 9)).lengths) == {0}


def test_parameters_are_decoded() -> None:
    """Uses are found by name in route and query, percent-decoded, blank ones too."""
    samples = [Sample("/users/a%2Fb?q=x%20y&q=z&e=", None, 200, 1, [1])]
    assert [use.value for use in path_uses("/users/{user_id}", samples)["user_id"]] == ["a/b"]
    found = {name: [use.value for use in some] for name, some in query_uses(samples).items()}
    assert found == {"e": [""], "q": ["x y", "z"]}


def test_personal_values_appear_nowhere() -> None:
    """A word in a query or below a route that fewer than five visitors sent is not in the workload file."""
    secrets = [f"secret{chr(97 + n)}word" for n in range(26)]
    rows = []
    for n in range(40):
        who = {"user": f"{1000 + n}", "address": f"192.0.2.{n}"}
        rows.append(request(n * 3000, "/home", **who))
        rows.append(request(n * 3000 + 5, f"/search?q={secrets[n % 26]}&sort=asc", **who))
        rows.append(request(n * 3000 + 9, f"/people/{secrets[n % 26]}/photos", **who))
    rows += [request(3000 + 20 + n, f"/search?q=topsecret&sort=asc&n={n}", user="1001") for n in range(9)]
    with store_of(rows) as store:
        workload = mine_workload(store, paths=1)
    written = dumps(workload)
    assert "secret" not in written
    assert "192.0.2" not in written
    assert workload.endpoints["list_photos"].route == "/people/{person_id}/photos".replace("person", "people")
    assert workload.endpoints["view_search"].query["sort"] == w.LiteralValue(values={"asc": 1.0})
