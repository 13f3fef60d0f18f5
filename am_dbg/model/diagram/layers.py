"""Puts boxes into layers from top to bottom, and orders each layer so that few lines cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from am_dbg.model.diagram.graph import TARGET_ABOVE, Edge, Kind
from am_dbg.model.diagram.nets import Net

GAP = 2
"""Columns between two boxes."""
SWEEPS = 6


class Item(NamedTuple):
    """A place in a layer: a box (``key``), or where a net passes through (``net``: its number)."""

    key: str = ""
    net: int = -1


@dataclass
class Channel:
    """The space below a layer: net number -> its items above and below."""

    above: dict[int, list[Item]] = field(default_factory=dict)
    below: dict[int, list[Item]] = field(default_factory=dict)

    def nets(self) -> list[int]:
        """All nets with an end here, in order."""
        return sorted({*self.above, *self.below})


@dataclass
class Layered:
    """Layers of items, and the channel below each."""

    layers: list[list[Item]]
    channels: list[Channel]


def layered(
    keys: Sequence[str],
    edges: Sequence[Edge],
    nets: Sequence[Net],
    widths: Mapping[str, int],
    across: int,
) -> Layered:
    """Layers of at most about ``across`` columns; what no line touches comes last."""
    linked = {key for net in nets for key in net.ends}
    ranks = _ranks([key for key in keys if key in linked], edges, widths, across)
    layers: list[list[Item]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for key in keys:
        if key in ranks:
            layers[ranks[key]].append(Item(key))
    channels = _channels(layers, ranks, nets)
    _order(layers, channels)
    _add_rows([key for key in keys if key not in linked], layers, channels, widths, across)
    return Layered(layers, channels)


def _add_rows(
    keys: Sequence[str],
    layers: list[list[Item]],
    channels: list[Channel],
    widths: Mapping[str, int],
    across: int,
) -> None:
    """Boxes without lines, side by side below everything else."""
    row: list[Item] = []
    used = 0
    for key in keys:
        if row and used + widths[key] + GAP > across:
            layers.append(row)
            channels.append(Channel())
            row, used = [], 0
        row.append(Item(key))
        used += widths[key] + GAP
    if row:
        layers.append(row)
        channels.append(Channel())


def _ranks(
    keys: Sequence[str], edges: Sequence[Edge], widths: Mapping[str, int], across: int
) -> dict[str, int]:
    """The layer of each box: below all that it has to be below of, where there is room."""
    below = _constraints(edges)
    above: dict[str, list[str]] = {key: [] for key in keys}
    for one, others in below.items():
        for other in others:
            above[other].append(one)
    ranks: dict[str, int] = {}
    used: dict[int, int] = {}

    def put(key: str, rank: int) -> None:
        need = widths[key] + GAP
        while used.get(rank) and used[rank] + need > across:
            rank += 1
        ranks[key] = rank
        used[rank] = used.get(rank, 0) + need

    waiting = [key for key in keys if above[key] or below.get(key)]
    while waiting:
        # those that most others wait for go first: they are looked for near the top
        ready = [key for key in waiting if all(one in ranks for one in above[key])]
        key = max(ready, key=lambda one: len(below.get(one, ())))
        put(key, max((ranks[one] + 1 for one in above[key]), default=0))
        waiting.remove(key)
    near = _neighbours(edges)
    for key in keys:
        if key not in ranks:
            put(key, max((ranks[one] for one in near.get(key, ()) if one in ranks), default=0))
    return ranks


def _neighbours(edges: Sequence[Edge]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for edge in edges:
        near.setdefault(edge.tail, []).append(edge.head)
        near.setdefault(edge.head, []).append(edge.tail)
    return near


def _constraints(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """Box -> boxes that stand below it. Edges that would close a cycle are left out."""
    below: dict[str, list[str]] = {}
    firm = [edge for edge in edges if edge.kind is not Kind.REMOVE and edge.tail != edge.head]
    firm.sort(key=lambda edge: edge.kind not in TARGET_ABOVE)
    for edge in firm:
        one, other = (edge.head, edge.tail) if edge.kind in TARGET_ABOVE else (edge.tail, edge.head)
        if other not in below.get(one, ()) and not _reaches(below, other, one):
            below.setdefault(one, []).append(other)
    return below


def _reaches(below: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    seen, open_ = {start}, [start]
    while open_:
        at = open_.pop()
        if at == goal:
            return True
        fresh = [one for one in below.get(at, ()) if one not in seen]
        seen.update(fresh)
        open_ += fresh
    return False


def _channels(
    layers: list[list[Item]], ranks: Mapping[str, int], nets: Sequence[Net]
) -> list[Channel]:
    """Routes each net through the layers between its ends; adds the items where it passes."""
    channels = [Channel() for _ in layers]
    for number, net in enumerate(nets):
        by_rank: dict[int, list[Item]] = {}
        for key in net.ends:
            by_rank.setdefault(ranks[key], []).append(Item(key))
        first, last = min(by_rank), max(by_rank)
        channels[first].above[number] = by_rank[first]
        for rank in range(first + 1, last + 1):
            items = by_rank.get(rank, [])
            if rank < last:
                passing = Item(net=number)
                layers[rank].append(passing)
                channels[rank].above[number] = [passing]
                items = [*items, passing]
            channels[rank - 1].below[number] = items
    return channels


def _order(layers: list[list[Item]], channels: list[Channel]) -> None:
    """Barycentre sweeps down and up; the order with the shortest nets is taken."""
    best = [list(layer) for layer in layers]
    least = _spread(layers, channels)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        ranks = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for rank in ranks:
            channel = channels[rank - 1] if down else channels[rank]
            mine, theirs = (
                (channel.below, channel.above) if down else (channel.above, channel.below)
            )
            other = layers[rank - 1] if down else layers[rank + 1]
            _sort_layer(layers[rank], mine, theirs, other)
        spread = _spread(layers, channels)
        if spread < least:
            least, best = spread, [list(layer) for layer in layers]
    layers[:] = best


def _sort_layer(
    layer: list[Item],
    mine: Mapping[int, list[Item]],
    theirs: Mapping[int, list[Item]],
    other: list[Item],
) -> None:
    place = {item: at / max(1, len(other) - 1) for at, item in enumerate(other)}
    pulls: dict[Item, list[float]] = {}
    for net, items in mine.items():
        ends = theirs.get(net)
        if ends:
            centre = sum(place[end] for end in ends) / len(ends)
            for item in items:
                pulls.setdefault(item, []).append(centre)
    own = {item: at / max(1, len(layer) - 1) for at, item in enumerate(layer)}
    layer.sort(key=lambda item: sum(pulls[item]) / len(pulls[item]) if item in pulls else own[item])


def _spread(layers: list[list[Item]], channels: list[Channel]) -> int:
    """How far the nets reach sideways, in places."""
    total = 0
    for rank, channel in enumerate(channels):
        upper = {item: at for at, item in enumerate(layers[rank])}
        lower = (
            {item: at for at, item in enumerate(layers[rank + 1])} if rank + 1 < len(layers) else {}
        )
        for net in channel.nets():
            at = [upper[item] for item in channel.above.get(net, ())]
            at += [lower[item] for item in channel.below.get(net, ())]
            total += max(at) - min(at)
    return total
