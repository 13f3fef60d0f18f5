"""Moving in time: each action is a pure move of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor, Move
from am_dbg.model.goto import go_to_address, group_in
from am_dbg.model.shown import See
from am_dbg.store import Store

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

FAR = 10
"""Transitions that the far keys move by."""


Seeking = Callable[[Store, Cursor, See], Move]


class MoveController:
    """Actions of the section *Time*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def _move(self, move: Callable[[Store, Cursor], Move]) -> None:
        session = self._screen.session
        self._screen.move(move(session.store, session.cursor))

    def _seek(self, move: Seeking) -> None:
        """A move that passes over what is hidden."""
        session = self._screen.session
        self._screen.move(move(session.store, session.cursor, session.lens.visible))

    def previous(self) -> None:
        """A transition back."""
        self.by(-1)

    def next(self) -> None:
        """A transition forward."""
        self.by(1)

    def back_10(self) -> None:
        """Ten transitions back."""
        self.by(-FAR)

    def forward_10(self) -> None:
        """Ten transitions forward."""
        self.by(FAR)

    def by(self, count: int) -> None:
        """So many transitions forward, or back when negative."""
        if count < 0:
            self._seek(lambda store, at, see: moves.previous_transition(store, at, -count, see))
        elif count:
            self._seek(lambda store, at, see: moves.next_transition(store, at, count, see))

    def step_back(self) -> None:
        """A step back."""
        self._seek(moves.step_back)

    def step_forward(self) -> None:
        """A step forward."""
        self._seek(moves.step_forward)

    def previous_change(self) -> None:
        """To where the selected state changed before."""
        self._seek(moves.previous_change)

    def next_change(self) -> None:
        """To where the selected state changes next."""
        self._seek(moves.next_change)

    def first(self) -> None:
        """To the schema."""
        self._seek(moves.first)

    def last(self) -> None:
        """To the last transition; while following it stays followed."""
        self._seek(moves.last)

    def next_error(self) -> None:
        """To the next error."""
        self._seek(moves.next_error)

    def previous_error(self) -> None:
        """To the error before."""
        self._seek(moves.previous_error)

    def next_canceled(self) -> None:
        """To the next canceled transition."""
        self._seek(moves.next_canceled)

    def previous_canceled(self) -> None:
        """To the canceled transition before."""
        self._seek(moves.previous_canceled)

    def follow(self) -> None:
        """Follow the end, or stop at this moment."""
        on = not self._screen.session.cursor.following
        self._seek(lambda store, at, see: moves.follow(store, at, on, see))

    def leave_steps(self) -> bool:
        """Show the transition whole again; False when it is."""
        if self._screen.session.cursor.step is None:
            return False
        self._move(lambda store, at: moves.go_to_step(store, at, None))
        return True

    def go(self, address: str) -> None:
        """To what a ``mach://`` address names; its group is shown, where there is such a one."""
        session = self._screen.session
        group = group_in(address)
        self._seek(lambda store, at, see: go_to_address(store, at, address, see))
        if group and session.machine is not None and group in session.machine.schema.groups:
            session.group = group
            self._screen.refresh_views()

    def go_to_pos(self, pos: int) -> None:
        """To a transition of the machine; -1 is its schema."""
        self._move(lambda store, at: moves.go_to(store, at, at.machine, pos))

    def go_to_step(self, step: int) -> None:
        """To a step of the shown transition."""
        self._move(lambda store, at: moves.go_to_step(store, at, step))

    def go_to_column(self, column: int) -> None:
        """To what a column of the timeline stands for."""
        timeline = self._screen.presenter.timeline
        if timeline is not None:
            self.go_to_pos(timeline.pos_at(column))

    def select_machine(self, machine: int) -> None:
        """Another machine, at the same moment."""
        self._seek(lambda store, at, see: moves.select_machine(store, at, machine, see))

    def select_state(self, state: str) -> None:
        """Another state."""
        self._move(lambda store, at: moves.select_state(store, at, state))
