"""Search over everything: machines and states by name, transitions of all machines by any text."""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.find import Finder
from am_dbg.model.format import LineBuilder, clean, clock_time, plural, thousands
from am_dbg.model.hits import Hits
from am_dbg.model.search import matching
from am_dbg.model.shown import See
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import Transition, transition_at
from am_dbg.store import MachineLog, Store

MOST_NAMES = 12
"""Machines, and states, listed before the transitions."""
MOST = 2_000
"""Transitions listed, the nearest; the others are counted."""
WITH_TIME = 70
"""Width from which the time of day is whole."""
LEAD = 12
"""Characters of a snippet before what was found in it."""


class Result(NamedTuple):
    """Something found: a machine, a state of one, or (``n`` not -1) a transition."""

    machine: int
    state: str = ""
    n: int = -1


class Everywhere:
    """Results of a text, nearest to the cursor first. `work` finds more; rows keep their place."""

    def __init__(self, store: Store, cursor: Cursor, text: str, see: See | None = None) -> None:
        self._store = store
        self._words = text.casefold().split()
        log = machine_of(store, cursor)
        here = log.n(cursor.pos) if log is not None and cursor.pos >= 0 else 0
        moment = cursor.moment
        if log is None or (moment is None and len(store)):
            here = max(len(store) - 1, 0)
        self.hits = Hits(Finder(store, None, text, see=see), here)
        self._names = self._by_name(text, log) if self._words else []

    def __len__(self) -> int:
        return len(self._names) + min(len(self.hits.found), MOST)

    def result(self, i: int) -> Result:
        """What row ``i`` leads to."""
        if i < len(self._names):
            return self._names[i]
        n = self.hits.found[i - len(self._names)]
        return Result(self._store.machine[n], n=n)

    def work(self, seconds: float) -> bool:
        """Look on for about so long; True if more waits."""
        return bool(self._words) and self.hits.work(seconds)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells."""
        found = self.result(i)
        log = self._store.machines[found.machine]
        builder = LineBuilder(width)
        if found.n < 0:
            kind = "state" if found.state else "machine"
            builder.cells(kind, 9, Token.DIM).add(clean(found.state or log.label), Token.STRONG)
            if found.state:
                builder.add("  in ", Token.DIM).add(clean(log.label))
            else:
                builder.add(f"  {plural(len(log), 'transition')}", Token.DIM)
            return builder.line()
        tx = transition_at(self._store, log, self._store.pos(found.n))
        time = clock_time(log.time_at(tx.pos))
        builder.add(time if width >= WITH_TIME else time[-6:], Token.TIME).add(" ")
        builder.add(*tx.sign).add(" ")
        builder.cells(clean(log.label), min(max(width // 6, 8), 24)).add(" ")
        called = f"{tx.mutation} {' '.join(tx.called) or 'nothing'}"
        builder.cells(called, min(max(width // 4, 12), 32), Token.CALLED).add(" ")
        return builder.add(self._snippet(tx, builder.room), Token.DIM).line()

    def title(self) -> Line:
        """How many were found, and how far it has come."""
        hits = self.hits
        if not self._words:
            return (Span("Search everywhere", Token.TITLE),)
        count = plural(hits.count, "transition")
        spans = [Span("Found", Token.TITLE), Span(f" {count}", Token.NUMBER)]
        if hits.count > MOST:
            spans.append(Span(f", nearest {thousands(MOST)} listed", Token.DIM))
        if hits.finder.hidden:
            spans.append(Span(f", {thousands(hits.finder.hidden)} hidden", Token.DIM))
        if not hits.done:
            spans.append(Span(f"  {hits.share:.0%}", Token.DIM))
        return tuple(spans)

    def _by_name(self, text: str, here: MachineLog | None) -> list[Result]:
        machines = self._store.machines
        labels = [log.label for log in machines]
        found = [Result(no) for no in matching(labels, text)[:MOST_NAMES]]
        owners: dict[str, int] = {}
        for log in (*((here,) if here is not None else ()), *machines):
            for name in log.states:
                owners.setdefault(name, log.no)
        names = list(owners)
        states = [names[i] for i in matching(names, text)[:MOST_NAMES]]
        return found + [Result(owners[name], name) for name in states]

    def _snippet(self, tx: Transition, room: int) -> str:
        """The text that has the first word, around it; without any, what changed."""
        for text in _texts(tx):
            folded = text.casefold()
            for word in self._words:
                at = folded.find(word)
                if at >= 0 and len(folded) == len(text):
                    start = 0 if at + len(word) <= room else max(at - LEAD, 0)
                    return ("…" if start else "") + clean(text[start : start + room])
        return " ".join(change.sign + change.name for change in tx.changes) or tx.outcome


def _texts(tx: Transition) -> list[str]:
    message = tx.message
    texts = [f"{name}={value}" for name, value in message.args.items()]
    texts += [text for _level, text in message.log_entries]
    texts += [text for _level, text in message.pre_log_entries]
    texts += [call[0] for call in message.handlers]
    if message.source is not None:
        texts.append(f"by {message.source[0]} {message.source[3] or ''}")
    return [*texts, message.id, *message.stack_trace.splitlines()]
