"""The resolver: which states a mutation leads to, in which order, and why.

A pure function of the schema, the active states in their order, and the mutation. Order matters:
it decides who wins and feeds the next resolution. Sources of the odd rules: the conformance vectors
(tests/data/conformance); docs/kernel.md explains them for users.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncmachine import steps as st
from asyncmachine.mutation import ADD, REMOVE
from asyncmachine.schema import State
from asyncmachine.semlog import DECISIONS, OPS, LogRecord
from asyncmachine.sorting import stable_sort
from asyncmachine.steps import Step


class Relations:
    """A clean schema, compiled to state indexes."""

    def __init__(self, names: Sequence[str], schema: dict[str, State]) -> None:
        self.names = tuple(names)
        self.index = {name: i for i, name in enumerate(self.names)}
        states = [schema[name] for name in self.names]
        self.multi = tuple(s.multi for s in states)
        self.auto = tuple(i for i, s in enumerate(states) if s.auto)
        self.is_auto = tuple(s.auto for s in states)
        self.add = tuple(self._indexes(s.add) for s in states)
        self.remove = tuple(self._indexes(s.remove) for s in states)
        self.after = tuple(frozenset(self._indexes(s.after)) for s in states)
        self.require: tuple[tuple[int | str, ...], ...] = tuple(
            tuple(self.index.get(name, name) for name in s.require) for s in states
        )
        # An unknown name is a bit that is never set: such a requirement is never met.
        never = 1 << len(self.names)
        self.require_masks = tuple(_mask(required, never) for required in self.require)
        self.require_steps: tuple[tuple[Step, ...], ...] = tuple(
            tuple((st.RELATION, state, other, 0, st.REL_REQUIRE) for other in required)
            for state, required in enumerate(self.require)
        )
        self.removed_by = self._reverse(self.remove)
        self.has_after = any(self.after)
        self.cycle: str | None = None
        self.position = self._topology()

    def _indexes(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.index[name] for name in names)

    def _reverse(self, relation: Sequence[Sequence[int]]) -> tuple[int, ...]:
        """For each state, the bit set of those that have it in ``relation``."""
        masks = [0] * len(self.names)
        for source, targets in enumerate(relation):
            for target in targets:
                masks[target] |= 1 << source
        return tuple(masks)

    def _topology(self) -> tuple[int, ...] | None:
        """Position of each state in the Require order, -1 outside of it; None: nothing to sort.

        Depth first, requirements before who needs them. The original starts at a random place of
        the alphabet and goes round; this starts at its beginning. A cycle turns the order off for
        the whole machine.
        """
        order: dict[int | str, int] = {}
        done: set[int | str] = set()
        visiting: set[int | str] = set()

        def visit(state: int | str) -> bool:
            if state in done:
                return True
            if state in visiting:
                self.cycle = self.names[state] if isinstance(state, int) else state
                return False
            visiting.add(state)
            required = self.require[state] if isinstance(state, int) else ()
            if not all(visit(other) for other in required):
                return False
            visiting.discard(state)
            done.add(state)
            order[state] = len(order)
            return True

        for state in sorted(range(len(self.names)), key=self.names.__getitem__):
            if self.require[state] and not visit(state):
                return None
        if not order:
            return None
        return tuple(order.get(state, -1) for state in range(len(self.names)))


class Resolution:
    """One resolution in progress: collects steps and log records on the way to the targets."""

    __slots__ = ("auto", "before", "called", "kind", "log", "rel", "steps")

    def __init__(
        self,
        rel: Relations,
        before: int,
        kind: int,
        called: int,
        auto: bool,
        steps: list[Step],
        log: list[LogRecord],
    ) -> None:
        self.rel = rel
        self.before = before
        self.kind = kind
        self.called = called
        self.auto = auto
        self.steps = steps
        self.log = log

    def targets(self, to_set: Iterable[int]) -> list[int]:
        """The states that will be active, in order, when ``to_set`` is asked for."""
        wanted = self._implied(list(dict.fromkeys(to_set)))
        wanted = self._required(list(dict.fromkeys(wanted)))
        kept = self._unblocked(wanted)
        removed = 0
        for state in kept:
            for other in self.rel.remove[state]:
                removed |= 1 << other
        second = [s for s in self._implied(kept) if not removed >> s & 1]
        second = list(dict.fromkeys(second))
        second.reverse()
        return self.sorted(self._required(second))

    def _implied(self, states: list[int]) -> list[int]:
        """``states`` and what the new and the multi ones among them add: one level only."""
        rel, steps = self.rel, self.steps
        out = list(states)
        for state in states:
            implied: Sequence[int] = rel.add[state]
            if not implied or (self.before >> state & 1 and not rel.multi[state]):
                continue
            if self.kind == REMOVE:
                implied = [s for s in implied if not self.called >> s & 1]
            out += implied
            steps += [(st.RELATION, state, other, 0, st.REL_ADD) for other in implied]
            steps += [(st.ACTIVATE, -1, other, 0, None) for other in implied]
        return out

    def _required(self, states: list[int]) -> list[int]:
        """``states`` without those whose requirements are missing, round by round."""
        rel, steps = self.rel, self.steps
        requiring = [state for state in states if rel.require[state]]
        if not requiring:
            return states
        there = 0
        for state in states:
            there |= 1 << state
        missing: dict[int, list[int | str]] = {}
        while True:
            left = there
            for state in requiring:
                wanted = rel.require_masks[state]
                if wanted & there == wanted:
                    steps += rel.require_steps[state]
                else:
                    missing[state] = self._lacking(state, there)
                    left &= ~(1 << state)
            if left == there:
                break
            there = left
            requiring = [state for state in requiring if there >> state & 1]
        if not missing:
            return states
        self.log.append(self._rejection(missing))
        return [state for state in states if there >> state & 1]

    def _lacking(self, state: int, there: int) -> list[int | str]:
        """What ``state`` requires and isn't there, with the steps that say so."""
        steps = self.steps
        lacking: list[int | str] = []
        for other in self.rel.require[state]:
            steps.append((st.RELATION, state, other, 0, st.REL_REQUIRE))
            if isinstance(other, str) or not there >> other & 1:
                lacking.append(other)
                steps.append((st.DEACTIVATE_PASSIVE, state, -1, 0, None))
                if self.called >> state & 1:
                    steps.append((st.CANCEL, -1, other, 0, None))
        return lacking

    def _rejection(self, missing: dict[int, list[int | str]]) -> LogRecord:
        names = self.rel.names
        parts = tuple(
            (names[state], tuple(o if isinstance(o, str) else names[o] for o in others))
            for state, others in missing.items()
        )
        if self.auto:
            return LogRecord(DECISIONS, "reject:auto", parts)
        return LogRecord(OPS, "reject", parts)

    def _unblocked(self, states: list[int]) -> list[int]:
        """``states`` from last to first, without those that a kept one removes."""
        rel, names = self.rel, self.rel.names
        everyone = 0
        for state in states:
            everyone |= 1 << state
        blocked = 0
        kept = []
        for state in reversed(states):
            removers = rel.removed_by[state] & everyone
            if not removers:
                kept.append(state)
                continue
            self.steps += [
                (st.RELATION, other, state, 0, st.REL_REMOVE)
                for other in states
                if removers >> other & 1
            ]
            removers &= ~blocked
            if not removers:
                kept.append(state)
                continue
            blocked |= 1 << state
            active = self.before >> state & 1
            by = tuple(names[other] for other in states if removers >> other & 1)
            self.log.append(
                LogRecord(OPS if active else DECISIONS, "rel:remove", (names[state], by))
            )
            kind = st.DEACTIVATE if active else st.DEACTIVATE_PASSIVE
            self.steps.append((kind, -1, state, 0, None))
        return kept

    def sorted(self, states: list[int]) -> list[int]:
        """``states`` by Require, then by After among neighbours."""
        rel = self.rel
        if len(states) < 2:
            return states
        position = rel.position
        if position is not None:
            states.sort(key=position.__getitem__)
        if rel.has_after:
            after, steps = rel.after, self.steps

            def less(x: int, y: int) -> bool:
                if y in after[x]:
                    steps.append((st.RELATION, y, x, 0, st.REL_AFTER))
                    return False
                if x in after[y]:
                    steps.append((st.RELATION, x, y, 0, st.REL_AFTER))
                    return True
                return False

            stable_sort(states, less)
        return states


def states_to_set(
    kind: int, active: Sequence[int], called: Sequence[int], called_mask: int
) -> list[int]:
    """The states that a mutation asks for, before relations."""
    if kind == ADD:
        return [*called, *active]
    if kind == REMOVE:
        return [state for state in active if not called_mask >> state & 1]
    return list(called)


def _mask(states: Iterable[int | str], unknown: int) -> int:
    mask = 0
    for state in states:
        mask |= 1 << state if isinstance(state, int) else unknown
    return mask
