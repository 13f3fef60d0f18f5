"""Ways through a placed net, cell by cell."""

from __future__ import annotations

from am_dbg.model.diagram.layout import Route

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8

Bits = dict[tuple[int, int], int]
"""Cell (column, row) -> the directions in which a net goes on from it."""

_STEPS = {UP: (0, -1), DOWN: (0, 1), LEFT: (-1, 0), RIGHT: (1, 0)}


def path(route: Route, bits: Bits, tail: str, head: str) -> list[tuple[int, int]]:
    """The cells of a net from one of its boxes to another; nets are trees, so there is one way."""
    starts = [(end.x, end.y) for end in route.ends if end.key == tail]
    goals = {(end.x, end.y) for end in route.ends if end.key == head}
    came: dict[tuple[int, int], tuple[int, int] | None] = dict.fromkeys(starts)
    queue = list(starts)
    for at in queue:
        if at in goals:
            way = [at]
            while (before := came[way[-1]]) is not None:
                way.append(before)
            return way
        for direction, (dx, dy) in _STEPS.items():
            other = at[0] + dx, at[1] + dy
            if bits[at] & direction and other in bits and other not in came:
                came[other] = at
                queue.append(other)
    return []


def directions_of(route: Route) -> Bits:
    """Where a net goes, cell by cell."""
    bits: Bits = {}
    for x, top, bottom in route.verticals:
        for y in range(top, bottom + 1):
            bits[x, y] = bits.get((x, y), 0) | (UP if y > top else 0) | (DOWN if y < bottom else 0)
    for y, left, right in route.horizontals:
        for x in range(left, right + 1):
            more = (LEFT if x > left else 0) | (RIGHT if x < right else 0)
            bits[x, y] = bits.get((x, y), 0) | more
    for end in route.ends:
        bits[end.x, end.y] |= UP if end.up else DOWN
    tops = {(x, top) for x, top, _ in route.verticals}
    bottoms = {(x, bottom) for x, _, bottom in route.verticals}
    for x, top in tops:  # pieces of one net that follow each other, in a layer and its channels
        if (x, top - 1) in bottoms:
            bits[x, top] |= UP
            bits[x, top - 1] |= DOWN
    return bits
