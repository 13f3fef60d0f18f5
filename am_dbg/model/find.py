"""Finding a text in the transitions of a machine, outward or onward, without drawing them.

A transition matches when every word is somewhere in it: the names it called or changed, its
arguments, log entries, handlers, source, id, stack trace, or its outcome (``queued``, ``refused``,
``error`` ...).
"""

from __future__ import annotations

from collections.abc import Iterator

from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import MUTATION_NAMES

_OUTCOMES = (
    (Flag.QUEUED, "queued"),
    (Flag.CANCELED, "canceled refused"),
    (Flag.CHECK, "check"),
    (Flag.ERROR, "error"),
    (Flag.AUTO, "auto"),
)


class Finder:
    """Looks at one transition after the other; ``matches(pos)`` costs some microseconds."""

    def __init__(self, store: Store, log: MachineLog, text: str) -> None:
        self._store = store
        self._log = log
        self._words = text.casefold().split()

    def matches(self, pos: int) -> bool:
        """Whether the transition at ``pos`` (not -1) has all words."""
        text = self._text(pos)
        return all(word in text for word in self._words)

    def places(self, pos: int, forward: bool = True) -> Iterator[int | None]:
        """Positions of matches after ``pos`` (before it when not ``forward``), nearest first.

        None comes now and then where nothing matched: the moment to let others work, or to stop.
        """
        size = len(self._log)
        order = range(pos + 1, size) if forward else range(min(pos, size) - 1, -1, -1)
        for number, place in enumerate(order, 1):
            if self.matches(place):
                yield place
            elif number % 256 == 0:
                yield None

    def _text(self, pos: int) -> str:
        log = self._log
        flags = log.flags_at(pos)
        message = self._store.message(log.n(pos))
        names = log.schema_at(pos).states_index
        parts = [names[i] for i in message.called_states_idxs if 0 <= i < len(names)]
        parts += [log.states[state] for state, _before, _after in log.changes(pos)]
        parts += [word for flag, word in _OUTCOMES if flags & flag]
        parts += [f"{name}={value}" for name, value in message.args.items()]
        parts += [text for _level, text in message.log_entries]
        parts += [text for _level, text in message.pre_log_entries]
        parts += [call[0] for call in message.handlers]
        parts += [message.id, message.stack_trace, MUTATION_NAMES[message.type]]
        if message.source is not None:
            parts += [message.source[0], message.source[3] or ""]
        return "\n".join(parts).casefold()
