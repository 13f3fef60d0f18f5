"""Fills the panes: calls the view models with the session and hands their lines to the widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.details import DetailsView
from am_dbg.model.empty import empty_screen
from am_dbg.model.filters import filter_text
from am_dbg.model.history import HistoryView
from am_dbg.model.log import LogView
from am_dbg.model.machines import MachinesView
from am_dbg.model.playing import playing_words
from am_dbg.model.sentence import sentence
from am_dbg.model.states import StatesView
from am_dbg.model.status import Signs, connection_lines, status_line
from am_dbg.model.text import Span, Token
from am_dbg.model.timeline import Timeline
from am_dbg.model.visited import go_back, go_forward
from am_dbg.ui.timelines import show_timelines

if TYPE_CHECKING:
    from am_dbg.ui.line_pane import LinePane
    from am_dbg.ui.screen import MainScreen


class Presenter:
    """Holds the views that are on screen; rebuilt after every move and at each live repaint."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._shown: tuple[int, int, int | None] | None = None
        self._moved = False
        self.states_offset = 0
        self.details_row = 0
        self.forget()

    def forget(self) -> None:
        """Hold on to nothing of another store."""
        store, cursor = self._screen.session.store, self._screen.session.cursor
        self.machines = MachinesView(store, cursor)
        self.states = StatesView(store, cursor)
        self.history = HistoryView(store, cursor)
        self.log = LogView(store, cursor)
        self.details = DetailsView(store, cursor)
        self.timeline: Timeline | None = None

    def present(self) -> None:
        """Show the session as it is now."""
        screen, session = self._screen, self._screen.session
        self._bars()
        if session.machine is None:
            self._empty()
            return
        moved = session.position != self._shown
        self._shown = session.position
        self._moved = moved
        self._machines()
        self._states()
        if screen.history.display:
            self._history()
        if screen.log_pane.display:
            self._log()
        if screen.details.display:
            self._details()
        screen.grids.show()
        screen.diagrams.show()

    # -- panes -----------------------------------------------------------------------------------

    def _machines(self) -> None:
        session, pane = self._screen.session, self._screen.machines
        needle = session.search.get("machines", "")
        hidden = session.lens.hidden_machines(session.cursor.moment)
        view = MachinesView(session.store, session.cursor, needle, session.collapsed, hidden)
        self.machines = view
        hint = f"{view.found} of {len(session.store.machines)} match {needle}" if needle else ""
        pane.show(view, view.index_of(session.cursor.machine), view.title(), hint)

    def _states(self) -> None:
        session, pane = self._screen.session, self._screen.states
        needle = session.search.get("states", "")
        expanded = set(session.expanded)
        if self._screen.roomy and session.cursor.state:
            expanded.add(session.cursor.state)  # open by itself where there is room
        view = StatesView(
            session.store,
            session.cursor,
            session.group,
            needle,
            expanded,
            session.headings,
        )
        self.states = view
        pane.show(view, self._states_selected(view), view.title())

    def _states_selected(self, view: StatesView) -> int | None:
        """The selected state's row, or the row of its relations that was chosen."""
        state = self._screen.session.cursor.state
        row = view.index_of(state) if state else None
        if row is None:
            return None
        chosen = row + self.states_offset
        if chosen >= len(view) or view.row(chosen).state != state:
            chosen, self.states_offset = row, 0
        return chosen

    def _history(self) -> None:
        session, pane = self._screen.session, self._screen.history
        self.history = HistoryView(session.store, session.cursor, session.lens.visible)
        title = self.history.title(pane.columns)
        pane.show(self.history, self.history.index_of(session.cursor.pos), title)
        self._mark(pane)

    def _log(self) -> None:
        session, pane = self._screen.session, self._screen.log_pane
        self.log = LogView(
            session.store,
            session.cursor,
            session.log_level,
            session.log_times,
            session.lens.visible,
            wrap=pane.columns if session.log_wrap else 0,
            traces=session.log_traces,
            turned=frozenset(session.log_turned),
        )
        machine = session.machine
        pane.show_log(self.log, self.log.title(), len(machine) if machine else 0)
        self._mark(pane)

    def _details(self) -> None:
        session, pane = self._screen.session, self._screen.details
        before = self.section
        offset = self.details_row - (self.details.row_of(before) or 0)
        self._screen.reader.look_back()
        self.details = DetailsView(session.store, session.cursor, session.folded)
        self.show_section(before)
        if not self._moved:  # other sections may have more rows than before
            self.details_row += offset
        if self._moved and session.cursor.step is not None:  # go along with the steps
            self._show_step(session.cursor.step)
        self.details_row = max(0, min(self.details_row, len(self.details) - 1))
        pane.show(self.details, self.details_row, self.details.title())
        self._mark(pane)

    def _mark(self, pane: LinePane) -> None:
        """Highlight what is searched for there; a search in the history looks at all of them."""
        search = self._screen.session.search
        needle = search.get(pane.pane, "")
        count = self._screen.search.texts.count(pane.pane, needle) if needle else ""
        hint = " ".join(filter(None, (f"/{needle}", count, "n N esc"))) if needle else ""
        pane.mark(needle or search.get("history", ""), hint)

    @property
    def section(self) -> str:
        """The section of the details that the selected row belongs to."""
        row = self.details_row
        return self.details.section_at(row) if row < len(self.details) else ""

    def show_section(self, name: str) -> None:
        """Select the heading of a section of the details; the first row when there is none."""
        self.details_row = self.details.row_of(name) or 0

    def _show_step(self, step: int) -> None:
        rows = (i for i in range(len(self.details)) if self.details.step_at(i) == step)
        self.details_row = next(rows, self.details_row)

    def _empty(self) -> None:
        session, bar = self._screen.session, self._screen.empty
        lines = list(empty_screen(session.store, session.listen, session.recording))
        if session.store.status.errors:
            lines += [(), *connection_lines(session.store, bar.columns)]
        bar.show(*lines)

    # -- bars ------------------------------------------------------------------------------------

    def _bars(self) -> None:
        screen, session = self._screen, self._screen.session
        store, cursor = session.store, session.cursor
        width = screen.top_line.columns
        signs = Signs(
            playing_words(session.pace),
            go_back(session.visited) is not None,
            go_forward(session.visited) is not None,
        )
        screen.top_line.show(
            status_line(
                store,
                cursor,
                width,
                session.files,
                session.live,
                filter_text(session.lens, cursor.machine),
                signs,
            )
        )
        if session.trouble:
            screen.trouble.show((Span(f"! {session.trouble}", Token.ERROR),))
        else:
            screen.trouble.show((Span(session.left_out, Token.WARNING),))
        if session.machine is None:
            screen.sentence.show()
            screen.timeline.show()
            return
        screen.sentence.show(sentence(store, cursor, screen.sentence.columns))
        self.timeline = show_timelines(
            screen.timeline, store, cursor, len(session.machine), session.lens.visible
        )
