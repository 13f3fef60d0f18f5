"""One transition of a machine, ready to be told: called, changed, outcome, why it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from am_dbg.model.addresses import format_address
from am_dbg.model.entries import logged_args
from am_dbg.model.format import clean
from am_dbg.model.memo import memo
from am_dbg.model.text import Span, Token
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import (
    FLAG_ENTER,
    FLAG_FINAL,
    FLAG_SELF,
    MUTATION_NAMES,
    REL_REMOVE,
    REL_REQUIRE,
    STEP_CANCEL,
    STEP_HANDLER,
    STEP_RELATION,
    DbgMsgTx,
    Step,
)

ACCEPTED, CANCELED, ERROR, QUEUED, CHECK = "✓", "✗", "!", "◌", "?"
"""Signs of outcomes, as the legend explains them."""

ADDED, REMOVED, AGAIN = "+", "−", "±"
SIGNS = ADDED + REMOVED + AGAIN

_NOT_OK = {"refused": "refused by", "error": "error in", "timeout": "timeout of"}


def outcome_sign(flags: int) -> tuple[str, Token]:
    """Sign and meaning of a message's flags."""
    if flags & Flag.QUEUED:
        return QUEUED, Token.QUEUED
    if flags & Flag.ERROR:
        return ERROR, Token.ERROR
    if flags & Flag.CANCELED:
        return CANCELED, Token.CANCELED
    if flags & Flag.CHECK:
        return CHECK, Token.CHECK
    return ACCEPTED, Token.ACTIVE


@dataclass(frozen=True, slots=True)
class Change:
    """A state whose clock moved; ``sign``: ``+`` active now, ``−`` no longer, ``±`` there and back.

    A multi state that was entered again is ``+`` too.
    """

    state: int
    name: str
    before: int
    after: int

    @property
    def sign(self) -> str:
        """``+``, ``−`` or ``±``."""
        if self.after % 2:
            return ADDED
        return REMOVED if self.before % 2 else AGAIN

    @property
    def token(self) -> Token:
        """Meaning of the sign."""
        return Token.REMOVED if self.sign == REMOVED else Token.ADDED

    def span(self) -> Span:
        """``+Ready``."""
        return Span(self.sign + self.name, self.token)


class Transition:
    """The message at a position of a machine, with names in place of indexes, all text clean."""

    def __init__(self, log: MachineLog, pos: int, message: DbgMsgTx) -> None:
        self.log = log
        self.pos = pos
        self.n = log.n(pos)
        self.flags = log.flags_at(pos)
        self.message = message
        self._names = [clean(name) for name in log.schema_at(pos).states_index]

    def name(self, state: int | str) -> str:
        """Name of a state index of this message; -1 is "", a name that has no index is itself."""
        if isinstance(state, str):
            return clean(state)
        if state < 0:
            return ""
        return self._names[state] if state < len(self._names) else f"#{state}"

    @cached_property
    def known_names(self) -> frozenset[str]:
        """All names that its state indexes can mean."""
        return frozenset(self._names)

    @property
    def mutation(self) -> str:
        """``auto``, or the kind: ``add``, ``remove``, ``set``, ``eval``."""
        return "auto" if self.flags & Flag.AUTO else MUTATION_NAMES[self.message.type]

    @cached_property
    def called(self) -> tuple[str, ...]:
        """Names of the called states in the order called; ``?`` for one that doesn't exist."""
        return tuple(
            self.name(state) if state >= 0 else "?" for state in self.message.called_states_idxs
        )

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """States whose clocks moved: activated ones first, then the others."""
        states = self.log.states
        found = [
            Change(state, clean(states[state]), before, after)
            for state, before, after in self.log.changes(self.pos)
        ]
        return tuple(sorted(found, key=lambda change: change.after % 2 == 0))

    @cached_property
    def args(self) -> list[tuple[str, str]]:
        """Arguments by name, raw; where the message has none, what its log entries tell."""
        message = self.message
        return sorted((message.args or logged_args(message.log_entries)).items())

    @property
    def address(self) -> str:
        """``mach://`` address of this transition."""
        return format_address(self.log.label, self.message.id)

    @property
    def sign(self) -> tuple[str, Token]:
        """Sign and meaning of the outcome."""
        return outcome_sign(self.flags)

    @property
    def outcome(self) -> str:
        """The outcome in a word or two; "" for one that simply changed something."""
        if self.flags & Flag.QUEUED:
            return "queued"
        if self.flags & Flag.CANCELED:
            return self.refusal or "canceled"
        if self.flags & Flag.CHECK:
            return "possible"
        if self.flags & Flag.ERROR:
            return self.failure or "error"
        return "" if self.flags & Flag.CHANGED else "no change"

    @cached_property
    def failure(self) -> str:
        """Which handler refused, failed or was late: ``refused by JoiningTopicEnter``, or ""."""
        for name, _set, _start, _took, how in self.message.handlers:
            if how in _NOT_OK:
                return f"{_NOT_OK[how]} {clean(name)}"
        return ""

    @cached_property
    def refusal(self) -> str:
        """Why it was canceled, in few words; "" when the message doesn't tell."""
        if self.failure:
            return self.failure
        steps = self.message.steps
        names = [
            handler_name(self, step) for step in steps if step[0] == STEP_HANDLER
        ]  # a relation refuses before any handler, a handler is the last to be called
        if names:
            return f"refused by {names[-1]}"
        canceled = {step[2] for step in steps if step[0] == STEP_CANCEL}
        for kind, origin, target, _flags, data in steps:
            if kind != STEP_RELATION:
                continue
            if data == REL_REQUIRE and target in canceled:
                return f"{self.name(origin)} requires {self.name(target)}"
            if data == REL_REMOVE and target in canceled:
                return f"{self.name(origin)} removes {self.name(target)}"
        return "refused" if canceled else ""


def handler_name(tx: Transition, step: Step) -> str:
    """Name of the handler that a step called: ``FooEnter``, ``FooState``, ``AnyState``..."""
    _kind, origin, target, flags, _data = step
    first, second = tx.name(origin), tx.name(target)
    if flags & FLAG_SELF:
        return (second or first) * 2
    if flags & FLAG_FINAL:
        return (second or first) + ("State" if flags & FLAG_ENTER else "End")
    if flags & FLAG_ENTER:
        return (second or first) + "Enter"
    return first + second if first and second else (first or second) + "Exit"


def transition_at(store: Store, log: MachineLog, pos: int) -> Transition:
    """The transition at a position (not -1) of a machine."""
    n = log.n(pos)
    # a schema that grew gives the same message more names, never others
    key = ("transition", n, len(log.states))
    return memo(store, key, lambda: Transition(log, pos, store.message(n)))
