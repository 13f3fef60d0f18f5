"""The log: how it is shown, and where its lines lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.log import LogPlace, parse_fold

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen


class LogController:
    """Actions that only the log pane has."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def log_times(self) -> None:
        """Times in the log, or not."""
        session = self._screen.session
        session.log_times = not session.log_times
        self._shown(
            "a line for each second in the log" if session.log_times else "no times in the log"
        )

    def log_wrap(self) -> None:
        """Long lines broken, or cut."""
        session = self._screen.session
        session.log_wrap = not session.log_wrap
        self._shown("long lines are broken" if session.log_wrap else "long lines are cut")

    def log_traces(self) -> None:
        """All stack traces, or only their first lines."""
        session = self._screen.session
        session.log_traces = not session.log_traces
        session.log_turned.clear()
        self._shown("stack traces are " + ("shown" if session.log_traces else "folded"))

    def log_fold(self) -> None:
        """The stack trace of the line that the keys are for."""
        screen = self._screen
        turned = screen.presenter.log.fold_at(screen.log_pane.cursor)
        if turned is None:
            screen.notice("nothing is folded in this line")
        else:
            self.turn(*turned)

    def fold_by_link(self, link: str) -> None:
        """A click on the count of folded lines."""
        self.turn(*parse_fold(link))

    def turn(self, n: int, entry: int) -> None:
        """Fold or unfold one entry."""
        screen = self._screen
        screen.session.log_turned ^= {(n, entry)}
        screen.log_pane.held = True
        screen.refresh_views()
        place = LogPlace(screen.session.store.pos(n), screen.log_pane.cursor.line)
        if place.pos == screen.log_pane.cursor.pos:
            screen.log_pane.show_cursor(place)

    def go_to_line(self, place: LogPlace) -> None:
        """To the transition of a line, and to the state that it tells of; the window stays."""
        screen = self._screen
        state = screen.presenter.log.state_at(place)
        pane = screen.log_pane
        pane.cursor, pane.held, pane.staying = place, True, True
        screen.moves.go_to_pos(place.pos)
        if state:
            pane.staying = True
            screen.moves.select_state(state)

    def _shown(self, words: str) -> None:
        """The log looks otherwise: say how, and keep the line in sight."""
        screen = self._screen
        screen.notice(words)
        screen.refresh_views()
        screen.log_pane.show_cursor(LogPlace(screen.log_pane.cursor.pos))
