"""The application: one main screen over a session, fed by a store that may still grow."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from typing import ClassVar

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver

from am_dbg.model.text import Token
from am_dbg.ui.dialog import Dialog
from am_dbg.ui.driver import lasting
from am_dbg.ui.feeder import Feeder
from am_dbg.ui.keymap import KeyAction, applies
from am_dbg.ui.live import Recorder
from am_dbg.ui.messages import ThemeWanted
from am_dbg.ui.palette import ActionProvider
from am_dbg.ui.screen import MainScreen
from am_dbg.ui.session import Session
from am_dbg.ui.terminal import hung_up
from am_dbg.ui.themes import DARK, NAMES, palette_for, textual_theme

REPAINT_SECONDS = 0.1
"""How often what has arrived is shown; keys are painted at once."""
GC_THRESHOLDS = (50_000, 20, 50)
"""A repaint makes thousands of short-lived objects: the defaults would stop it for a collection."""


class DebuggerApp(App[None], inherit_bindings=False):
    """am-dbg."""

    TITLE = "am-dbg"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    COMMANDS = {ActionProvider}  # noqa: RUF012 (Textual's own type)
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self, session: Session, theme: str = DARK, recorder: Recorder | None = None
    ) -> None:
        # with colours of its own Textual turns NO_COLOR into shades of grey, which are colours too
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        for name in NAMES:
            self.register_theme(textual_theme(name))
        self.session = session
        self.recorder = recorder
        self.feeder = Feeder(session)
        self._rejected = 0
        self._store = session.store
        self.theme_name = theme
        self.theme = f"am-dbg-{theme}"
        self.main = MainScreen(session, palette_for(theme, self.no_color))

    def get_driver_class(self) -> type[Driver]:
        """The driver of this system, which a terminal that goes doesn't stop."""
        return lasting(super().get_driver_class())

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return self.main

    def on_mount(self) -> None:
        """Begin to feed and to show."""
        self.run_worker(self.feeder.run(), group="feed")
        self.set_interval(REPAINT_SECONDS, self._tick)
        if not self.is_headless:  # a process that isn't ours alone keeps its own ways
            self.call_after_refresh(self._settle)
            self._heed_signals()

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes that the main screen asks for go there at once, in order."""
        if self.screen_stack and self.screen is self.main:
            if isinstance(event, events.Key) and self.main.take_key(event):
                return
            if isinstance(event, events.Paste):
                self.main.take_paste(event.text)
                return
        if self.screen_stack and isinstance(self.screen, Dialog):
            if isinstance(event, events.Key):
                self.screen.take_key(event)
                return
            if isinstance(event, events.Paste):
                self.screen.take_paste(event.text)
                return
        await super().on_event(event)

    def feed_anew(self) -> None:
        """Feed another store: the session has changed its own."""
        self.feeder = Feeder(self.session)
        self.run_worker(self.feeder.run(), group="feed", exclusive=True)

    def _heed_signals(self) -> None:
        """A closed terminal window and a polite kill are the end, with everything in order."""
        loop = asyncio.get_running_loop()
        for name in ("SIGHUP", "SIGTERM"):
            if hasattr(signal, name):
                with contextlib.suppress(NotImplementedError, RuntimeError):
                    loop.add_signal_handler(getattr(signal, name), self.exit)

    def _settle(self) -> None:
        """After the first screen: what lives now lives on, so the collector needn't look at it."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def _tick(self) -> None:
        """Show what has arrived, and how the recorder is."""
        if not self.is_headless and hung_up():
            self.exit()
            return
        changed = self.feeder.take_over()
        if self.session.store is not self._store:
            self._store = self.session.store
            self.main.forget_views()
        trouble = self.feeder.trouble
        if self.recorder is not None:
            trouble = trouble or self.recorder.trouble()
            self.session.live = self.recorder.running
        if trouble != self.session.trouble:
            self.session.trouble, changed = trouble, True
        if changed:
            self.main.refresh_views()
            self._tell_rejected()

    def _tell_rejected(self) -> None:
        """One line for what the recorder could not take; all of them are behind ``i``."""
        status = self.session.store.status
        count = status.rejected + status.refused
        if count > self._rejected and self.session.live:
            self.main.notice(f"{status.last_error}  (i shows all)", Token.ERROR)
        self._rejected = count

    @on(ThemeWanted)
    def _use_theme(self, event: ThemeWanted) -> None:
        name = event.name
        self.theme_name = name
        self.theme = f"am-dbg-{name}"
        self.main.palette = palette_for(name, self.no_color)
        self.main.dress()

    def run_from_palette(self, action: KeyAction) -> None:
        """Run an action; one that belongs to a pane goes there first."""
        if not applies(action, self.main.pane):
            self.main.bring_to_front(action.scope[0])
        self.main.run(action.name)
