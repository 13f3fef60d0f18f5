"""Rows of the focused pane: choosing, paging, opening, folding; what a row is differs by pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.log import LogPlace
from am_dbg.model.states import StateRow

if TYPE_CHECKING:
    from am_dbg.ui.line_pane import LinePane
    from am_dbg.ui.screen import MainScreen

MANY = 1 << 30
"""More lines than any transition has."""


class RowController:
    """Row actions of the section *Panes and rows*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    @property
    def _pane(self) -> LinePane:
        return self._screen.panes[self._screen.pane]

    def up(self) -> None:
        """A row up."""
        self._by(-1)

    def down(self) -> None:
        """A row down."""
        self._by(1)

    def page_up(self) -> None:
        """A page up."""
        self._by(1 - max(2, self._pane.rows))

    def page_down(self) -> None:
        """A page down."""
        self._by(max(2, self._pane.rows) - 1)

    def row_first(self) -> None:
        """The first row."""
        if self._screen.pane == "log":
            self._screen.log_pane.show_cursor(LogPlace(-1))
        elif self._screen.pane == "diagram":
            self._pane.scroll_share(0.0)
        else:
            self._choose(0)

    def row_last(self) -> None:
        """The last row."""
        if self._screen.pane == "log":
            self._screen.log_pane.show_cursor(LogPlace(self._screen.log_pane.length, MANY))
        elif self._screen.pane == "diagram":
            self._pane.scroll_share(1.0)
        else:
            self._choose(len(self._pane.lines) - 1)

    def _by(self, rows: int) -> None:
        pane, name = self._pane, self._screen.pane
        if name == "log":
            if not self._screen.log_pane.move_cursor(rows):
                self._screen.notice(f"already at the {'last' if rows > 0 else 'first'} line")
        elif name in ("history", "rain"):
            self._screen.moves.by(rows)
        elif name in ("activity", "matrix"):
            self._screen.grids.by(name, rows)
        elif name == "diagram":
            self._screen.diagrams.by(rows)
        elif pane.selected is None:
            self._choose(pane.top)
        elif name == "states":
            self._choose(self._past_relations(pane.selected, rows), rows)
        else:
            self._choose(pane.selected + rows, rows)

    def _past_relations(self, row: int, rows: int) -> int:
        """The row so many further, without the relations that are open only by themselves."""
        view, pinned = self._screen.presenter.states, self._screen.session.expanded
        direction = 1 if rows > 0 else -1
        for _ in range(abs(rows)):
            following = row + direction
            while 0 <= following < len(view) and not _stands(view.row(following), pinned):
                following += direction
            if not 0 <= following < len(view):
                break
            row = following
        return row

    def _choose(self, row: int, direction: int = 1) -> None:
        last = len(self._pane.lines) - 1
        before = self._pane.selected
        row = max(0, min(row, last))
        self.choose(self._screen.pane, row, 0)
        if row == before and abs(direction) >= 1 and last >= 0:
            self._screen.notice(f"already at the {'last' if row == last else 'first'} row")

    def choose(self, pane: str, row: int, y: int) -> None:
        """Select a row of a pane; ``y`` is its place in the window, for the log."""
        screen, shown = self._screen, self._screen.presenter
        if pane == "machines" and row < len(shown.machines):
            screen.moves.select_machine(shown.machines.machine_at(row))
        elif pane == "states" and row < len(shown.states):
            self._choose_state(row)
        elif pane == "history":
            screen.moves.go_to_pos(shown.history.pos_at(row))
        elif pane == "rain":
            screen.moves.go_to_pos(screen.grids.rain.pos_at(row))
        elif pane in ("activity", "matrix"):
            screen.grids.choose(
                pane, row, -1 if row and row == len(screen.panes[pane].lines) - 1 else 1
            )
        elif pane == "log":
            rows = screen.log_pane.log_rows
            if y < len(rows):
                screen.logs.go_to_line(rows[y].place)
        elif pane == "details":
            shown.details_row = row
            self._name_state(shown.details.state_at(row) if row < len(shown.details) else "")

    def _name_state(self, state: str) -> None:
        """Select the state that a row of the details tells of, if the machine has it."""
        screen = self._screen
        machine = screen.session.machine
        if machine is not None and state in machine.index:
            screen.moves.select_state(state)
        else:
            screen.refresh_views()

    def _choose_state(self, row: int) -> None:
        """A state, or a row below it; those are counted from their state's, since others fold."""
        shown = self._screen.presenter
        state = shown.states.row(row).state
        if state:  # not a heading
            shown.states_offset = row - (shown.states.index_of(state) or 0)
            self._screen.moves.select_state(state)

    def enter(self) -> None:
        """Open the selected row: what a click on its link would do, else fold or unfold it."""
        screen, shown = self._screen, self._screen.presenter
        if screen.pane == "log":
            screen.logs.go_to_line(screen.log_pane.cursor)
            return
        row = self._pane.selected
        if row is None:
            return
        if screen.pane == "states" and row < len(shown.states):
            about = shown.states.row(row)
            if about.kind == "relation" and about.names:
                shown.states_offset = 0
                screen.moves.select_state(about.names[0])
                return
        if screen.pane == "details" and self._enter_details(row):
            return
        self.expand()

    def _enter_details(self, row: int) -> bool:
        """Go where a row of the details leads; False when it leads nowhere."""
        details, moves = self._screen.presenter.details, self._screen.moves
        if row >= len(details):
            return False
        if link := details.link_at(row):
            moves.go(link)
        elif (step := details.step_at(row)) is not None:
            moves.go_to_step(step)
        elif state := details.state_at(row):
            moves.select_state(state)
        else:
            return False
        return True

    def expand(self) -> None:
        """Fold or unfold what the selected row belongs to."""
        screen, shown, session = self._screen, self._screen.presenter, self._screen.session
        row = self._pane.selected
        if row is None:
            return
        if screen.pane == "machines" and row < len(shown.machines):
            if shown.machines.has_children(row):
                session.collapsed ^= {shown.machines.machine_at(row)}
            else:
                screen.notice("this machine has no children")
        elif screen.pane == "states" and session.cursor.state:
            session.expanded ^= {session.cursor.state}
        elif screen.pane == "details" and row < len(shown.details):
            section = shown.details.section_at(row)
            session.folded ^= {section}
        screen.refresh_views()


def _stands(about: StateRow, pinned: set[str]) -> bool:
    """Whether the arrows stop at a row of the states pane."""
    return about.kind == "state" or about.state in pinned
