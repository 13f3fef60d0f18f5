"""Draws diagrams as lines of spans: boxes and lines of box characters, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from am_dbg.model.diagram.graph import KIND_TOKENS, Graph, Kind, Node
from am_dbg.model.diagram.layout import Box, Layout, Route, place
from am_dbg.model.diagram.ways import DOWN, LEFT, RIGHT, UP, Bits, directions_of, path
from am_dbg.model.format import LineBuilder, crop_middle
from am_dbg.model.memo import memo
from am_dbg.model.text import Line, Span, Token
from am_dbg.store import Store

LABEL_CELLS = 22
"""Longest label that a box shows whole."""
NOTE_CELLS = 4
"""Cells that a note may take: a box keeps its width whatever the clock."""


class Stroke(NamedTuple):
    """The characters of one kind of line, by the directions in which a cell is left."""

    across: str
    down: str
    turns: str = "╭╮╰╯"
    """Towards right and down, left and down, right and up, left and up."""
    tees: str = "├┤┬┴┼"


LIGHT = Stroke("─", "│")
HEAVY = Stroke("━", "┃", "┏┓┗┛", "┣┫┳┻╋")
DASHED = Stroke("╌", "╎")
DOTTED = Stroke("┈", "┊")
DOUBLE = Stroke("═", "║", "╔╗╚╝", "╠╣╦╩╬")

STROKES = {
    Kind.REQUIRE: LIGHT,
    Kind.ADD: HEAVY,
    Kind.REMOVE: DASHED,
    Kind.AFTER: DOTTED,
    Kind.PARENT: LIGHT,
    Kind.PIPE: DOUBLE,
    Kind.SOURCE: DASHED,
}
HEADS = {
    Kind.REQUIRE: "▼▲",
    Kind.ADD: "++",
    Kind.REMOVE: "✗✗",
    Kind.AFTER: "◇◇",
    Kind.PARENT: "▼▲",
    Kind.PIPE: "▼▲",
    Kind.SOURCE: "▼▲",
}
"""What stands at the head of a line: where it goes down into a box, and up."""


def legend(graph: Graph) -> Line:
    """The kinds of line that occur, each with its stroke and head."""
    spans: list[Span] = []
    for kind in Kind:
        if any(edge.kind is kind for edge in graph.edges):
            spans += [Span("  ")] if spans else []
            stroke, token = STROKES[kind], KIND_TOKENS[kind]
            spans.append(Span(f"{stroke.across}{stroke.across}{HEADS[kind][1]}", token))
            spans.append(Span(f" {kind.value}", Token.DIM))
    return tuple(spans)


def box_label(node: Node) -> str:
    """What stands in a box, as wide as it can become: marks and notes have fixed places."""
    return f"{node.sign or ' '} {crop_middle(node.label, LABEL_CELLS)}"


def box_width(node: Node) -> int:
    """Cells of a box, borders and the places of mark and note included."""
    return cell_len(box_label(node)) + 4 + 2 + (NOTE_CELLS + 1 if node.note else 0)


@dataclass(frozen=True)
class Cell:
    """A cell of the canvas: a character of a line, and what it means."""

    char: str
    token: Token


class Drawing:
    """A graph drawn on a canvas: ``line(i, left, width)`` gives a window of row ``i``.

    The lines are drawn once; boxes are drawn as rows are asked for, so that another moment of the
    same graph (`renewed`) costs only what is seen.
    """

    def __init__(self, graph: Graph, layout: Layout) -> None:
        self.layout = layout
        self._bits: list[Bits] = [directions_of(route) for route in layout.routes]
        self._cells = _line_cells(layout.routes, self._bits)
        self._rows: dict[int, list[Box]] = {}
        for box in sorted(layout.boxes, key=lambda box: box.x):
            for y in range(box.y, box.y + box.height):
                self._rows.setdefault(y, []).append(box)
        self._joints = {
            (end.x, end.y - 1 if end.up else end.y + 1)
            for route in layout.routes
            for end in route.ends
            if not end.head
        }
        self._show(graph)

    def renewed(self, graph: Graph) -> Drawing:
        """The same drawing of a graph with the same boxes and lines, at another moment."""
        made = Drawing.__new__(Drawing)
        made.__dict__.update(self.__dict__)
        made._show(graph)
        return made

    def _show(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes = {node.key: node for node in graph.nodes}
        self._lit = self._lit_cells()

    def _lit_cells(self) -> dict[int, dict[int, Cell]]:
        """The cells of the lines that played a part, from their tails to their heads."""
        rows: dict[int, dict[int, Cell]] = {}
        for edge in self.graph.edges:
            if not edge.lit:
                continue
            for route, bits in zip(self.layout.routes, self._bits, strict=True):
                if route.net.kind is edge.kind and {edge.tail, edge.head} <= set(route.net.ends):
                    for x, y in path(route, bits, edge.tail, edge.head):
                        cell = self._cells[y][x]
                        rows.setdefault(y, {})[x] = Cell(cell.char, Token.STRONG)
        return rows

    def __len__(self) -> int:
        return self.layout.height

    @property
    def width(self) -> int:
        """Cells of the widest row."""
        return self.layout.width

    def line(self, y: int, left: int, width: int) -> Line:
        """Columns ``left`` to ``left + width`` of row ``y``."""
        spans: list[Span] = []
        x = 0
        row = {**self._cells.get(y, {}), **self._lit.get(y, {})}
        for box in self._rows.get(y, ()):
            spans += _between(row, x, box.x)
            spans += self._box_row(self._nodes[box.key], box, y)
            x = box.x + box.width
        spans += _between(row, x, max(x, self.layout.width))
        return window(spans, left, width)

    def node_at(self, x: int, y: int) -> Node | None:
        """The box at a cell."""
        for box in self._rows.get(y, ()):
            if box.x <= x < box.x + box.width:
                return self._nodes[box.key]
        return None

    def _box_row(self, node: Node, box: Box, y: int) -> Iterable[Span]:
        token = Token.STRONG if node.selected else node.token
        edge = HEAVY if node.selected else LIGHT
        if y == box.y + 1:
            return self._inside(node, box, edge, token)
        turns = edge.turns[:2] if y == box.y else edge.turns[2:]
        tee = ("┷" if node.selected else "┴", "┯" if node.selected else "┬")[y != box.y]
        middle = "".join(
            tee if (x, y) in self._joints else edge.across
            for x in range(box.x + 1, box.x + box.width - 1)
        )
        return [Span(turns[0] + middle + turns[1], token)]

    def _inside(self, node: Node, box: Box, edge: Stroke, token: Token) -> Iterable[Span]:
        builder = LineBuilder(box.width)
        builder.add(edge.down, token).add(" ")
        builder.add(node.sign or " ", node.token).add(" ")
        builder.add(crop_middle(node.label, LABEL_CELLS), token)
        builder.add(f" {node.mark or ' '}", _mark_token(node.mark))
        note = f"{node.note} " if node.note else " "
        builder.column(box.width - 1 - len(note)).add(note, Token.NUMBER)
        builder.column(box.width - 1).add(edge.down, token)
        return builder.line()


def _mark_token(mark: str) -> Token:
    return {"▲": Token.ADDED, "▼": Token.REMOVED, "✗": Token.CANCELED}.get(mark, Token.CALLED)


def draw(graph: Graph, across: int) -> Drawing:
    """Lay the graph out for about ``across`` columns and draw it."""
    widths = {node.key: box_width(node) for node in graph.nodes}
    return Drawing(graph, place(graph, widths, across))


def drawing_of(store: Store, graph: Graph, across: int) -> Drawing:
    """Like `draw`, but what was laid out is kept: another moment only changes the boxes' text."""
    shape = (
        "drawing",
        tuple((node.key, box_width(node)) for node in graph.nodes),
        tuple(edge[:4] for edge in graph.edges),
        across,
    )
    return memo(store, shape, lambda: draw(graph, across)).renewed(graph)


def window(spans: Iterable[Span], left: int, width: int) -> Line:
    """A part of a row of spans whose characters all take one cell, or are cut at whole ones."""
    made: list[Span] = []
    x, end = 0, left + width
    for span in spans:
        size = cell_len(span.text)
        if x + size > left and x < end:
            text = span.text
            if size == len(text):
                text = text[max(0, left - x) : max(0, end - x)]
            elif x < left:
                text = " " * (x + size - left)  # wide characters are not cut in halves
            if text:
                made.append(span._replace(text=text))
        x += size
    return tuple(made)


def _between(row: dict[int, Cell], start: int, end: int) -> list[Span]:
    """The cells of lines from a column to another, as spans."""
    spans: list[Span] = []
    text, token = "", Token.TEXT
    for x in range(start, end):
        cell = row.get(x)
        char, meaning = (cell.char, cell.token) if cell else (" ", token)
        if meaning is not token:
            if text:
                spans.append(Span(text, token))
            text, token = "", meaning
        text += char
    if text:
        spans.append(Span(text, token))
    return spans


def _line_cells(routes: Sequence[Route], bits: Sequence[Bits]) -> dict[int, dict[int, Cell]]:
    """All cells of all nets, by row and column. Where two cross, the upright one goes through."""
    rows: dict[int, dict[int, Cell]] = {}
    for route, cells in zip(routes, bits, strict=True):
        stroke, token = STROKES[route.net.kind], KIND_TOKENS[route.net.kind]
        for (x, y), directions in cells.items():
            row = rows.setdefault(y, {})
            if directions == LEFT | RIGHT and x in row:
                continue
            row[x] = Cell(_char(stroke, directions), token)
        for end in route.ends:
            if end.head:
                head = HEADS[route.net.kind][end.up]
                rows.setdefault(end.y, {})[end.x] = Cell(head, token)
    for route in routes:
        if route.net.label:
            _write_label(route, rows)
    return rows


def _write_label(route: Route, rows: dict[int, dict[int, Cell]]) -> None:
    """The label of a net on its longest level piece, where nothing else is."""
    plain = Cell(STROKES[route.net.kind].across, KIND_TOKENS[route.net.kind])
    text = f" {route.net.label} "
    for piece in sorted(route.horizontals, key=lambda piece: piece.left - piece.right):
        row = rows[piece.y]
        free = [
            x
            for x in range(piece.left + 1, piece.right - len(text) + 1)
            if all(row[x + i] == plain for i in range(len(text)))
        ]
        if free:
            x = free[len(free) // 2]
            row.update({x + i: Cell(char, plain.token) for i, char in enumerate(text)})
            return


def _char(stroke: Stroke, directions: int) -> str:
    upright, level = directions & (UP | DOWN), directions & (LEFT | RIGHT)
    if not level:
        return stroke.down
    if not upright:
        return stroke.across
    if upright == UP | DOWN:
        return stroke.tees[4 if level == LEFT | RIGHT else 0 if level == RIGHT else 1]
    if level == LEFT | RIGHT:
        return stroke.tees[2 if upright == DOWN else 3]
    return stroke.turns[(2 if upright == UP else 0) + (level == LEFT)]
