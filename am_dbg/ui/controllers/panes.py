"""Which pane has the focus, how large it is, and what the panes show of their subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.states import groups
from am_dbg.ui.layout import PANES

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

LOG_LEVELS = ("nothing", "external", "changes", "operations", "decisions", "everything")


class PaneController:
    """Pane actions, and the section *View*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def focus_machines(self) -> None:
        """The machines pane."""
        self._screen.bring_to_front("machines")

    def focus_states(self) -> None:
        """The states pane."""
        self._screen.bring_to_front("states")

    def focus_history(self) -> None:
        """The history pane."""
        self._screen.bring_to_front("history")

    def focus_log(self) -> None:
        """The log pane."""
        self._screen.bring_to_front("log")

    def focus_details(self) -> None:
        """The details pane."""
        self._screen.bring_to_front("details")

    def next_pane(self) -> None:
        """The pane with the next number."""
        self._cycle(1)

    def previous_pane(self) -> None:
        """The pane with the number before."""
        self._cycle(-1)

    def _cycle(self, by: int) -> None:
        screen, hidden = self._screen, self._screen.layouts.hidden()
        at = PANES.index(screen.pane)
        ahead = (PANES[(at + by * i) % len(PANES)] for i in range(1, len(PANES) + 1))
        screen.bring_to_front(next((name for name in ahead if name not in hidden), screen.pane))

    def zoom(self) -> None:
        """Maximise the focused pane, or put it back."""
        screen = self._screen
        screen.maximised = "" if screen.maximised else screen.pane
        screen.lay_out()

    def unzoom(self) -> bool:
        """Put a maximised pane back; False when none is."""
        if not self._screen.maximised:
            return False
        self.zoom()
        return True

    def why(self) -> None:
        """The chain of causes of the shown transition."""
        screen = self._screen
        screen.bring_to_front("details")
        screen.refresh_views()  # the pane may not have been seen before
        screen.presenter.show_section("Why")
        screen.refresh_views()

    def groups(self) -> None:
        """All states, then under their groups, then each group alone."""
        screen, session = self._screen, self._screen.session
        names = [name for name, _ in groups(session.store, session.cursor)]
        if not names:
            screen.notice("this machine's schema has no groups")
            return
        if session.headings:
            session.headings, session.group = False, names[0]
        elif session.group in names:
            following = [*names[names.index(session.group) + 1 :], ""]
            session.group = following[0]
        else:
            session.headings, session.group = True, ""
        screen.refresh_views()

    def log_more(self) -> None:
        """A log level more."""
        self._level(1)

    def log_less(self) -> None:
        """A log level less."""
        self._level(-1)

    def _level(self, by: int) -> None:
        session = self._screen.session
        level = max(1, min(len(LOG_LEVELS) - 1, session.log_level + by))
        if level == session.log_level:
            self._screen.notice(f"log level {level} is the {'highest' if by > 0 else 'lowest'}")
            return
        session.log_level = level
        self._screen.filtering.keep()
        self._screen.notice(f"log level {level}: {LOG_LEVELS[level]}")
        self._screen.refresh_views()
