"""Filters: the menu, a command for each, and what a move says of what it passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.cursor import Cursor, Move, refresh
from am_dbg.model.filter_menu import DEFAULTS, DISCONNECTED, EVERYTHING, SCOPE, FilterMenu
from am_dbg.model.filters import CHOICE, EVERYTHING_SHOWN, Filters, FilterSet, filter_text
from am_dbg.model.format import clean, thousands
from am_dbg.model.text import Token
from am_dbg.ui.filter_screen import FilterScreen
from am_dbg.ui.remembered import remember

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

REMEMBERED = "filters"
"""Name of what is kept across runs."""


class FilterController:
    """Actions that change what is shown. ``own``: of the selected machine only, else of all."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.own = False

    # -- the menu --------------------------------------------------------------------------------

    def filters(self) -> None:
        """The menu."""
        machine = self._screen.session.machine
        self.own = machine is not None and machine.label in self._screen.session.filters.machines
        self._screen.app.push_screen(FilterScreen(self._screen.palette, self))

    def menu(self) -> FilterMenu:
        """Its rows as they are now."""
        session = self._screen.session
        return FilterMenu(session.lens, session.cursor.machine, self.own, session.cursor.moment)

    def change(self, name: str, by: int = 1) -> None:
        """The next value of a row of the menu, or the one before."""
        session = self._screen.session
        filters, label = session.filters, self._label
        if name == SCOPE:
            self.own = not self.own
            return
        if name == DISCONNECTED:
            self._use(FilterSet(filters.everywhere, filters.machines, not filters.disconnected))
        elif name == EVERYTHING:
            self._use(filters.reset(EVERYTHING_SHOWN, label))
        elif name == DEFAULTS:
            self._use(filters.reset(Filters(), label))
        else:
            value = CHOICE[name].following(getattr(filters.of(label), name), by)
            self._use(filters.changed(name, value, label))

    @property
    def _label(self) -> str | None:
        """Whose filters are changed: None for all machines'."""
        machine = self._screen.session.machine
        return machine.label if self.own and machine is not None else None

    def _use(self, filters: FilterSet) -> None:
        screen, session = self._screen, self._screen.session
        session.filters = filters
        session.cursor = refresh(session.store, session.cursor, session.lens.visible)
        self.keep()
        screen.refresh_views()

    def keep(self) -> None:
        """For the next run."""
        remember(REMEMBERED, self._screen.session.filters)

    # -- commands --------------------------------------------------------------------------------

    def filter_canceled(self) -> None:
        """Canceled transitions."""
        self._command("canceled")

    def filter_queued(self) -> None:
        """Records of queued mutations."""
        self._command("queued")

    def filter_auto(self) -> None:
        """Automatic transitions."""
        self._command("auto")

    def filter_empty(self) -> None:
        """Transitions without change."""
        self._command("empty")

    def filter_health(self) -> None:
        """Signs of life."""
        self._command("health")

    def filter_checks(self) -> None:
        """Questions."""
        self._command("checks")

    def filter_group(self) -> None:
        """What calls no state of the selected group."""
        self._command("group")

    def filter_disconnected(self) -> None:
        """Machines that aren't connected."""
        self.change(DISCONNECTED)
        shown = self._screen.session.filters.disconnected
        self._screen.notice(f"machines not connected: {'shown' if shown else 'hidden'}")

    def filter_nothing(self) -> None:
        """Show everything."""
        self.change(EVERYTHING)
        self._screen.notice("everything is shown")

    def filter_defaults(self) -> None:
        """As at first."""
        self.change(DEFAULTS)
        self._screen.notice("the filters are as at first")

    def _command(self, name: str) -> None:
        self.change(name)
        screen, session = self._screen, self._screen.session
        choice = CHOICE[name]
        value = choice.value_words(getattr(session.filters.of(self._label), name))
        whose = f" in {clean(self._label)}" if self._label else ""
        counted = filter_text(session.lens, session.cursor.machine)
        screen.notice(f"{choice.words}{whose}: {value}   ({counted})")

    # -- what moves say --------------------------------------------------------------------------

    def moved(self, before: Cursor, move: Move) -> None:
        """Say what was passed over, and that what is shown is hidden otherwise."""
        screen, lens = self._screen, self._screen.session.lens
        after = move.cursor
        screen.footer.aside(f"{thousands(move.skipped)} hidden skipped" if move.skipped else "")
        if after.machine < 0 or (before.machine, before.pos) == (after.machine, after.pos):
            return
        if why := lens.why_hidden(after.machine, after.pos):
            told = f"{move.message}; " if move.message else ""
            text = f"{told}filters hide this one ({why}); it is shown while you are at it"
            screen.notice(text, Token.WARNING)
