"""What diagrams are made of: boxes and nets for graphs, actors and events for sequences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from am_dbg.model.text import Token


class Kind(Enum):
    """What a line between boxes says; the value is the word for it, from tail to head."""

    REQUIRE = "requires"
    ADD = "adds"
    REMOVE = "removes"
    AFTER = "after"
    PARENT = "child of"
    PIPE = "pipes to"
    SOURCE = "mutates"


KIND_TOKENS = {
    Kind.REQUIRE: Token.LINK,
    Kind.ADD: Token.ADDED,
    Kind.REMOVE: Token.REMOVED,
    Kind.AFTER: Token.DIM,
    Kind.PARENT: Token.LINK,
    Kind.PIPE: Token.MULTI,
    Kind.SOURCE: Token.QUEUED,
}
"""Meaning of a line of each kind: the colour only repeats what its stroke and its head say."""

TARGET_ABOVE = (Kind.REQUIRE, Kind.AFTER, Kind.PARENT)
"""Kinds whose head stands above their tail: what comes first is on top."""


class Node(NamedTuple):
    """A box: ``key`` is its name within the graph, ``label`` clean text.

    ``sign`` (``●``) stands before the label, ``mark`` (``▲``: activated now) and ``note`` behind.
    """

    key: str
    label: str
    sign: str = ""
    note: str = ""
    mark: str = ""
    token: Token = Token.TEXT
    selected: bool = False


class Edge(NamedTuple):
    """A line from box to box; ``label`` says more (``12 ×``), ``lit``: it played a part now."""

    tail: str
    head: str
    kind: Kind
    label: str = ""
    lit: bool = False


@dataclass(frozen=True)
class Graph:
    """Boxes and lines, in a fixed order. ``hidden`` counts the boxes that are left out."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    hidden: int = 0
    remark: str = ""
    """What part of the whole this is: ``within 2 relations of Ready``."""

    def node(self, key: str) -> Node | None:
        """The box of that name."""
        return next((node for node in self.nodes if node.key == key), None)


class Actor(NamedTuple):
    """A column of a sequence."""

    key: str
    label: str
    token: Token = Token.TEXT


class Event(NamedTuple):
    """A row of a sequence: from actor to actor (the same one: it concerns only that one).

    ``done``: it has happened at the moment shown; ``current``: it is the last that has.
    """

    number: int
    tail: str
    head: str
    text: str
    sign: str = ""
    token: Token = Token.TEXT
    done: bool = True
    current: bool = False


@dataclass(frozen=True)
class Sequence:
    """What happened between actors, row by row."""

    title: str
    actors: tuple[Actor, ...]
    events: tuple[Event, ...]
    remark: str = ""


Diagram = Graph | Sequence
