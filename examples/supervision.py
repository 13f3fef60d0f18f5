"""The machine above the links: how many are up, and what to do about lost ones."""

from __future__ import annotations

from anyio.abc import TaskGroup

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session


class Supervisor(Schema):
    """Healthy, Degraded or Outage, as the links report."""

    Exception = State(multi=True)
    Start = State()

    Healthy = State(require=[Start], remove=["Degraded", "Outage"])
    Degraded = State(require=[Start], remove=[Healthy, "Outage"])
    Outage = State(auto=True, require=[Start], remove=[Healthy, Degraded])

    LinkUp = State(multi=True, require=[Start])
    LinkDown = State(multi=True, require=[Start])
    LinkLost = State(multi=True, require=[Start], after=[LinkDown])
    Reviving = State(multi=True, require=[Start])

    Healthcheck = State(multi=True, require=[Start])

    class Groups:
        """How the debugger sorts them."""

        Health = ("Healthy", "Degraded", "Outage", "Healthcheck")
        Links = ("LinkUp", "LinkDown", "LinkLost", "Reviving")


class SupervisorHandlers:
    """Counts, and revives what has given up."""

    def __init__(self, session: Session, tasks: TaskGroup, machine: Machine) -> None:
        self.session = session
        self.tasks = tasks
        self.machine = machine
        self.links: dict[str, Machine] = {}
        self.up: set[str] = set()
        machine.bind_handlers(self)

    def add_link(self, link: Machine) -> None:
        """Look after this one too."""
        self.links[link.id] = link

    # -- handlers

    def StartState(self, event: Event) -> None:
        """All links start with their supervisor."""
        for link in self.links.values():
            link.add("Start")

    def StartEnd(self, event: Event) -> None:
        """And hang up with it."""
        for link in self.links.values():
            link.remove("Start")

    def LinkUpState(self, event: Event) -> None:
        """One more."""
        self.up.add(event.args["id"])
        self._review(event)

    def LinkDownState(self, event: Event) -> None:
        """One less."""
        self.up.discard(event.args["id"])
        self._review(event)

    def LinkLostState(self, event: Event) -> None:
        """One that has given up is revived after a while."""
        self.session.tell(event.machine, f"{event.args['id']} gave up: {event.args['err']}")
        self.tasks.start_soon(self._revive, event.args["id"])

    def RevivingState(self, event: Event) -> None:
        """A mutation of a child, from its parent's handler."""
        self.links[event.args["id"]].add("Connecting")

    def HealthyEnter(self, event: Event) -> bool:
        """Refuse to call it healthy while a link is down."""
        return len(self.up) == len(self.links)

    # -- what takes time

    async def check_health(self) -> None:
        """Ask now and then whether all is well: a check, which changes nothing."""
        while True:
            await self.session.sleep(0.5)
            healthy = bool(self.machine.can_add(Supervisor.Healthy))
            self.machine.add(Supervisor.Healthcheck, args={"name": "ok" if healthy else "not ok"})

    async def _revive(self, name: str) -> None:
        await self.session.sleep(1)
        self.machine.add(Supervisor.Reviving, args={"id": name})

    def _review(self, event: Event) -> None:
        if len(self.up) == len(self.links):
            health = Supervisor.Healthy
        elif self.up:
            health = Supervisor.Degraded
        else:
            health = Supervisor.Outage
        if not event.machine.is_(health):
            event.machine.add(health)
            self.session.tell(
                event.machine, f"{len(self.up)} of {len(self.links)} links up: {health}"
            )
