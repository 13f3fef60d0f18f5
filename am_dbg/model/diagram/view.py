"""The diagram pane: which diagram, how much of it, and its rows in a window that scrolls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from am_dbg.model.cursor import Cursor
from am_dbg.model.diagram.drawn import Drawing, drawing_of, legend
from am_dbg.model.diagram.graph import Diagram, Graph, Kind
from am_dbg.model.diagram.network import Circle, network_graph
from am_dbg.model.diagram.rows import PINNED, SequenceDrawing
from am_dbg.model.diagram.schema import RELATIONS, Region, schema_graph
from am_dbg.model.diagram.steps import steps_sequence
from am_dbg.model.format import crop_line, plural, thousands
from am_dbg.model.text import Line, Span, Token
from am_dbg.store import Store

SCHEMA, NETWORK, STEPS = "schema", "network", "steps"
KINDS = (SCHEMA, NETWORK, STEPS)
LINKS = (Kind.PARENT, Kind.PIPE, Kind.SOURCE)
MOST_WITHIN = 9
NARROWEST = 40
"""Columns that a graph is laid out for at least: below, it scrolls."""


@dataclass(frozen=True)
class Wanted:
    """What the user wants to see. ``only``: one kind of line; None: all of them.

    ``within``: how many relations or links around; None: all, or as many as stay readable.
    """

    kind: str = SCHEMA
    within: int | None = None
    only: Kind | None = None
    group: str = ""

    def next_kind(self) -> Wanted:
        """The next diagram."""
        return Wanted(KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)], group=self.group)

    def next_lines(self) -> Wanted:
        """Only the next kind of line; at last all of them again."""
        kinds: tuple[Kind | None, ...] = (
            None,
            *(RELATIONS if self.kind == SCHEMA else LINKS if self.kind == NETWORK else ()),
        )
        at = kinds.index(self.only) if self.only in kinds else 0
        return replace(self, only=kinds[(at + 1) % len(kinds)])

    def wider(self, by: int, shown: int | None) -> Wanted:
        """More or less around; ``shown`` is how much is around now."""
        within = (self.within if self.within is not None else shown) or 0
        return replace(self, within=max(0, min(MOST_WITHIN, within + by)))


def diagram_of(store: Store, cursor: Cursor, wanted: Wanted) -> Diagram:
    """The diagram at the cursor."""
    if wanted.kind == STEPS:
        return steps_sequence(store, cursor)
    only = (wanted.only,) if wanted.only is not None else None
    if wanted.kind == NETWORK:
        return network_graph(store, cursor, Circle(wanted.within, only or LINKS))
    return schema_graph(store, cursor, Region(wanted.within, wanted.group, only or RELATIONS))


class DiagramView:
    """Rows of a diagram, ``width`` cells wide, scrolled ``left`` columns to the right."""

    def __init__(
        self, store: Store, cursor: Cursor, wanted: Wanted, width: int, left: int = 0
    ) -> None:
        self.wanted = wanted
        self.diagram = diagram = diagram_of(store, cursor, wanted)
        self._width = width
        self._drawing: Drawing | SequenceDrawing
        if isinstance(diagram, Graph):
            self._drawing = drawing_of(store, diagram, max(width, NARROWEST))
            self._pinned = 0
        else:
            self._drawing = SequenceDrawing(diagram)
            self._pinned = PINNED
        self.left = max(0, min(left, self.columns - self.room))

    @property
    def columns(self) -> int:
        """Columns there are."""
        return self._drawing.width

    @property
    def room(self) -> int:
        """Columns that are seen at a time."""
        if isinstance(self._drawing, SequenceDrawing):
            return self._width - self._drawing.words_width(self._width)
        return self._width

    def __len__(self) -> int:
        return max(0, len(self._drawing) - self._pinned)

    def line(self, i: int, width: int) -> Line:
        """Row ``i`` of those that scroll."""
        return self._drawing.line(i + self._pinned, self.left, width)

    @property
    def selected(self) -> int | None:
        """The row of the current step; None in a graph, and while nothing is stepped."""
        if isinstance(self._drawing, SequenceDrawing) and self._drawing.current is not None:
            return self._drawing.current - self._pinned
        return None

    def head(self, width: int) -> list[Line]:
        """What stays above: the names of the columns, or what the lines mean."""
        if isinstance(self._drawing, SequenceDrawing):
            return [self._drawing.line(0, self.left, width)] if len(self) else []
        told = legend(self._drawing.graph)
        return [crop_line(told, width)] if told else []

    def title(self) -> Line:
        """``Diagram schema of sim-p2``, how much of it, what is left out."""
        diagram, kind = self.diagram, self.wanted.kind
        spans = [Span("Diagram", Token.TITLE), Span(f" {kind} ")]
        if isinstance(diagram, Graph):
            noun = "machine" if kind == NETWORK else "state"
            shown = len(diagram.nodes)
            whole = shown + diagram.hidden
            count = f"{thousands(shown)} of {plural(whole, noun)}" if diagram.hidden else ""
            spans.append(Span(count or plural(shown, noun), Token.NUMBER))
        else:
            spans.append(Span(diagram.title, Token.CALLED))
        if diagram.remark:
            spans.append(Span(f" {diagram.remark}", Token.DIM))
        return tuple(spans)

    def hint(self) -> str:
        """What the keys do here, and whether there is more at the sides."""
        parts = [f"space {self.wanted.next_kind().kind}"]
        if self.wanted.kind != STEPS:
            lines = self.wanted.only.value if self.wanted.only else "all lines"
            parts += ["+ - around", f"r {lines}"]
        if self.columns > self.room:
            last = min(self.columns, self.left + self.room)
            parts.append(f"< > columns {self.left + 1}-{last} of {self.columns}")
        return "  ".join(parts)

    def within(self) -> int | None:
        """How much is around the middle now; None: everything."""
        if self.wanted.within is not None:
            return self.wanted.within
        return 2 if isinstance(self.diagram, Graph) and self.diagram.hidden else MOST_WITHIN

    def centre(self) -> tuple[int, int] | None:
        """Column and row of the selected box."""
        if not isinstance(self._drawing, Drawing):
            return None
        for node in self._drawing.graph.nodes:
            box = self._drawing.layout.box(node.key) if node.selected else None
            if box is not None:
                return box.x + box.width // 2, box.y + 1
        return None

    def target_at(self, x: int, y: int) -> str:
        """The state, or the number of the machine, of the box at a cell; "" where there is none."""
        if not isinstance(self._drawing, Drawing):
            return ""
        node = self._drawing.node_at(self.left + x, y)
        return "" if node is None else node.key
