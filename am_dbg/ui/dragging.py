"""Dragging the borders of a pane with the mouse."""

from __future__ import annotations

from textual import events
from textual.widget import Widget

from am_dbg.ui.borders import Edge
from am_dbg.ui.messages import BorderDragged, BorderDropped


class BorderDrag(Widget):
    """A framed pane whose edges can be dragged. A press that doesn't move is a plain click."""

    slim = False
    pane = ""
    _edges: tuple[Edge, ...] = ()
    _pressed = (0, 0)
    _dragged = False

    def _edges_at(self, x: int, y: int) -> tuple[Edge, ...]:
        """Edges that a press there may drag: a slim frame has neither a left nor a lower one."""
        edges: list[Edge] = []
        if y == 0:
            edges.append("top")
        elif y == self.size.height - 1 and not self.slim:
            edges.append("bottom")
        if x == self.size.width - 1:
            edges.append("right")
        elif x == 0 and not self.slim:
            edges.append("left")
        return tuple(edges)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press on an edge may become a drag."""
        self._dragged = False
        self._edges = self._edges_at(int(event.x), int(event.y))
        self._pressed = int(event.screen_x), int(event.screen_y)
        if self._edges:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the border along."""
        if not self._edges:
            return
        x, y = int(event.screen_x), int(event.screen_y)
        if (x, y) == self._pressed and not self._dragged:
            return
        self._dragged = True
        for edge in self._edges:
            self.post_message(BorderDragged(self.pane, edge, x, y))

    def on_mouse_up(self) -> None:
        """Let it go."""
        if self._edges:
            self._edges = ()
            self.release_mouse()
            if self._dragged:
                self.post_message(BorderDropped())

    def was_dragged(self) -> bool:
        """Whether the click that comes is the end of a drag."""
        dragged, self._dragged = self._dragged, False
        return dragged
