"""A program as a user would write it. The type checker must accept all of it (see test_typing)."""

from __future__ import annotations

from dataclasses import dataclass

from asyncmachine import (
    Condition,
    Event,
    History,
    Interval,
    Machine,
    Result,
    Schema,
    State,
    Subscription,
    Time,
    on,
    pack,
    unpack,
    when_each,
)


class Door(Schema):
    """A door."""

    Open = State(remove=("Closed",))
    Closed = State(auto=True, remove=[Open])
    Locked = State(require=Closed)


@dataclass
class Visit:
    """What comes with Open."""

    who: str
    loud: bool = False


class Handlers:
    """What a door does."""

    @on.enter(Door.Locked)
    def may_lock(self, event: Event) -> bool:
        return event.args.get("key") == 42

    @on.state(Door.Open)
    async def ring(self, event: Event) -> None:
        visit = unpack(Visit, event.args)
        if visit.loud:
            event.machine.add(Door.Closed)

    @on.change(Door.Closed, Door.Open)
    def may_open(self, event: Event) -> bool | None:
        return None if event.is_check else Door.Open in event.called

    def ClosedState(self, event: Event) -> None:  # noqa: N802
        event.machine.tick(Door.Closed)


door = Machine(Door, id="door")
door.bind_handlers(Handlers())
history = History(door)
result: Result = door.add(Door.Open, args={"who": "me"})
again: Result = door.add(Door.Open, args=pack(Visit("me"), why="again"))
ticks: int = door.tick(Door.Open)
names: tuple[str, ...] = door.active_states()
before: Time = door.time()
shutting: Subscription = when_each([door], Door.Closed, unless=door.when_err())
shut: bool = Condition(is_=(Door.Closed,), not_=(Door.Open,)).check(door)
stretches: list[Interval] = history.together(Door.Closed, Door.Locked)
answer: int = door.eval(lambda: 42)


def changed(machine: Machine, earlier: Time, later: Time) -> None:
    """Told of every change."""
    machine.log(str(later.diff_since(earlier)))


stop = door.on_change(changed)
stop()


async def wait() -> bool:
    return await door.when(Door.Closed)
