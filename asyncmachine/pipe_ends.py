"""What a machine remembers of its pipes, and how it forgets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asyncmachine.errors import BindingError
from asyncmachine.semlog import OPS, LogRecord
from asyncmachine.transition import Note

if TYPE_CHECKING:
    from asyncmachine.handlers import Binding
    from asyncmachine.machine import Machine


class PipeEnd(NamedTuple):
    """One end of a pipe, as one of the two machines sees it."""

    note: Note
    other: Machine
    binding: Binding | None


def add_end(
    machine: Machine, direction: str, state: str, other: Machine, mutation: str, binding: Binding
) -> None:
    """Remember a pipe's end; direction: ``in`` or ``out``, state: one of ``machine``'s."""
    note = Note(
        f"pipe_{direction}", "new", (machine._index_of(state),), [other.id, state, mutation]
    )
    machine._pipes.append(PipeEnd(note, other, binding if direction == "out" else None))
    machine._log(OPS, f"pipe-{direction}:{mutation}", (state, other.id))
    machine._note(note)


def drop_pipes(machine: Machine) -> None:
    """``machine`` ends: machines at the other ends of its pipes forget it."""
    for other in dict.fromkeys(end.other for end in machine._pipes):
        gone = [end for end in other._pipes if end.other is machine]
        other._pipes = [end for end in other._pipes if end.other is not machine]
        for end in gone:
            if end.binding is not None:
                try:
                    other.detach_handlers(end.binding)
                except BindingError:
                    continue  # one binding may carry several pipes
            other._note(end.note._replace(op="gone"))
        if gone and other._level >= OPS:
            other._keep(LogRecord(OPS, "pipe:gc", machine.id))
    machine._pipes = []
