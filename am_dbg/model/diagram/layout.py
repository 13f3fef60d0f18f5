"""Places a layered graph on a grid of cells: boxes, and nets of straight segments between them.

Lines leave a box below at columns divisible by 3, enter one above at those with a rest of 1, and
pass between boxes at those with a rest of 2: so no two nets ever share a vertical piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from am_dbg.model.diagram.graph import Graph
from am_dbg.model.diagram.layers import GAP, Channel, Item, Layered, layered
from am_dbg.model.diagram.nets import Net, nets_of

BOX_HEIGHT = 3
PASSING_WIDTH = 3
BELOW, ABOVE, PASSING = 0, 1, 2
"""Rests by 3 of the columns of lines below a box, above it, and between boxes."""


class Box(NamedTuple):
    """A placed box, in cells."""

    key: str
    x: int
    y: int
    width: int
    height: int = BOX_HEIGHT


class Vertical(NamedTuple):
    """A piece of a net: column, first and last row."""

    x: int
    top: int
    bottom: int


class Horizontal(NamedTuple):
    """A piece of a net: row, first and last column."""

    y: int
    left: int
    right: int


class End(NamedTuple):
    """Where a net meets a box: the cell outside its border; ``up``: the box is above of it."""

    key: str
    x: int
    y: int
    up: bool
    head: bool


@dataclass
class Route:
    """A net, placed."""

    net: Net
    verticals: list[Vertical] = field(default_factory=list)
    horizontals: list[Horizontal] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """Everything placed; ``width`` and ``height`` in cells."""

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: int
    height: int

    def box(self, key: str) -> Box | None:
        """Where a box is."""
        return next((box for box in self.boxes if box.key == key), None)


def place(graph: Graph, widths: Mapping[str, int], across: int) -> Layout:
    """Lay a graph out; ``widths`` are those of the boxes, ``across`` how wide it should become."""
    nets = nets_of(graph.edges)
    degree: dict[str, int] = {}
    for net in nets:
        for key in net.ends:
            degree[key] = degree.get(key, 0) + 1
    sizes = {key: max(width, 3 * degree.get(key, 0) + 2) for key, width in widths.items()}
    keys = [node.key for node in graph.nodes]
    made = layered(keys, graph.edges, nets, sizes, across - PASSING_WIDTH - GAP)
    return _Placer(made, nets, sizes, across).layout()


class _Placer:
    """Coordinates first across, then down."""

    def __init__(
        self, made: Layered, nets: Sequence[Net], sizes: Mapping[str, int], across: int
    ) -> None:
        self.layers, self.channels = made.layers, made.channels
        self.sizes, self.across = sizes, across
        self.x: dict[tuple[int, Item], int] = {}
        self.ports: dict[tuple[int, int, Item], int] = {}
        self.routes = [Route(net) for net in nets]

    def layout(self) -> Layout:
        self._place_across()
        self._place_ports()
        boxes: list[Box] = []
        y = 0
        for rank, layer in enumerate(self.layers):
            for item in layer:
                if item.key:
                    boxes.append(Box(item.key, self.x[rank, item], y, self.sizes[item.key]))
                else:
                    at = self.ports[rank, item.net, item]
                    self.routes[item.net].verticals.append(Vertical(at, y, y + BOX_HEIGHT - 1))
            y = self._route(rank, y + BOX_HEIGHT)
        width = max((box.x + box.width for box in boxes), default=0)
        for route in self.routes:
            width = max([width, *(piece.x + 1 for piece in route.verticals)])
        return Layout(tuple(boxes), tuple(self.routes), width, max(0, y))

    # -- across ----------------------------------------------------------------------------------

    def _width(self, item: Item) -> int:
        return self.sizes[item.key] if item.key else PASSING_WIDTH

    def _place_across(self) -> None:
        centres: dict[tuple[int, Item], float] = {}
        for rank, layer in enumerate(self.layers):
            at = 0.0
            for item in layer:
                centres[rank, item] = at + self._width(item) / 2
                at += self._width(item) + GAP
        last = len(self.layers) - 1
        for _ in range(4):
            for rank in range(1, last + 1):
                self._pull(rank, centres, from_above=True)
            for rank in range(last - 1, -1, -1):
                self._pull(rank, centres, from_above=False)
        left = min((c - self._width(k[1]) / 2 for k, c in centres.items()), default=0)
        for rank, layer in enumerate(self.layers):
            end = 0
            loose = not any(channel.nets() for channel in self.channels[max(0, rank - 1) :])
            for item in layer:
                at = round(centres[rank, item] - self._width(item) / 2 - left)
                at = end if loose else max(at, end)
                self.x[rank, item] = at
                end = at + self._width(item) + (GAP if item.key else 0)

    def _pull(self, rank: int, centres: dict[tuple[int, Item], float], from_above: bool) -> None:
        channel = self.channels[rank - 1] if from_above else self.channels[rank]
        mine, theirs = (
            (channel.below, channel.above) if from_above else (channel.above, channel.below)
        )
        other = rank - 1 if from_above else rank + 1
        pulls: dict[Item, list[float]] = {}
        for net, items in mine.items():
            ends = [centres[other, end] for end in theirs.get(net, ())]
            for item in items:
                pulls.setdefault(item, []).extend(ends)
        layer = self.layers[rank]
        wanted = [
            sum(pulls[item]) / len(pulls[item]) if pulls.get(item) else centres[rank, item]
            for item in layer
        ]
        widths = [self._width(item) for item in layer]
        placed = within(spaced(wanted, widths), widths, self.across)
        for item, centre in zip(layer, placed, strict=True):
            centres[rank, item] = centre

    # -- ports -----------------------------------------------------------------------------------

    def _place_ports(self) -> None:
        for rank, layer in enumerate(self.layers):
            for item in layer:
                if item.key:
                    continue
                at = self.x[rank, item]
                self.ports[rank, item.net, item] = at + (PASSING - at) % 3
        for rank, channel in enumerate(self.channels):
            self._box_ports(rank, rank, channel.above, channel.below, BELOW)
            if rank + 1 < len(self.layers):
                self._box_ports(rank, rank + 1, channel.below, channel.above, ABOVE)
        for rank, channel in enumerate(self.channels):
            self._straighten(rank, channel)

    def _box_ports(
        self,
        channel: int,
        rank: int,
        mine: Mapping[int, list[Item]],
        theirs: Mapping[int, list[Item]],
        side: int,
    ) -> None:
        """Columns of the lines at one side of the boxes of a layer, in the order of where they go.

        Lines of a channel are known by (rank of the channel, net, item), and for the upper side of
        a box by its own rank less one: the channel above it.
        """
        nets: dict[Item, list[int]] = {}
        for net, items in mine.items():
            for item in items:
                if item.key:
                    nets.setdefault(item, []).append(net)
        other = rank + 1 if side == BELOW else rank - 1
        for item, numbers in nets.items():
            left, width = self.x[rank, item], self._width(item)

            def goal(net: int, item: Item = item) -> float:
                ends = [self._centre(other, end) for end in theirs.get(net, ())]
                ends = ends or [self._centre(rank, end) for end in mine[net] if end != item]
                return sum(ends) / len(ends) if ends else 0.0

            numbers.sort(key=goal)
            first = left + 1 + (side - left - 1) % 3
            slots = list(range(first, left + width - 1, 3))
            for net, at in zip(numbers, _spread_out(slots, len(numbers)), strict=True):
                self.ports[self._port_rank(channel, side), net, item] = at

    @staticmethod
    def _port_rank(channel: int, side: int) -> int:
        # upper ports of rank r + 1 lie in channel r: kept apart from lower ports by their sign
        return channel if side == BELOW else -channel - 1

    def _port(self, channel: int, net: int, item: Item, side: int) -> int:
        if not item.key:
            return self.ports[channel if side == BELOW else channel + 1, net, item]
        return self.ports[self._port_rank(channel, side), net, item]

    def _centre(self, rank: int, item: Item) -> float:
        return self.x[rank, item] + self._width(item) / 2

    def _straighten(self, rank: int, channel: Channel) -> None:
        """Let a line go straight down into a box where nothing is in the way."""
        tops = {
            (net, item): self._port(rank, net, item, BELOW)
            for net, items in channel.above.items()
            for item in items
        }
        bottoms = {
            (net, item): self._port(rank, net, item, ABOVE)
            for net, items in channel.below.items()
            for item in items
        }
        for (net, item), at in list(bottoms.items()):
            if not item.key:
                continue
            left, right = self.x[rank + 1, item] + 1, self.x[rank + 1, item] + self._width(item) - 2
            for (other, _), column in tops.items():
                if other != net or column == at or not left <= column <= right:
                    continue
                low, high = min(at, column), max(at, column)
                taken = [c for k, c in tops.items() if k[0] != net]
                crossed = [c for k, c in bottoms.items() if k != (net, item) and low <= c <= high]
                if column not in taken and not crossed:
                    bottoms[net, item] = column
                    self.ports[self._port_rank(rank, ABOVE), net, item] = column
                    break

    # -- down ------------------------------------------------------------------------------------

    def _route(self, rank: int, y: int) -> int:
        """Draw the nets of the channel below a layer, beginning at row ``y``; the row after it."""
        channel = self.channels[rank]
        numbers = channel.nets()
        last = rank == len(self.layers) - 1
        if not numbers:
            return y if last else y + 1
        tops = {
            net: [(i, self._port(rank, net, i, BELOW)) for i in channel.above.get(net, ())]
            for net in numbers
        }
        bottoms = {
            net: [(i, self._port(rank, net, i, ABOVE)) for i in channel.below.get(net, ())]
            for net in numbers
        }
        spans: dict[int, tuple[int, int]] = {}
        for net in numbers:
            columns = [at for _, at in (*tops[net], *bottoms[net])]
            if min(columns) < max(columns):
                spans[net] = min(columns), max(columns)
        tracks = _tracks(spans, tops, bottoms)
        height = max(tracks.values(), default=0) + (1 if last else 2)
        end = y + height
        for net in numbers:
            track = y + tracks.get(net, 1)
            route = self.routes[net]
            if net in spans:
                route.horizontals.append(Horizontal(track, *spans[net]))
            down = track if net in spans else end - 1
            for item, at in tops[net]:
                route.verticals.append(Vertical(at, y, down))
                self._end(route, item, at, y, up=True)
            for item, at in bottoms[net]:
                route.verticals.append(Vertical(at, track if net in spans else y, end - 1))
                self._end(route, item, at, end - 1, up=False)
        return end

    @staticmethod
    def _end(route: Route, item: Item, x: int, y: int, up: bool) -> None:
        if item.key:
            route.ends.append(End(item.key, x, y, up, item.key in route.net.heads))


def spaced(wanted: Sequence[float], widths: Sequence[int]) -> list[float]:
    """Centres as near to the wanted ones as possible, in order and with a gap between them.

    Neighbours that would overlap become a block, which takes the mean of what its parts want.
    """
    offsets: list[float] = []
    at = 0.0
    for width in widths:
        offsets.append(at + width / 2)
        at += width + GAP
    blocks: list[list[float]] = []  # sum of what is wanted, count
    for centre, offset in zip(wanted, offsets, strict=True):
        blocks.append([centre - offset, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    starts = [total / count for total, count in blocks for _ in range(int(count))]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def within(centres: Sequence[float], widths: Sequence[int], across: int) -> list[float]:
    """Centres moved together where they lie outside of 0 to ``across``, if all have room there."""
    made = list(centres)
    if sum(widths) + GAP * (len(widths) - 1) > across:
        return made
    limit = float(across)
    for i in range(len(made) - 1, -1, -1):
        made[i] = min(made[i], limit - widths[i] / 2)
        limit = made[i] - widths[i] / 2 - GAP
    limit = 0.0
    for i, width in enumerate(widths):
        made[i] = max(made[i], limit + width / 2)
        limit = made[i] + width / 2 + GAP
    return made


def _spread_out(slots: Sequence[int], count: int) -> list[int]:
    """``count`` of the slots, evenly, around the middle."""
    if count >= len(slots):
        return list(slots[:count])
    step = len(slots) / count
    return [slots[int(step * (k + 0.5))] for k in range(count)]


def _tracks(
    spans: Mapping[int, tuple[int, int]],
    tops: Mapping[int, list[tuple[Item, int]]],
    bottoms: Mapping[int, list[tuple[Item, int]]],
) -> dict[int, int]:
    """Rows (from 1) of the nets' horizontal pieces: none overlap, and where two nets meet in a
    column the one from above turns off first.
    """
    above: dict[int, set[int]] = {net: set() for net in spans}
    down = {at: net for net, ends in tops.items() for _, at in ends}
    for net, ends in bottoms.items():
        for _, at in ends:
            other = down.get(at)
            if other is not None and other != net and other in spans and net in spans:
                above[net].add(other)
    tracks: dict[int, int] = {}
    used: dict[int, list[tuple[int, int]]] = {}
    waiting = sorted(spans, key=lambda net: (spans[net][1] - spans[net][0], net))
    while waiting:
        free = [net for net in waiting if above[net] <= tracks.keys()]
        net = (free or waiting)[0]
        waiting.remove(net)
        left, right = spans[net]
        track = 1 + max((tracks[other] for other in above[net] if other in tracks), default=0)
        while any(left - 1 <= b and a <= right + 1 for a, b in used.get(track, ())):
            track += 1
        tracks[net] = track
        used.setdefault(track, []).append((left, right))
    return tracks
