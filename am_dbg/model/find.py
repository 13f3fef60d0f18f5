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
from am_dbg.model.shown import See
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.calls import MAX_CALLS
from am_dbg.store.flags import CALL_SHIFT, mutation_type
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

    Forward: those before it; backward: those from it on. ``whole`` at the end of a block: looking
    elsewhere in between costs nothing then.
    """

    edge: int
    whole: bool = False


Drawn = Callable[[int], str]
"""The lines of the log of a tx number, as they are drawn."""


class Finder:
    """Looks for the words of ``text`` in the transitions of ``log``, or of all machines (None).

    With ``drawn`` only what the log pane shows counts: entries up to ``level``, and the lines that
    it writes itself, which ``drawn`` gives. ``fuzzy``: a name matches when it has the characters of
    a word in order. ``see``: what of each machine is shown; the rest is only counted.
    """

    def __init__(
        self,
        store: Store,
        log: MachineLog | None,
        text: str,
        level: int = 5,
        drawn: Drawn | None = None,
        fuzzy: bool = False,
        see: See | None = None,
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
        self._names: dict[tuple[int, int, str], list[int]] = {}
        self._calls: dict[int, dict[int, tuple[int, ...]]] = {}
        self._see = see
        self.hidden = 0
        """Matches that are not shown, so far."""

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
            yield Pause(high if forward else low, whole=True)

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
        pause = Pause(low if forward else high)
        told = self._told(low, high)
        yield pause
        data = folded(self.store, number)
        found: set[int] | None = None
        for known, find in zip(told, self._find, strict=True):
            yield pause
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
                if self._shows(n):
                    yield n
                else:
                    self.hidden += 1
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
            self._told_by_changes(log, first, last, told)
            self._told_by_flags(log, first, last, told)
        for found in told:
            found.intersection_update(range(low, high))
        return told

    def _machines(self, low: int, high: int) -> Iterable[MachineLog]:
        if self.log is not None:
            return (self.log,)
        numbers = set(array("I", self.store.machine.bytes(low, high)))
        return [self.store.machines[number] for number in sorted(numbers)]

    def _told_by_changes(
        self, log: MachineLog, first: int, last: int, told: list[set[int]]
    ) -> None:
        """States of that name whose clocks moved."""
        txs = log.txs
        for word, found in zip(self.words, told, strict=True):
            for state in self._states(log, word):
                changes = log.logs[state]
                if changes is not None:
                    k, end = changes.pos.left(first), changes.pos.left(last)
                    found.update(txs[changes.pos[i]] for i in range(k, end))

    def _told_by_flags(self, log: MachineLog, first: int, last: int, told: list[set[int]]) -> None:
        """Names called, outcomes, kinds of mutation: all of it is in the flags."""
        txs, flags = log.txs, self.store.flags
        calls = self._calls.setdefault(log.no, {})
        by_flags = [(i, *wanted) for i, wanted in enumerate(self._flags) if any(wanted)]
        for pos in range(first, last):
            n = txs[pos]
            bits = flags[n]
            place = bits >> CALL_SHIFT
            words = calls.get(place)
            if words is None:
                words = self._words_called(log, place, n)
                if place < MAX_CALLS:
                    calls[place] = words
            for word in words:
                told[word].add(n)
            for word, mask, kinds in by_flags:
                if bits & mask or mutation_type(bits) in kinds:
                    told[word].add(n)

    def _words_called(self, log: MachineLog, place: int, n: int) -> tuple[int, ...]:
        """Numbers of the words that a list of called states has."""
        if place < len(log.calls.names):
            names: Iterable[str] = log.calls.names[place]
        else:
            known = log.schema_at(self.store.pos(n)).states_index
            names = [known[i] for i in self._called(n) if 0 <= i < len(known)]
        return tuple(
            i for i, word in enumerate(self.words) if any(self._names_it(word, n) for n in names)
        )

    def _states(self, log: MachineLog, word: str) -> list[int]:
        """Indexes of the states that a word names."""
        key = (log.no, len(log.epochs), word)
        known = self._names.get(key)
        if known is None:
            known = [i for i, name in enumerate(log.states) if self._names_it(word, name)]
            self._names[key] = known
        return known

    def _names_it(self, word: str, name: str) -> bool:
        name = name.casefold()
        return word in name or (self.fuzzy and in_order(name, word))

    def _called(self, n: int) -> list[int]:
        try:
            return _decode_called(self.store.blocks.payload(n, keep=False)).called_states_idxs
        except (ShapeError, UserError):
            return []

    def _shows(self, n: int) -> bool:
        return self._see is None or self._see(self.store.machine[n]).shows(self.store.pos(n))

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
