"""Help, palette, theme, connections, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from am_dbg.model.format import plural
from am_dbg.model.status import connection_lines
from am_dbg.ui.help import HelpScreen, TextScreen
from am_dbg.ui.keynames import shown
from am_dbg.ui.messages import ThemeWanted
from am_dbg.ui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen


class GeneralController:
    """Actions of the section *General*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def palette(self) -> None:
        """Textual's command palette, filled from the key table."""
        self._screen.app.action_command_palette()

    def help(self) -> None:
        """The key table, with the signs."""
        screen = self._screen
        screen.app.push_screen(HelpScreen(screen.palette, screen.session.keymap, screen.pane))

    def connections(self) -> None:
        """Who is connected, and what went wrong."""
        screen = self._screen
        lines = connection_lines(screen.session.store, min(100, screen.size.width - 8))
        screen.app.push_screen(TextScreen(screen.palette, "Connections", lines))

    def theme(self) -> None:
        """The other theme."""
        screen = self._screen
        if not screen.palette.colour:
            screen.notice("NO_COLOR is set: there are no colours to change")
            return
        name = LIGHT if screen.palette.name == DARK else DARK
        screen.post_message(ThemeWanted(name))

    def quit(self) -> None:
        """Leave; ask when programs are connected that would then be recorded no more."""
        screen = self._screen
        store = screen.session.store
        connected = store.status.connected if screen.recording else 0
        if not connected or not screen.session.settings.confirm:
            screen.app.exit()
            return
        if screen.asker is not None:  # what is typed stands where the question goes
            screen.asker.dropped()
        key = shown(screen.session.keymap.by_name["quit"].keys[0])
        clients = plural(connected, "program")
        screen.ask_key(
            self._confirmed,
            f"{clients} connected: what comes is recorded no more. {key} again quits, "
            "any other key stays",
        )

    def _confirmed(self, event: events.Key) -> None:
        screen = self._screen
        action = screen.session.keymap.action_for(event.aliases, screen.pane)
        if action is not None and action.name == "quit":
            screen.app.exit()
        else:
            screen.notice("still recording")
