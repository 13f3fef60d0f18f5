"""The machines pane: a tree of parents and children, each as it was at the moment.

A row: name, activity sign with ``R`` (Ready) or ``S`` (Start), clock sum, trouble. Only the rows
that are asked for are formatted; the tree itself is kept until a machine appears or changes parent.

Signs: ``●`` active (a state is), ``○`` not, ``·`` not begun at the moment; ``!`` an error state is
active, ``¡`` an error within the last 100 transitions; ``⊘`` not connected at the moment.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from am_dbg.model.cursor import Cursor, pos_in
from am_dbg.model.format import LineBuilder, clean, compact, crop_middle, thousands
from am_dbg.model.memo import memo
from am_dbg.model.search import highlighted, matching
from am_dbg.model.text import Line, Span, Token
from am_dbg.store import Flag, MachineLog, Store

READY, START, ERROR_STATE, ERROR_PREFIX = "Ready", "Start", "Exception", "Err"
RECENT = 100
"""An error at most so many transitions back still shows."""

_DIGITS = re.compile("([0-9]+)")


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key by which ``sim-p2`` comes before ``sim-p10``."""
    parts = _DIGITS.split(name.casefold())
    # a number sorts by its length without leading zeros, then by its digits
    return tuple(
        (len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (0, part)
        for i, part in enumerate(parts)
    )


class TreeNode(NamedTuple):
    """A machine in the tree: its number, depth from 0, number of descendants shown below it."""

    machine: int
    depth: int
    below: int


@dataclass(frozen=True, slots=True)
class Tree:
    """All machines, parents before their children; ``names`` is by machine number, clean."""

    nodes: tuple[TreeNode, ...]
    names: tuple[str, ...]


def tree_of(store: Store) -> Tree:
    """The tree of a store, rebuilt only when machines or parents have changed."""

    def signature() -> tuple[tuple[str, int | None], ...]:
        return tuple((log.label, log.parent) for log in store.machines)

    def compute() -> Tree:
        shape = signature()
        return memo(store, ("machines tree", shape), lambda: build_tree(shape))

    return memo(store, ("machines tree now", store.version, len(store.machines)), compute)


def build_tree(shape: tuple[tuple[str, int | None], ...]) -> Tree:
    """The tree of machines given as (label, parent's number); a parent that isn't there is none."""
    keys = [natural_key(label) for label, _parent in shape]
    children: dict[int | None, list[int]] = {}
    for machine, (_label, parent) in enumerate(shape):
        known = parent is not None and 0 <= parent < len(shape) and parent != machine
        children.setdefault(parent if known else None, []).append(machine)
    for siblings in children.values():
        siblings.sort(key=keys.__getitem__, reverse=True)

    order: list[tuple[int, int]] = []
    seen: set[int] = set()
    # what hangs in a circle of parents is reached from no root: its first machine serves as one
    waiting = [(machine, 0) for machine in [*range(len(shape) - 1, -1, -1)]]
    waiting += [(machine, 0) for machine in children.get(None, [])]
    while waiting:
        machine, depth = waiting.pop()
        if machine in seen:
            continue
        seen.add(machine)
        order.append((machine, depth))
        waiting += [(child, depth + 1) for child in children.get(machine, [])]

    below = [0] * len(order)
    path: list[int] = []
    for i, (_machine, depth) in enumerate(order):
        del path[depth:]
        for ancestor in path:
            below[ancestor] += 1
        path.append(i)
    nodes = tuple(TreeNode(*place, count) for place, count in zip(order, below, strict=True))
    return Tree(nodes, tuple(clean(label) for label, _parent in shape))


class _Shown(NamedTuple):
    tree: Tree
    nodes: tuple[TreeNode, ...]
    rows: dict[int, int]
    found: frozenset[int]
    hidden: int
    """Machines that are not listed at all."""


def _shown(tree: Tree, search: str, collapsed: frozenset[int], hidden: frozenset[int]) -> _Shown:
    """The nodes that filters and a search, or else the folds, leave."""
    found = frozenset(matching(tree.names, search))
    listed = tree.nodes
    if hidden:
        listed = _with_ancestors(listed, frozenset(range(len(tree.names))) - hidden)
    kept = _with_ancestors(listed, found) if search else _unfolded(listed, collapsed)
    rows = {node.machine: i for i, node in enumerate(kept)}
    return _Shown(tree, kept, rows, found, len(tree.nodes) - len(listed))


def _with_ancestors(nodes: tuple[TreeNode, ...], wanted: frozenset[int]) -> tuple[TreeNode, ...]:
    """The nodes of these machines, and those above them."""
    kept: list[TreeNode] = []
    path: list[TreeNode] = []
    written = 0  # how many of the path are kept already
    for node in nodes:
        del path[node.depth :]
        written = min(written, len(path))
        path.append(node)
        if node.machine in wanted:
            kept += path[written:]
            written = len(path)
    return tuple(kept)


def _unfolded(nodes: tuple[TreeNode, ...], collapsed: frozenset[int]) -> tuple[TreeNode, ...]:
    """The nodes that are not below a folded one."""
    kept: list[TreeNode] = []
    skip_below = -1
    for node in nodes:
        if 0 <= skip_below < node.depth:
            continue
        skip_below = node.depth if node.machine in collapsed else -1
        kept.append(node)
    return tuple(kept)


class Roles(NamedTuple):
    """State indexes of a machine that say how it is: -1 where it has no such state."""

    ready: int
    start: int
    errors: tuple[int, ...]


def roles_of(store: Store, log: MachineLog) -> Roles:
    """The telling states of a machine."""

    def compute() -> Roles:
        errors = tuple(
            i
            for i, name in enumerate(log.states)
            if name == ERROR_STATE or name.startswith(ERROR_PREFIX)
        )
        return Roles(log.index.get(READY, -1), log.index.get(START, -1), errors)

    return memo(store, ("roles", log.no, len(log.states)), compute)


class MachinesView:
    """Virtual list of machines: ``len(view)``, ``view.line(i, width)``.

    ``search`` keeps the machines whose name contains it anywhere, and their ancestors (dim);
    ``collapsed`` holds the numbers of machines whose children are folded (not while searching).
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        search: str = "",
        collapsed: Collection[int] = (),
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        self._store = store
        self._cursor = cursor
        self._search = search.strip()
        self._collapsed = frozenset(collapsed)
        self._tree = tree = tree_of(store)
        self._hidden = hidden - {cursor.machine}
        key = ("machines shown", id(tree), self._search, self._collapsed, self._hidden)
        self._shown = memo(
            store, key, lambda: _shown(tree, self._search, self._collapsed, self._hidden)
        )

    def __len__(self) -> int:
        return len(self._shown.nodes)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it."""
        node = self._shown.nodes[i]
        log = self._store.machines[node.machine]
        pos = pos_in(self._store, self._cursor, node.machine)
        connected = self._connected(log)
        # most machines have not moved since the last repaint: the same position, the same row
        name, found = self._tree.names[node.machine], node.machine in self._shown.found
        folded = node.machine in self._collapsed
        known = (name, node, len(log.states), self._search, found, folded)
        key = ("machine row", width, pos, connected, known)
        return memo(self._store, key, lambda: self._row(node, log, pos, connected, width))

    def _row(self, node: TreeNode, log: MachineLog, pos: int, connected: bool, width: int) -> Line:
        begun = pos >= 0
        sum_width = 6 if width >= 26 else 0
        name_width = max(width - 5 - sum_width, 4)

        builder = LineBuilder(width)
        builder.add(
            "  " * min(node.depth, max(name_width // 6, 1)) + self._fold_sign(node), Token.DIM
        )
        name = crop_middle(self._tree.names[node.machine], max(name_width - builder.used - 1, 1))
        dim = not begun or not connected or node.machine not in self._shown.found
        for span in highlighted(name, self._search, Token.DIM if dim else Token.TEXT):
            builder.add(span.text, span.token)
        builder.column(name_width)
        for span in self._activity(log, pos):
            builder.add(span.text, Token.DIM if dim else span.token)
        if sum_width:
            text = compact(log.time_sum(pos), sum_width - 1) if begun else ""
            builder.column(name_width + 2).right(
                text, sum_width, Token.DIM if dim else Token.NUMBER
            )
        trouble = self._trouble(log, pos)
        builder.column(width - 2).add(trouble.text, trouble.token)
        if begun and not connected:
            builder.column(width - 1).add("⊘", Token.DISCONNECTED)
        return builder.line()

    def machine_at(self, i: int) -> int:
        """Number of the machine in row ``i``."""
        return self._shown.nodes[i].machine

    def index_of(self, machine: int) -> int | None:
        """Row of a machine, None when it is hidden by the search or a fold."""
        return self._shown.rows.get(machine)

    def has_children(self, i: int) -> bool:
        """Whether row ``i`` can be folded."""
        return self._shown.nodes[i].below > 0

    @property
    def found(self) -> int:
        """How many machines match the search (all without one)."""
        return len(self._shown.found)

    def title(self) -> Line:
        """What stands in the pane's border: name and counts."""
        total = thousands(len(self._tree.nodes))
        count = f"{thousands(self.found)} of {total}" if self._search else total
        title = (Span("Machines", Token.TITLE), Span(" "), Span(count, Token.NUMBER))
        if not self._shown.hidden:
            return title
        return (*title, Span(f", {thousands(self._shown.hidden)} hidden", Token.DIM))

    def _fold_sign(self, node: TreeNode) -> str:
        if not node.below:
            return "  "
        folded = node.machine in self._collapsed and not self._search
        return "▸ " if folded else "▾ "

    def _connected(self, log: MachineLog) -> bool:
        # a recording without any connection (an import) says nothing about them
        if not self._store.status.clients:
            return True
        return log.connected_at(self._cursor.moment)

    def _activity(self, log: MachineLog, pos: int) -> tuple[Span, ...]:
        if pos < 0:
            return (Span("·", Token.DIM),)
        roles = roles_of(self._store, log)
        if roles.ready >= 0 and log.tick(roles.ready, pos) % 2:
            return (Span("●", Token.ACTIVE), Span("R", Token.ACTIVE))
        if roles.start >= 0 and log.tick(roles.start, pos) % 2:
            return (Span("●", Token.ACTIVE), Span("S", Token.TEXT))
        any_active = any(log.tick(state, pos) % 2 for state in range(len(log.states)))
        return (Span("●", Token.ACTIVE),) if any_active else (Span("○", Token.INACTIVE),)

    def _trouble(self, log: MachineLog, pos: int) -> Span:
        if pos < 0:
            return Span(" ")
        if any(log.tick(state, pos) % 2 for state in roles_of(self._store, log).errors):
            return Span("!", Token.ERROR)
        recent = log.prev_with(Flag.ERROR, pos + 1)
        if recent is not None and recent > pos - RECENT:
            return Span("¡", Token.WARNING)
        return Span(" ")
