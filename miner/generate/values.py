"""How an endpoint's values and a move's think time are written: calls of the functions in `runtime.LAWS`."""

from __future__ import annotations

from miner.generate.code import Call, Code, Item, literal, mapping
from miner.workload import (
    Carried,
    Created,
    Endpoint,
    Formatted,
    Identity,
    Joined,
    Law,
    Listed,
    LiteralValue,
    Mixture,
    Number,
    Popular,
    Quantiles,
    Series,
    Structure,
    Text,
    Value,
    Workload,
)


def law(of: Law) -> Call:
    """The call that gives the sampler of `of`."""
    if isinstance(of, Mixture):
        weight = Item(literal(of.weight), before="weight=")
        return Call("mixture(", [weight, Item(law(of.first), "first="), Item(law(of.second), "second=")], ")")
    if not of.paced:
        return Call("steady(", [law(of.model_copy(update={"paced": True}))], ")")
    if isinstance(of, Quantiles):
        return Call("quantiles(", [literal(at) for at in of.at], ")")
    figures = of.model_dump(exclude={"law", "paced"})
    return Call(f"{of.law}(", [Item(literal(figure), f"{name}=") for name, figure in figures.items()], ")")


def value(of: Value, workload: Workload) -> Call:
    """The call that gives the sampler of `of`, inside a method of Visitor."""
    match of:
        case Identity():
            return Call("self.identity(", [literal(of.low), literal(of.high)], ")")
        case Popular(zipf=0):
            return Call("popular(", [literal(of.low), literal(of.high)], ")")
        case Popular():
            return Call("ranked(", [literal(of.low), literal(of.high), Item(literal(of.zipf), "zipf=")], ")")
        case LiteralValue():
            return Call(
                "one_of(", [mapping((literal(v), literal(share)) for v, share in of.values.items())], ")"
            )
        case Text():
            return Call("text(", [literal(of.alphabet), *map(literal, of.lengths)], ")")
        case Number() | Formatted() | Joined() | Structure() | Series():
            raise NotImplementedError(of.draw)
        case Listed():
            return Call(
                "self.listed(", [literal(workload.endpoints[of.endpoint].request), literal(of.field)], ")"
            )
        case Carried() | Created():
            what = of.param if isinstance(of, Carried) else of.field
            request = workload.endpoints[of.endpoint].request
            otherwise = Item(value(of.otherwise, workload), "otherwise=")
            share = Item(literal(of.share), "share=")
            return Call(f"self.{of.draw}(", [literal(request), literal(what), share, otherwise], ")")


def draws(values: dict[str, Value], workload: Workload) -> Code:
    """The dict of samplers of `values`, each with the count behind it."""
    return mapping(
        (literal(name), Item(value(of, workload), comment=_count(of))) for name, of in values.items()
    )


def _count(of: Value) -> str:
    n = of.n if isinstance(of, Popular | Carried | Created) else 0
    return f"n = {n:,}" if n else ""


def unknown(endpoint: Endpoint) -> tuple[str, str] | None:
    """Where an id that does not exist makes the service answer 404: the part of the request and the field."""
    if endpoint.params:
        return "params", max(endpoint.params, key=lambda name: endpoint.route.rindex("{" + name + "}"))
    ids = [
        name
        for name, of in (endpoint.body or {}).items()
        if isinstance(of, Popular | Listed | Carried | Created)
    ]
    return ("body", ids[-1]) if ids else None


def used(workload: Workload) -> set[str]:
    """The names in `runtime.LAWS` that the file of `workload` needs, and `at_once` where it does."""
    moves = [move for path in workload.paths for moves in path.moves.values() for move in moves.values()]
    thinks = {name for move in moves if move.think for name in _laws(move.think)}
    several = {"at_once" for step in workload.steps.values() if list(step.requests.values()) != [1.0]}
    return thinks.union(several, *(used_by(endpoint) for endpoint in workload.endpoints.values()))


def used_by(endpoint: Endpoint) -> set[str]:
    """The names in `runtime.LAWS` that the requests of `endpoint` need."""
    parts = (endpoint.params, endpoint.query, endpoint.headers, endpoint.body or {})
    return {"one_of"}.union(*(_used(of) for part in parts for of in part.values()))


def _used(of: Value) -> set[str]:
    match of:
        case Popular():
            return {"ranked" if of.zipf else "popular"}
        case Text():
            return {"text", "quantiles"}
        case Carried() | Created():
            return {of.draw, *_used(of.otherwise)}
    return set()


def _laws(of: Law) -> set[str]:
    if isinstance(of, Mixture):
        return {"mixture"} | _laws(of.first) | _laws(of.second)
    return {of.law} if of.paced else {of.law, "steady"}
