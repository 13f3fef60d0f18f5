"""The diagram pane: which diagram, how much of it, scrolling, copying."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from am_dbg.model.diagram.graph import Graph
from am_dbg.model.diagram.mermaid import mermaid
from am_dbg.model.diagram.view import NETWORK, SCHEMA, STEPS, DiagramView, Wanted
from am_dbg.model.text import Token
from am_dbg.ui.grid_pane import GridPane
from am_dbg.ui.layout import DIAGRAM, PANES

if TYPE_CHECKING:
    from am_dbg.ui.messages import CellClicked
    from am_dbg.ui.screen import MainScreen

ACROSS = 10
"""Columns that the keys scroll."""


class DiagramController:
    """Actions of the diagram pane."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.wanted = Wanted()
        self._left = 0
        self._place: tuple[object, ...] = ()
        self._before: tuple[str, str] | None = None
        self.forget()

    def forget(self) -> None:
        """Hold on to nothing of another store."""
        session = self._screen.session
        self.view = DiagramView(session.store, session.cursor, self.wanted, 0)

    def make_pane(self) -> GridPane:
        """The pane, new."""
        return GridPane(DIAGRAM, PANES.index(DIAGRAM) + 1, "Diagram")

    @property
    def _pane(self) -> GridPane:
        pane = self._screen.panes[DIAGRAM]
        assert isinstance(pane, GridPane)  # made by make_pane
        return pane

    # -- showing ---------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw it as it is now, if it is seen; another selected box is scrolled into sight."""
        pane, session = self._pane, self._screen.session
        if not pane.display or not pane.columns:
            return
        cursor = session.cursor
        wanted = replace(self.wanted, group=session.group if self.wanted.kind == SCHEMA else "")
        place = (cursor.machine, cursor.state, wanted, pane.columns)
        view = DiagramView(session.store, cursor, wanted, pane.columns, self._left)
        centre = view.centre() if place != self._place else None
        if centre is not None:
            left, right = view.left, view.left + view.room
            if not left + 6 <= centre[0] <= right - 6:
                self._left = centre[0] - view.room // 2
                view = DiagramView(session.store, cursor, wanted, pane.columns, self._left)
        self._left, self.view = view.left, view
        pane.show_grid(
            view, view.selected, view.title(), view.hint(), view.head(pane.columns), None
        )
        if place != self._place:
            self._place = place
            self._reveal(centre)

    def _reveal(self, centre: tuple[int, int] | None) -> None:
        pane = self._pane
        if centre is None:
            if self.view.selected is None:
                pane.scroll_share(0)
        elif not pane.top + 1 <= centre[1] < pane.top + pane.rows - 1:
            pane.scroll_rows(centre[1] - pane.rows // 2 - pane.top)

    # -- actions ---------------------------------------------------------------------------------

    def focus_diagram(self) -> None:
        """The diagram pane, where it is."""
        self._screen.bring_to_front(DIAGRAM)

    def diagram(self) -> None:
        """The diagram over all panes, or back to how they were."""
        screen = self._screen
        if screen.pane == DIAGRAM and screen.maximised == DIAGRAM:
            pane, maximised = self._before or ("machines", "")
            screen.maximised = maximised
            screen.bring_to_front(pane)
            return
        self._before = (screen.pane, screen.maximised)
        screen.maximised = DIAGRAM
        screen.bring_to_front(DIAGRAM)

    def diagram_kind(self) -> None:
        """Schema, network, steps."""
        self._show(self.wanted.next_kind())

    def diagram_wider(self) -> None:
        """More around the selected one."""
        self._around(1)

    def diagram_narrower(self) -> None:
        """Less around it."""
        self._around(-1)

    def _around(self, by: int) -> None:
        if self.wanted.kind == STEPS:
            self._screen.notice("all steps are shown")
            return
        after = self.wanted.wider(by, self.view.within())
        if after == self.wanted:
            self._screen.notice("that is all around it" if by > 0 else "it stands alone already")
            return
        self._show(after)
        what = "links" if self.wanted.kind == NETWORK else "relations"
        self._screen.notice(f"up to {after.within} {what} around")

    def diagram_lines(self) -> None:
        """One kind of line after another."""
        if self.wanted.kind == STEPS:
            self._screen.notice("steps have one kind of line")
            return
        self._show(self.wanted.next_lines())

    def _show(self, wanted: Wanted) -> None:
        if wanted.kind != self.wanted.kind:
            self._left = 0
        self.wanted = wanted
        self._screen.refresh_views()

    def diagram_left(self) -> None:
        """Columns further left."""
        self.scroll(-ACROSS)

    def diagram_right(self) -> None:
        """Columns further right."""
        self.scroll(ACROSS)

    def scroll(self, columns: int) -> None:
        """So many columns to the right, or left when negative."""
        before = self._left
        self._left = max(0, before + columns)
        self._screen.refresh_views()
        if self._left == before:
            self._screen.notice(f"the {'first' if columns < 0 else 'last'} column is in sight")

    def by(self, rows: int) -> None:
        """So many rows down."""
        pane = self._pane
        before = pane.top
        pane.scroll_rows(rows)
        if pane.top == before:
            self._screen.notice(f"the {'last' if rows > 0 else 'first'} row is in sight")

    def copy_diagram(self) -> None:
        """As Mermaid, through the terminal (OSC 52)."""
        screen = self._screen
        text = mermaid(self.view.diagram)
        screen.app.copy_to_clipboard(text)
        lines = text.count("\n")
        screen.notice(f"copied the {self.wanted.kind} as Mermaid ({lines} lines)", Token.ACTIVE)

    def cell_clicked(self, event: CellClicked) -> None:
        """Select what a box stands for; of the steps, go to the step."""
        moves = self._screen.moves
        if self.wanted.kind == STEPS:
            events = getattr(self.view.diagram, "events", ())
            if 0 <= event.row < len(events) and events[event.row].number:
                moves.go_to_step(events[event.row].number)
            return
        key = self.view.target_at(event.x, event.row)
        if not key or not isinstance(self.view.diagram, Graph):
            return
        if self.wanted.kind == NETWORK:
            moves.select_machine(int(key))
        else:
            moves.select_state(key)
