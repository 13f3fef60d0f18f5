"""Bundles a graph's lines into nets: one trunk with branches for what means the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from am_dbg.model.diagram.graph import TARGET_ABOVE, Edge, Kind


class Net(NamedTuple):
    """One connected line. ``heads`` and ``tails`` are keys of boxes; a box may be both.

    ``A requires X, B requires X`` is one net with the tails A and B and the head X; states that
    remove each other are one net of heads only.
    """

    kind: Kind
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    label: str = ""

    @property
    def ends(self) -> tuple[str, ...]:
        """All its boxes, each once."""
        return tuple(dict.fromkeys((*self.heads, *self.tails)))


def nets_of(edges: Sequence[Edge]) -> list[Net]:
    """The nets of these edges, in their order; a line from a box to itself is none."""
    edges = [edge for edge in edges if edge.tail != edge.head]
    mutual = _cliques(edges)
    inside = {(one, other) for clique in mutual for one in clique for other in clique}
    nets = [Net(Kind.REMOVE, tuple(clique), ()) for clique in mutual]
    groups: dict[tuple[Kind, str], list[Edge]] = {}
    for edge in edges:
        if edge.kind is Kind.REMOVE and (edge.tail, edge.head) in inside:
            continue
        shared = edge.head if edge.kind in TARGET_ABOVE else edge.tail
        groups.setdefault((edge.kind, shared), []).append(edge)
    for group in groups.values():
        heads = dict.fromkeys(edge.head for edge in group)
        tails = dict.fromkeys(edge.tail for edge in group)
        label = group[0].label if len(group) == 1 else ""
        nets.append(Net(group[0].kind, tuple(heads), tuple(tails), label))
    return nets


def _cliques(edges: Iterable[Edge]) -> list[list[str]]:
    """Sets of boxes that all remove each other, greedily, each pair in one of them."""
    removes = {(edge.tail, edge.head) for edge in edges if edge.kind is Kind.REMOVE}
    pairs = [(a, b) for a, b in dict.fromkeys(
        (edge.tail, edge.head) for edge in edges if edge.kind is Kind.REMOVE
    ) if (b, a) in removes]  # fmt: skip
    members = list(dict.fromkeys(key for pair in pairs for key in pair))
    mutual = set(pairs)
    used: set[tuple[str, str]] = set()
    found: list[list[str]] = []
    for a, b in pairs:
        if (a, b) in used:
            continue
        clique = [a, b]
        for other in members:
            if other not in clique and all((other, one) in mutual for one in clique):
                clique.append(other)
        used |= {(one, other) for one in clique for other in clique}
        found.append(clique)
    return found
