"""What a document holds, once it is parsed: its spans or entries, each with the objects around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from miner.ingest.json_values import Object, Record, compact

NO_OBJECT = "line is no JSON object"


class Step(NamedTuple):
    """One level of a layout: the names its value may have, and whether that is a list of objects or one."""

    names: tuple[str, ...]
    many: bool = True

    def fits(self, value: Any) -> bool:
        """Whether a value of that name is of the kind that it should be."""
        return isinstance(value, list if self.many else dict)


Layout = tuple[Step, ...]
"""The way from a document to the things it holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """A thing, or what stands in its place and its `flaw`: then `raw`, where it could not even be parsed."""

    value: Any = None
    holders: tuple[Object, ...] = ()
    """The objects around it, the document first."""
    place: str = ""
    """The name of the list that it is an element of."""
    flaw: str | None = None
    raw: str | None = None

    def reject(self, flaw: str | None = None) -> Record:
        """The record that says that this is no request, and why."""
        return {"raw": compact(self.value) if self.raw is None else self.raw, "flaw": flaw or self.flaw}


def in_document(document: Any, layouts: tuple[Layout, ...]) -> Iterator[Found]:
    """What a document, or a list of documents, holds where the layouts lead."""
    if isinstance(document, list):
        for one in document:
            yield from in_object(one, layouts)
    else:
        yield from in_object(document, layouts)


def in_object(document: Any, layouts: tuple[Layout, ...]) -> Iterator[Found]:
    """What one document holds. That it has no place for the things is a flaw, an empty list is none."""
    if not isinstance(document, dict):
        yield Found(document, flaw=NO_OBJECT)
        return
    fitting = [layout for layout in layouts if any(name in document for name in layout[0].names)]
    for layout in fitting:
        yield from walk(document, layout, ())
    if not fitting:
        yield Found(document, flaw=f"document holds no {layouts[0][-1].names[0]}")


def walk(holder: Object, layout: Layout, holders: tuple[Object, ...]) -> Iterator[Found]:
    """What `holder` holds where the layout leads. A missing list and null are an empty one."""
    step, *_ = layout
    holders = (*holders, holder)
    for name in step.names:
        value = holder.get(name)
        if value is None:
            continue
        if not step.fits(value):
            yield Found({name: value}, holders, name, f"{name} is no {'list' if step.many else 'object'}")
            continue
        for element in value if step.many else (value,):
            yield from in_element(element, name, layout[1:], holders)


def in_element(element: Any, name: str, layout: Layout, holders: tuple[Object, ...]) -> Iterator[Found]:
    """What an element of the list `name` holds; itself, if it is what the layout leads to."""
    if not isinstance(element, dict):
        yield Found(element, holders, name, f"an element of {name} is no object")
    elif layout:
        yield from walk(element, layout, holders)
    else:
        yield Found(element, holders, name)
