"""How an endpoint's values and a move's think time are written: calls of functions of the runtime."""

from __future__ import annotations

import json

from miner.generate.code import Call, Code, Item, constant, literal, mapping
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


def value(of: Value, workload: Workload) -> Code:
    """What draws `of`: a call, or a constant where there is nothing to choose."""
    match of:
        case Identity():
            return Call("identity(", [literal(of.low), literal(of.high)], ")")
        case Popular():
            ranked = [Item(literal(of.zipf), "zipf=")] if of.zipf else []
            return Call("popular(", [literal(of.low), literal(of.high), *ranked], ")")
        case LiteralValue():
            return _one_of(of)
        case Structure():
            return mapping((literal(name), value(inner, workload)) for name, inner in of.fields.items())
        case Listed():
            return Call("listed(", [literal(workload.endpoints[of.endpoint].request), literal(of.field)], ")")
        case Carried() | Created():
            what = of.param if isinstance(of, Carried) else of.field
            request = workload.endpoints[of.endpoint].request
            otherwise = Item(value(of.otherwise, workload), "otherwise=")
            share = Item(literal(of.share), "share=")
            return Call(f"{of.draw}(", [literal(request), literal(what), share, otherwise], ")")
    return _made_up(of, workload)


def _made_up(of: Text | Number | Formatted | Joined | Series, workload: Workload) -> Code:
    """What draws a value that nobody has chosen from a list."""
    match of:
        case Text():
            return Call("text(", [literal(of.alphabet), *map(literal, of.lengths)], ")")
        case Number():
            return Call("number(", [literal(of.low), literal(of.high), literal(of.decimals)], ")")
        case Formatted():
            return Call("formatted(", [literal(of.format)], ")")
        case Joined():
            return Call("joined(", [value(part, workload) for part in of.parts], ")")
        case Series():
            return Call("series(", [value(of.of, workload), *map(literal, of.lengths)], ")")


def _one_of(of: LiteralValue) -> Code:
    """One of the constants by its share, or the only one."""
    written = [constant(json.loads(text) if of.typed else text) for text in of.values]
    if len(written) == 1:
        return written[0]
    pairs = zip(written, map(literal, of.values.values()), strict=True)
    return Call("one_of(", [Call("(", pair, ")") for pair in pairs], ")")


def draws(values: dict[str, Value], workload: Workload) -> Call:
    """The dict of what draws `values`, each with the count behind it."""
    return mapping(
        (literal(name), Item(value(of, workload), comment=_count(of))) for name, of in values.items()
    )


def _count(of: Value) -> str:
    n = of.n if isinstance(of, Popular | Carried | Created) else 0
    return f"n = {n:,}" if n else ""


def unknown(endpoint: Endpoint) -> str:
    """The field in which an id that does not exist makes the service answer 404, or ""."""
    others = [name for name, of in endpoint.params.items() if not isinstance(of, Identity)]
    if others:
        return max(others, key=lambda name: endpoint.route.rindex("{" + name + "}"))
    ids = [
        name
        for name, of in (endpoint.body or {}).items()
        if isinstance(of, Popular | Listed | Carried | Created)
    ]
    return ids[-1] if ids else next(iter(endpoint.params), "")
