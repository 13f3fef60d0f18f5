"""What the user has open and how they look at it: the state that all panes are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from am_dbg.model.cursor import Cursor
from am_dbg.model.filters import FilterSet, Lens
from am_dbg.model.marks import Mark
from am_dbg.model.playing import Pace
from am_dbg.model.visited import Visited
from am_dbg.settings import Settings
from am_dbg.store import MachineLog, Store
from am_dbg.ui.keybook import Keymap


@dataclass
class Session:
    """The store, the cursor, and the choices of the user that are no place in time.

    ``live``: the recording is still growing and the screen follows it. ``opening``: still indexing
    for the first time and the user hasn't moved, so the last transition is taken when it is known.
    ``trouble``: why the recording grows no more; ``left_out``: what is only in the recording;
    ``greeting``: what to say at first. ``keymap``:
    which keys do what. ``settings``: how the user wants it to begin. ``sources``: the files as the
    user named them; ``recordings`` are what is read.
    """

    store: Store
    recordings: list[Path] = field(default_factory=list)
    sources: list[Path] = field(default_factory=list)
    cursor: Cursor = field(default_factory=Cursor)
    files: str = ""
    live: bool = False
    listen: str = ""
    recording: str = ""
    opening: bool = False
    trouble: str = ""
    left_out: str = ""
    greeting: str = ""
    collapsed: set[int] = field(default_factory=set)
    expanded: set[str] = field(default_factory=set)
    folded: set[str] = field(default_factory=set)
    group: str = ""
    headings: bool = False
    log_times: bool = False
    log_wrap: bool = False
    log_traces: bool = False
    log_turned: set[tuple[int, int]] = field(default_factory=set)
    search: dict[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    time_unit: int = 3
    visited: Visited = field(default_factory=Visited)
    marks: dict[str, Mark] = field(default_factory=dict)
    keymap: Keymap = field(default_factory=Keymap)
    filters: FilterSet = field(default_factory=FilterSet)
    settings: Settings = field(default_factory=Settings)

    @property
    def machine(self) -> MachineLog | None:
        """The selected machine."""
        machines = self.store.machines
        return machines[self.cursor.machine] if 0 <= self.cursor.machine < len(machines) else None

    @property
    def lens(self) -> Lens:
        """What the filters show."""
        return Lens(self.store, self.filters, self.group)

    @property
    def log_level(self) -> int:
        """The log level of the selected machine."""
        return self.filters.of(self.machine.label if self.machine is not None else None).log_level

    @log_level.setter
    def log_level(self, level: int) -> None:
        machine = self.machine
        own = machine is not None and machine.label in self.filters.machines
        label = machine.label if machine is not None and own else None
        self.filters = self.filters.changed("log_level", level, label)

    @property
    def position(self) -> tuple[int, int, int | None]:
        """What is shown: machine, transition, step. Equal positions show the same."""
        return self.cursor.machine, self.cursor.pos, self.cursor.step
