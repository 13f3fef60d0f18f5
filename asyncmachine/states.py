"""Names that mean something to the kernel, and ready-made schemas to build on."""

from __future__ import annotations

from asyncmachine.schema import Schema, State

EXCEPTION = "Exception"
START = "Start"
READY = "Ready"
HEARTBEAT = "Heartbeat"
HEALTHCHECK = "Healthcheck"
DISPOSING = "Disposing"
RESTORED = "MachineRestored"

_EXCEPTION = (EXCEPTION,)


class Basic(Schema):
    """Errors, start and readiness: what nearly every machine has."""

    Exception = State(multi=True)
    ErrNetwork = State(multi=True, add=_EXCEPTION, require=_EXCEPTION)
    ErrHandlerTimeout = State(multi=True, add=_EXCEPTION, require=_EXCEPTION)
    Start = State()
    Ready = State(require=("Start",))
    Healthcheck = State(multi=True)
    Heartbeat = State()


class Connected(Schema):
    """The four stages of a connection, one at a time; Disconnected comes back by itself."""

    Exception = State(multi=True)
    Start = State()
    ErrConnecting = State(require=_EXCEPTION)
    Connecting = State(require=("Start",), remove=("Connected", "Disconnecting", "Disconnected"))
    Connected = State(require=("Start",), remove=("Connecting", "Disconnecting", "Disconnected"))
    Disconnecting = State(remove=("Connecting", "Connected", "Disconnected"))
    Disconnected = State(auto=True, remove=("Connecting", "Connected", "Disconnecting"))


class Disposed(Schema):
    """Disposal as states: handlers of Disposing clean up, Disposed is the end."""

    Exception = State(multi=True)
    Start = State()
    RegisterDisposal = State(multi=True)
    Disposing = State(remove=("Start", "Exception"))
    Disposed = State(remove=("Start", "Exception", "Disposing"))
