"""A program as a user would write it. The type checker must accept all of it (see test_typing)."""

from __future__ import annotations

from asyncmachine import Event, Machine, Result, Schema, State, on


class Door(Schema):
    """A door."""

    Open = State(remove=("Closed",))
    Closed = State(auto=True, remove=[Open])
    Locked = State(require=Closed)


class Handlers:
    """What a door does."""

    @on.enter(Door.Locked)
    def may_lock(self, event: Event) -> bool:
        return event.args.get("key") == 42

    @on.state(Door.Open)
    async def ring(self, event: Event) -> None:
        event.machine.add(Door.Closed)

    def ClosedState(self, event: Event) -> None:  # noqa: N802
        event.machine.tick(Door.Closed)


door = Machine(Door, id="door")
door.bind_handlers(Handlers())
result: Result = door.add(Door.Open, args={"who": "me"})
ticks: int = door.tick(Door.Open)
names: tuple[str, ...] = door.active_states()


async def wait() -> bool:
    return await door.when(Door.Closed)
