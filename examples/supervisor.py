"""A supervisor that keeps connections to a bad server: backoff, heartbeats, errors, revival.

The server is a real one, in this process, on a loopback port of its own. It hangs up, falls mute
and crashes. Each link is a machine below the supervisor; the server is a machine too.
"""

from __future__ import annotations

import anyio
import click

import telemetry
from asyncmachine import Machine
from examples import common
from examples.common import Session, Settings
from examples.flaky_server import Server, ServerHandlers
from examples.link import LinkHandlers
from examples.supervision import Supervisor, SupervisorHandlers

SECONDS = 10
"""How long it goes, unless for ever."""


async def supervise(session: Session, links: int) -> None:
    """Start server, supervisor and links; end them in the opposite order."""
    server = Machine(Server, id="server", tags=("supervisor",), tracers=[session.summary])
    supervisor = Machine(
        Supervisor, id="supervisor", tags=("supervisor",), tracers=[session.summary]
    )
    telemetry.bind_from_env(server)
    telemetry.bind_from_env(supervisor)

    async with anyio.create_task_group() as tasks:
        serving = ServerHandlers(session, server, crowd=links)
        await serving.open()
        handlers = SupervisorHandlers(session, tasks, supervisor)
        for number in range(1, links + 1):
            name = f"link-{number}"
            link = LinkHandlers(session, supervisor, name, serving.port)
            handlers.add_link(link.machine)

        server.add(Server.Start)
        supervisor.add(Supervisor.Start)
        tasks.start_soon(serving.misbehave)
        tasks.start_soon(handlers.check_health)
        try:
            for _ in session.rounds(1):
                await session.sleep(SECONDS)
        finally:
            supervisor.dispose()  # and the links, which are its children
            server.dispose()
            tasks.cancel_scope.cancel()


@click.command()
@click.option("--links", type=click.IntRange(1, 100), default=3, show_default=True)
@common.options
def main(settings: Settings, links: int) -> None:
    """Keep connections to a server that drops them: reconnect, back off, beat, give up."""
    common.run(settings, lambda session: supervise(session, links))


if __name__ == "__main__":
    main()
