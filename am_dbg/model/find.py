"""Finding a text in transitions, in one machine or in all, block by block, without drawing them.

A transition matches when every word is somewhere in it: the names it called or changed, its
arguments, log entries, handlers, source, id, stack trace, or its outcome (``queued``, ``refused``,
``error`` ...). Texts are looked for in the raw bytes, names and outcomes in the index; only what
may match is decoded, and only its texts.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from am_dbg.errors import UserError
from am_dbg.model.search import in_order
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.flags import TYPE_SHIFT
from am_dbg.store.search import candidates, finder, folded
from telemetry.messages import MUTATION_NAMES, Decoder, LogEntry, ShapeError

_OUTCOMES = (
    (int(Flag.QUEUED), "queued"),
    (int(Flag.CANCELED), "canceled refused"),
    (int(Flag.CHECK), "check possible"),
    (int(Flag.ERROR), "error"),
    (int(Flag.AUTO), "auto"),
)
_TAGS = (
    (int(Flag.QUEUED), "[queue:"),
    (int(Flag.CANCELED), "[cancel]"),
    (int(Flag.AUTO), "[auto_]"),
    (int(Flag.CHANGED), "[state]"),
)
"""What the log pane writes itself begins with these."""
_PAUSE = 200
"""Transitions looked at between two chances for others to work."""


class _Texts(msgspec.Struct, gc=False):
    id: str = ""
    log_entries: list[LogEntry] = []
    pre_log_entries: list[LogEntry] = []
    args: dict[str, str] = {}
    handlers: list[tuple[str, int, int, int, str]] = []
    source: tuple[str, str, int, str | None] | None = None
    stack_trace: str = ""


class _Called(msgspec.Struct, gc=False):
    called_states_idxs: list[int] = []


_decode_texts = Decoder(_Texts)
_decode_called = Decoder(_Called)


class Pause(NamedTuple):
    """The moment to let others work, or to stop: everything up to tx number ``edge`` is looked at.

    Forward: those before it; backward: those from it on.
    """

    edge: int


Drawn = Callable[[int], str]
"""The lines of the log of a tx number, as they are drawn."""


class Finder:
    """Looks for the words of ``text`` in the transitions of ``log``, or of all machines (None).

    With ``drawn`` only what the log pane shows counts: entries up to ``level``, and the lines that
    it writes itself, which ``drawn`` gives. ``fuzzy``: a name matches when it has the characters of
    a word in order.
    """

    def __init__(
        self,
        store: Store,
        log: MachineLog | None,
        text: str,
        level: int = 5,
        drawn: Drawn | None = None,
        fuzzy: bool = False,
    ) -> None:
        self.store = store
        self.log = log
        self.text = text
        self.words = text.casefold().split()
        self.fuzzy = fuzzy
        self._level = level
        self._drawn = drawn
        self._find = [finder(word) for word in self.words]
        self._flags = [_flags_of(word, drawn is not None) for word in self.words]
        self._names: dict[tuple[int, int], list[frozenset[int]]] = {}

    def scan(self, edge: int, forward: bool = True) -> Iterator[int | Pause]:
        """Tx numbers of matches from ``edge`` on (before it: not ``forward``), nearest first."""
        store, blocks = self.store, self.store.blocks
        if not self.words or not len(store):
            return
        number = blocks.number(min(max(edge if forward else edge - 1, 0), len(store) - 1))
        order = range(number, len(blocks)) if forward else range(number, -1, -1)
        for block in order:
            first, last = blocks.range(block, len(store))
            low = max(first, edge) if forward else first
            high = last if forward else min(last, edge)
            if low < high and self._concerns(low, high):
                yield from self._block(block, low, high, forward)
            yield Pause(high if forward else low)

    def places(self, pos: int, forward: bool = True) -> Iterator[int | None]:
        """Positions of matches in the machine after ``pos`` (before it), and None now and then."""
        log = self.log
        if log is None or not len(log):
            return
        if forward:
            edge = log.n(pos) + 1 if pos >= 0 else log.n(0)
        else:
            edge = log.n(pos) if pos < len(log) else len(self.store)
        for n in self.scan(edge, forward):
            yield None if isinstance(n, Pause) else self.store.pos(n)

    def _concerns(self, low: int, high: int) -> bool:
        """Whether the machine has anything there."""
        log = self.log
        return log is None or log.shuffled or log.txs.left(low) < log.txs.left(high)

    def _block(self, number: int, low: int, high: int, forward: bool) -> Iterator[int | Pause]:
        told = self._told(low, high)
        data = folded(self.store, number)
        found: set[int] | None = None
        for known, find in zip(told, self._find, strict=True):
            may = known.union(
                n for n in candidates(self.store, number, data, find, low) if n < high
            )
            found = may if found is None else found & may
            if not found:
                return
        wanted = -1 if self.log is None else self.log.no
        machine = self.store.machine
        for count, n in enumerate(sorted(found or (), reverse=not forward), 1):
            if (wanted < 0 or machine[n] == wanted) and self._matches(n, told):
                yield n
            if count % _PAUSE == 0:
                yield Pause(n + 1 if forward else n)

    # -- what the index tells --------------------------------------------------------------------

    def _told(self, low: int, high: int) -> list[set[int]]:
        """For each word the transitions whose names or outcome have it."""
        told: list[set[int]] = [set() for _ in self.words]
        for log in self._machines(low, high):
            first, last = log.txs.left(low), log.txs.left(high)
            if log.shuffled:
                first, last = 0, len(log)
            if not log.schema.states_index and not any(self._flags):
                continue
            self._told_by(log, first, last, told)
        for found in told:
            found.intersection_update(range(low, high))
        return told

    def _machines(self, low: int, high: int) -> Iterable[MachineLog]:
        if self.log is not None:
            return (self.log,)
        numbers = set(array("I", self.store.machine.bytes(low, high)))
        return [self.store.machines[number] for number in sorted(numbers)]

    def _told_by(self, log: MachineLog, first: int, last: int, told: list[set[int]]) -> None:
        txs, flags = log.txs, self.store.flags
        for word, (mask, kinds) in enumerate(self._flags):
            if mask or kinds:
                told[word].update(
                    n
                    for n in (txs[pos] for pos in range(first, last))
                    if flags[n] & mask or flags[n] >> TYPE_SHIFT & 3 in kinds
                )
        states = self._states(log, 0, log.states)
        if not any(states) and len(log.epochs) < 2:
            return
        for word, wanted in enumerate(states):
            for state in wanted:
                changes = log.logs[state]
                if changes is not None:
                    k, end = changes.pos.left(first), changes.pos.left(last)
                    told[word].update(txs[changes.pos[i]] for i in range(k, end))
        for pos in range(first, last):
            n = txs[pos]
            called = self._called(n)
            if called:
                for word, wanted in enumerate(self._states_at(log, pos)):
                    if not wanted.isdisjoint(called):
                        told[word].add(n)

    def _states_at(self, log: MachineLog, pos: int) -> list[frozenset[int]]:
        """For each word the indexes that it names in a message at ``pos``."""
        if len(log.epochs) < 2:
            return self._states(log, 0, log.states)
        schema = log.schema_at(pos)
        return self._states(log, id(schema), schema.states_index)

    def _states(self, log: MachineLog, schema: int, names: list[str]) -> list[frozenset[int]]:
        key = (log.no, schema or -len(names))
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = [
                frozenset(i for i, name in enumerate(names) if self._names_it(word, name))
                for word in self.words
            ]
        return known

    def _names_it(self, word: str, name: str) -> bool:
        name = name.casefold()
        return word in name or (self.fuzzy and in_order(name, word))

    def _called(self, n: int) -> list[int]:
        try:
            return _decode_called(self.store.blocks.payload(n, keep=False)).called_states_idxs
        except (ShapeError, UserError):
            return []

    # -- what only the message tells -------------------------------------------------------------

    def _matches(self, n: int, told: list[set[int]]) -> bool:
        if self._drawn is not None:
            text = self._logged(n)
            missing = [i for i, word in enumerate(self.words) if word not in text]
            if any(n not in told[i] for i in missing):
                return False
            if missing:
                text += "\n" + self._drawn(n).casefold()
            return all(self.words[i] in text for i in missing)
        unsure = [word for word, known in zip(self.words, told, strict=True) if n not in known]
        if not unsure:
            return True
        text = self._texts(n)
        return all(word in text for word in unsure)

    def _logged(self, n: int) -> str:
        try:
            texts = _decode_texts(self.store.blocks.payload(n, keep=False))
        except (ShapeError, UserError):
            return ""
        entries = (*texts.pre_log_entries, *texts.log_entries)
        return "\n".join(text for level, text in entries if level <= self._level).casefold()

    def _texts(self, n: int) -> str:
        try:
            texts = _decode_texts(self.store.blocks.payload(n, keep=False))
        except (ShapeError, UserError):
            return ""
        parts = [f"{name}={value}" for name, value in texts.args.items()]
        parts += [text for _level, text in texts.log_entries]
        parts += [text for _level, text in texts.pre_log_entries]
        parts += [call[0] for call in texts.handlers]
        parts += [texts.id, texts.stack_trace]
        if texts.source is not None:
            parts += [texts.source[0], texts.source[3] or ""]
        return "\n".join(parts).casefold()


def _flags_of(word: str, drawn: bool) -> tuple[int, frozenset[int]]:
    """The flags and the kinds of mutation that a word names."""
    mask = sum(flag for flag, words in _OUTCOMES if word in words)
    if drawn and word.startswith("["):
        mask |= sum(flag for flag, tag in _TAGS if tag.startswith(word) or word.startswith(tag))
    kinds = frozenset(kind for kind, name in enumerate(MUTATION_NAMES) if word in name)
    return mask, kinds
