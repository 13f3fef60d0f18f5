"""Filters: which transitions are shown, of which machines, by what; and how much they hide.

``True`` and ``all`` mean shown. A queued record is told apart by whether its mutation was executed;
checks are judged by ``checks`` alone. `Lens` is what views and moves ask.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec

from am_dbg.model.format import clean, thousands
from am_dbg.model.memo import memo
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.filtered import Everything, Filtered, Visible
from telemetry.messages import LOG_LEVEL_NAMES

MAX_MACHINES = 500
"""Machines with filters of their own that are kept; the oldest go first."""

_AUTO, _CHECK, _QUEUED = int(Flag.AUTO), int(Flag.CHECK), int(Flag.QUEUED)
_CANCELED, _CHANGED = int(Flag.CANCELED), int(Flag.CHANGED)
_HEALTH, _EXECUTED = int(Flag.HEALTH), int(Flag.EXECUTED)


class Filters(msgspec.Struct, frozen=True):
    """What is shown of a machine.

    The defaults hide what is there twice (the record of a mutation being queued, once it has been
    executed) or says nothing: questions, signs of life, automatic states that can't be yet.
    """

    canceled: bool = True
    queued: Literal["all", "waiting", "none"] = "waiting"
    auto: Literal["all", "accepted", "none"] = "accepted"
    empty: bool = True
    health: bool = False
    checks: bool = False
    group: bool = True
    log_level: int = 3


EVERYTHING_SHOWN = Filters(queued="all", auto="all", health=True, checks=True, group=False)


class FilterSet(msgspec.Struct, frozen=True):
    """Filters of all machines, and of those that have their own, by label."""

    everywhere: Filters = Filters()
    machines: dict[str, Filters] = {}
    disconnected: bool = True
    """Whether machines that aren't connected are listed."""

    def of(self, label: str | None) -> Filters:
        """The filters of a machine."""
        return self.machines.get(label, self.everywhere) if label is not None else self.everywhere

    def changed(self, name: str, value: Any, label: str | None = None) -> FilterSet:
        """With another value of one filter: for the machine of that label, or for all."""
        change = {name: value}
        if label is None:
            everywhere = msgspec.structs.replace(self.everywhere, **change)
            machines = {
                each: msgspec.structs.replace(filters, **change)
                for each, filters in self.machines.items()
            }
        else:
            everywhere = self.everywhere
            filters = msgspec.structs.replace(self.of(label), **change)
            machines = {**self.machines, label: filters}
        own = {each: filters for each, filters in machines.items() if filters != everywhere}
        own = dict(list(own.items())[-MAX_MACHINES:])
        return FilterSet(everywhere, own, self.disconnected)

    def reset(self, filters: Filters, label: str | None = None) -> FilterSet:
        """All filters of a machine, or of all machines, at once; the log level stays."""
        new = self
        for name in Filters.__struct_fields__:
            if name != "log_level":
                new = new.changed(name, getattr(filters, name), label)
        return new


class Choice(NamedTuple):
    """A filter as the user chooses it: its values in the order of the key, each with words."""

    name: str
    words: str
    values: tuple[tuple[Any, str, str], ...]
    """Value, its mark (``✓`` shown, ``◐`` in part, empty: hidden), words for it."""

    def value_words(self, value: Any) -> str:
        """Words for a value."""
        return next((words for each, _mark, words in self.values if each == value), str(value))

    def mark(self, value: Any) -> str:
        """Sign of a value."""
        return next((mark for each, mark, _words in self.values if each == value), " ")

    def following(self, value: Any, by: int = 1) -> Any:
        """The value after another, round and round."""
        known = [each for each, _mark, _words in self.values]
        at = known.index(value) if value in known else 0
        return known[(at + by) % len(known)]


def _switch(name: str, words: str, hidden: str = "hidden") -> Choice:
    return Choice(name, words, ((True, "✓", "shown"), (False, " ", hidden)))


CHOICES: tuple[Choice, ...] = (
    _switch("canceled", "canceled transitions"),
    Choice(
        "queued",
        "records of mutations being queued",
        (
            ("waiting", "◐", "only those not executed"),
            ("all", "✓", "shown"),
            ("none", " ", "hidden"),
        ),
    ),
    Choice(
        "auto",
        "automatic transitions",
        (
            ("accepted", "◐", "only accepted ones"),
            ("all", "✓", "shown"),
            ("none", " ", "hidden"),
        ),
    ),
    _switch("empty", "accepted, without change"),
    _switch("health", "calling only Healthcheck, Heartbeat"),
    _switch("checks", "checks: asked, nothing done"),
    Choice(
        "group",
        "outside the selected group",
        ((True, " ", "hidden"), (False, "✓", "shown")),
    ),
    Choice(
        "log_level",
        "log level",
        tuple(
            (level, str(level), f"{level}: {name}") for level, name in enumerate(LOG_LEVEL_NAMES)
        ),
    ),
)
CHOICE = {choice.name: choice for choice in CHOICES}


def hides(filters: Filters, kind: int) -> str:
    """Why flags are hidden, in a word or two; "" when they are shown. Groups aren't asked."""
    if kind & _HEALTH and not filters.health:
        return "health"
    if kind & _QUEUED:
        if filters.queued == "none":
            return "queued"
        if filters.queued == "waiting" and kind & _EXECUTED:
            return "queued, executed"
        return "auto" if kind & _AUTO and filters.auto == "none" else ""
    if kind & _CHECK:
        return "" if filters.checks else "check"
    if kind & _AUTO:
        if filters.auto == "none":
            return "auto"
        if filters.auto == "accepted" and kind & _CANCELED:
            return "auto, rejected"
    if kind & _CANCELED:
        return "" if filters.canceled else "canceled"
    return "" if filters.empty or kind & _CHANGED else "no change"


@cache
def _table(filters: Filters) -> bytes:
    return bytes(not hides(filters, kind) for kind in range(256))


class Lens(NamedTuple):
    """What is shown of a store: its filters, and the selected group ("": none)."""

    store: Store
    filters: FilterSet = FilterSet()
    group: str = ""

    def visible(self, machine: int) -> Visible:
        """The shown positions of a machine, as the store is now; costs what is new in it."""
        store, log = self.store, self.store.machines[machine]
        filters = self.filters.of(log.label)
        states = self._group_states(log) if filters.group else None
        table = _table(msgspec.structs.replace(filters, log_level=0))
        if states is None and 0 not in table:
            return Everything(log)
        key = ("filtered", machine, table, states)
        made = memo(store, key, lambda: Filtered(log, table, states))
        made.refresh()
        return made

    def why_hidden(self, machine: int, pos: int) -> str:
        """Why a position of a machine is hidden, in a word or two; "" when it is shown."""
        if pos < 0 or self.visible(machine).shows(pos):
            return ""
        log = self.store.machines[machine]
        why = hides(self.filters.of(log.label), log.flags_at(pos) & 255)
        return why or f"outside {clean(self.group)}"

    def hidden_machines(self, moment: int | None) -> frozenset[int]:
        """Numbers of the machines that are not listed: not connected at the moment."""
        if self.filters.disconnected or not self.store.status.clients:
            return frozenset()
        return frozenset(log.no for log in self.store.machines if not log.connected_at(moment))

    def _group_states(self, log: MachineLog) -> frozenset[str] | None:
        if self.group not in log.schema.groups:
            return None
        states = log.schema.states_index
        return frozenset(states[i] for i in log.schema.groups[self.group] if i < len(states))


def filter_text(lens: Lens, machine: int) -> str:
    """The filters of a machine in a few words: ``all``, ``48 hidden``, ``48 hidden: canceled``."""
    log = lens.store.machines[machine] if 0 <= machine < len(lens.store.machines) else None
    filters = lens.filters.of(log.label if log is not None else None)
    chosen = [
        choice.name
        for choice in CHOICES
        if choice.name not in ("group", "log_level")
        and getattr(filters, choice.name) != getattr(EVERYTHING_SHOWN, choice.name)
        and getattr(filters, choice.name) != getattr(Filters(), choice.name)
    ]
    grouped = log is not None and filters.group and lens.group in log.schema.groups
    told = [*chosen, *([f"group {clean(lens.group)}"] if grouped else [])]
    if not lens.filters.disconnected:
        told.append("disconnected")
    hidden = lens.visible(machine).hidden if log is not None else 0
    words = f"{thousands(hidden)} hidden" if hidden else "all" if not told else "0 hidden"
    return f"{words}: {', '.join(told)}" if told else words
