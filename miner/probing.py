"""Where a service says which id it gave to what was made: found by asking it once."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from miner.generate.names import method_names
from miner.replay.probe import Answer, probe
from miner.scenario_writer import write_scenario
from miner.workload import Created, Endpoint, Listed, Value, Workload

PARTS = ("params", "query", "body")


def probed(workload: Workload, host: str, *, allow_remote: bool = False) -> tuple[Workload, list[str]]:
    """`workload` with the fields of ids as the service at `host` has them, and a sentence for each finding.

    Each endpoint whose answers others need is asked once, by the scenario itself. Raises MinerError.
    """
    names = method_names(workload)
    asked = list(dict.fromkeys(value.endpoint for _, _, _, value in _sought(workload)))
    if not asked:
        return workload, ["No request needs an id from an answer: nothing to probe."]
    with tempfile.TemporaryDirectory() as folder:
        locustfile = Path(folder) / f"{workload.name}_probe.py"
        write_scenario(workload, locustfile)
        methods = [names[endpoint] for endpoint in asked]
        answers = probe(locustfile, host, methods, allow_remote=allow_remote)
    said: list[str] = []
    endpoints = dict(workload.endpoints)
    for name, part, param, value in _sought(workload):
        request = workload.endpoints[value.endpoint].request
        field, sentence = _judged(request, answers.get(request), param, value.field)
        said += [sentence] if sentence not in said else []
        endpoints[name] = _with(endpoints[name], part, param, value.model_copy(update={"field": field}))
    return workload.model_copy(update={"endpoints": endpoints}), said


def _sought(workload: Workload) -> Iterator[tuple[str, str, str, Created | Listed]]:
    """The values that come from answers: the endpoint and the part that need them, and their names there."""
    for name, endpoint in workload.endpoints.items():
        for part in PARTS:
            for param, value in (getattr(endpoint, part) or {}).items():
                if isinstance(value, Created | Listed):
                    yield name, part, param, value


def _with(endpoint: Endpoint, part: str, param: str, value: Value) -> Endpoint:
    return endpoint.model_copy(update={part: {**getattr(endpoint, part), param: value}})


def _judged(request: str, answer: Answer | None, param: str, field: str) -> tuple[str, str]:
    """The field that holds the id, and what to say of it."""
    if answer is None or not 0 < answer.status < 400:
        status = answer.status if answer else 0
        return field, f"{request} answered {status or 'nothing'}: where its ids are could not be found."
    scalars = dict(_scalars(answer.json))
    if field in scalars:
        return field, f"{request} answers with {field!r}, as the workload says."
    found = next((key for key in sorted(scalars, key=_like(param)) if _is_id(key, scalars[key])), None)
    if found is not None:
        keep = f'write field = "{found}" into the workload file to keep it'
        return found, f"{request} answers with {found!r}, not {field!r}: {keep}."
    where = "in its Location" if re.search(r"\d", answer.location) else "nowhere: ids are drawn"
    return field, f"{request} answers with the id {where}."


def _scalars(answer: Any) -> Iterator[tuple[str, Any]]:
    """Texts and numbers of an answer by key, the innermost first, so that the outermost is kept."""
    inner = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    for one in inner:
        yield from _scalars(one)
    if isinstance(answer, dict):
        for key, value in answer.items():
            if isinstance(value, str | int) and not isinstance(value, bool):
                yield key, value


def _like(param: str) -> Any:
    """How far a key is from naming `param`: `orderId` names `order_id`, then `id`, then what ends so."""

    def distance(key: str) -> tuple[int, str]:
        plain, wanted = (re.sub(r"[^a-z0-9]", "", one.lower()) for one in (key, param))
        if plain == wanted:
            return 0, key
        return (1 if plain in ("id", "uuid") else 2 if plain.endswith(("id", "number", "no")) else 3), key

    return distance


def _is_id(key: str, value: Any) -> bool:
    """Whether it can be one: a number, or a text with a digit and without blanks, whose key says so."""
    named = re.search(r"(?i)(id|uuid|key|code|number|no|ref)$", key)
    return bool(named) and (isinstance(value, int) or bool(re.fullmatch(r"[\w.~-]*\d[\w.~-]*", value)))
