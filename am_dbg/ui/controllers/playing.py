"""Playing: transitions, or steps while stepping, forward or back, until the end or the next key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.timer import Timer

from am_dbg.model import playing
from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Token

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen


class PlayController:
    """Actions of the section *Time* that go on by themselves."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._moving = False

    def play(self) -> None:
        """Play, or pause."""
        self._toggle(playing.FORWARD)

    def play_back(self) -> None:
        """Play backward, or pause."""
        self._toggle(playing.BACK)

    def play_faster(self) -> None:
        """A speed up."""
        self._speed(1)

    def play_slower(self) -> None:
        """A speed down."""
        self._speed(-1)

    def play_clock(self) -> None:
        """By recorded time, or at a steady rate."""
        session = self._screen.session
        session.pace = playing.other_clock(session.pace)
        self._say_speed()

    def pause(self) -> bool:
        """Stand still; False when it does anyway."""
        session = self._screen.session
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not session.pace.playing:
            return False
        session.pace = playing.pause(session.pace)
        self._screen.refresh_views()
        return True

    def moved(self, before: Cursor, after: Cursor) -> None:
        """The cursor was moved: by hand that pauses."""
        if not self._moving and playing.moved_in_time(before, after):
            self.pause()

    @property
    def moving(self) -> bool:
        """Whether the present move is one of playing."""
        return self._moving

    def _toggle(self, direction: int) -> None:
        session = self._screen.session
        if session.pace.direction == direction:
            self.pause()
            self._screen.notice("paused")
            return
        self.pause()
        session.pace = playing.start(session.pace, direction, session.cursor.step is not None)
        self._beat(1)

    def _speed(self, by: int) -> None:
        session = self._screen.session
        before = session.pace
        session.pace = playing.faster(before, by)
        if session.pace == before:
            self._screen.notice(f"{playing.speed_words(before)} is as far as it goes")
            return
        self._say_speed()

    def _say_speed(self) -> None:
        screen, pace = self._screen, self._screen.session.pace
        words = playing.speed_words(pace)
        of = "recorded time" if words.startswith("×") else "steps" if pace.steps else "transitions"
        screen.notice(f"plays {words} {of}" if pace.playing else f"will play {words} {of}")
        if pace.playing:
            self._schedule(0.0)
        screen.refresh_views()

    def _beat(self, count: int) -> None:
        """Move, and go on if that went anywhere."""
        screen, pace = self._screen, self._screen.session.pace
        self._timer = None
        if not pace.playing or screen.session.machine is None:
            return
        begun, before = time.monotonic(), screen.session.cursor
        self._moving = True
        try:
            self._move(count)
        finally:
            self._moving = False
        if screen.session.cursor == before:
            self._end()
        else:
            self._schedule(time.monotonic() - begun)

    def _move(self, count: int) -> None:
        pace, moves = self._screen.session.pace, self._screen.moves
        if pace.steps:
            (moves.step_forward if pace.direction > 0 else moves.step_back)()
        else:
            moves.by(count * pace.direction)

    def _schedule(self, spent: float) -> None:
        """Move again when its time has come."""
        if self._timer is not None:
            self._timer.stop()
        session = self._screen.session
        beat = playing.next_beat(session.store, session.cursor, session.pace, session.lens.visible)
        wait = max(beat.wait - spent, 0.001)
        self._timer = self._screen.set_timer(wait, lambda: self._beat(beat.moves))

    def _end(self) -> None:
        screen, forward = self._screen, self._screen.session.pace.direction > 0
        self.pause()
        where = "the end" if forward else "the beginning"
        more = "; f follows what comes" if forward and screen.session.live else ""
        screen.notice(f"{where}: playing has stopped{more}", Token.WARNING)
