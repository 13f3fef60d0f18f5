"""The menu of filters: a row a filter, its sign, its value in words, how many it concerns."""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.filters import CHOICES, Filters, Lens, hides
from am_dbg.model.format import LineBuilder, clean, plural, thousands
from am_dbg.model.text import Line, Token
from am_dbg.store import Flag

SCOPE, EVERYTHING, DEFAULTS, DISCONNECTED = "scope", "everything", "defaults", "disconnected"
VALUE_WIDTH = 24
WORDS_WIDTH = 45
"""Cells for what a filter is about, where there is room."""


class MenuRow(NamedTuple):
    """A row: what it changes (a filter's name, or an action of the menu) and its key."""

    name: str
    key: str


ROWS: tuple[MenuRow, ...] = (
    *(MenuRow(choice.name, str(i + 1)) for i, choice in enumerate(CHOICES)),
    MenuRow(DISCONNECTED, "9"),
    MenuRow(SCOPE, "s"),
    MenuRow(EVERYTHING, "a"),
    MenuRow(DEFAULTS, "d"),
)
_FLAGS = {
    "canceled": Flag.CANCELED,
    "queued": Flag.QUEUED,
    "auto": Flag.AUTO,
    "health": Flag.HEALTH,
    "checks": Flag.CHECK,
}


class FilterMenu:
    """Rows for the filters of a machine; ``own``: choices are for it alone, else for all."""

    def __init__(self, lens: Lens, machine: int, own: bool, moment: int | None = None) -> None:
        self._lens = lens
        self._log = lens.store.machines[machine]
        self._own = own
        self._moment = moment
        self._filters = lens.filters.of(self._log.label if own else None)
        self._counts = self._count()

    def __len__(self) -> int:
        return len(ROWS)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``."""
        row = ROWS[i]
        builder = LineBuilder(width).add(f" {row.key} ", Token.KEY)
        if row.name == SCOPE:
            whom = f"only {clean(self._log.label)}" if self._own else "all machines"
            return builder.add("these filters are for ").add(whom, Token.STRONG).line()
        if row.name == EVERYTHING:
            return builder.add("show everything").line()
        if row.name == DEFAULTS:
            return builder.add("as at first").line()
        mark, words, value, count = self._row(row.name)
        builder.add("[", Token.DIM).add(mark.ljust(1), Token.ACTIVE).add("] ", Token.DIM)
        builder.cells(words, min(WORDS_WIDTH, max(width - VALUE_WIDTH - 10, 18))).add(" ")
        builder.cells(value, VALUE_WIDTH, Token.TEXT if mark.strip() else Token.DIM)
        return builder.right(count, min(9, max(builder.room, 0)), Token.NUMBER).line()

    def hint(self) -> str:
        """What the filters come to, for the lower edge."""
        visible = self._lens.visible(self._log.no)
        whose = clean(self._log.label)
        if not visible.hidden:
            return f"all {thousands(len(visible))} of {whose} are shown"
        return f"{thousands(visible.hidden)} of {plural(len(self._log), 'transition')} hidden"

    def _row(self, name: str) -> tuple[str, str, str, str]:
        """Sign, what it is about, value, how many."""
        if name == DISCONNECTED:
            shown = self._lens.filters.disconnected
            store = self._lens.store
            gone = [
                log
                for log in store.machines
                if store.status.clients and not log.connected_at(self._moment)
            ]
            value = "shown" if shown else "hidden"
            return "✓" if shown else " ", "machines not connected (for all)", value, f"{len(gone)}"
        choice = next(choice for choice in CHOICES if choice.name == name)
        value = getattr(self._filters, name)
        words = choice.words
        told = choice.value_words(value)
        if name == "group" and self._lens.group:
            words = f"outside the group {clean(self._lens.group)}"
        elif name == "group":
            told += ", once one is chosen" if value else ""
        count = self._counts.get(name)
        return choice.mark(value), words, told, "" if count is None else thousands(count)

    def _count(self) -> dict[str, int]:
        """How many messages of the machine each filter concerns."""
        log = self._log
        log.facts.refresh(log)
        kinds = log.facts.kinds
        counts = {
            name: kinds.translate(bytes(1 if kind & flag else 0 for kind in range(256))).count(1)
            for name, flag in _FLAGS.items()
        }
        strict = Filters(empty=False, auto="all", health=True, checks=True)
        table = bytes(hides(strict, kind) == "no change" for kind in range(256))
        counts["empty"] = kinds.translate(table).count(1)
        return counts
