"""Small recordings with something of everything, the same each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from am_dbg.recording import Channel, RecordingWriter
from telemetry.messages import (
    ADD,
    FLAG_ENTER,
    FLAG_FINAL,
    REL_REQUIRE,
    REMOVE,
    STEP_ACTIVATE,
    STEP_CALLED,
    STEP_CANCEL,
    STEP_DEACTIVATE,
    STEP_HANDLER,
    STEP_RELATION,
    DbgMsgStruct,
    DbgMsgTx,
    HandlerCall,
    LogEntry,
    Source,
    StateDef,
    Step,
    encode,
)

START = 1_767_607_200_000_000_000  # 2026-01-05 10:00:00 UTC
MS = 1_000_000
STATES = {
    "Exception": StateDef(multi=True),
    "Start": StateDef(),
    "Ready": StateDef(auto=True, require=["Start"]),
    "Connecting": StateDef(require=["Start"], remove=["Connected"]),
    "Connected": StateDef(require=["Start"], remove=["Connecting"], add=["Ready"]),
    "Message": StateDef(multi=True, require=["Connected"]),
}
NASTY = "[bold]x[/] \x1b[31mred\x07\n"
"""Markup and control characters, as a program might send them."""


@dataclass
class Recorded:
    """A machine as it is being written: its clocks and how many messages it sent."""

    writer: RecordingWriter
    schema: DbgMsgStruct
    clocks: list[int]
    seq: int = 0
    _channels: dict[str, Channel] = field(default_factory=dict)

    def write(self, kind: str, data: bytes, moment: int) -> None:
        if kind not in self._channels:
            metadata = {"conn": "1", "instance": self.schema.instance, "service": "tests"}
            self._channels[kind] = self.writer.channel(self.schema.id, kind, metadata)
        self.writer.write(self._channels[kind], moment, moment, data)

    def tx(
        self,
        moment: int,
        called: str,
        kind: int = ADD,
        accepted: bool = True,
        args: dict[str, str] | None = None,
        source: Source | None = None,
        queued: bool = False,
        check: bool = False,
        log: tuple[LogEntry, ...] = (),
    ) -> str:
        """One transition that calls one state; returns its id."""
        self.seq += 1
        index = self.schema.states_index.index(called)
        before = self.clocks[index]
        goal = kind == ADD
        multi = self.schema.states[called].multi
        changes: list[tuple[int, int]] = []
        if accepted and not queued and not check:
            added = 2 if multi and goal and before % 2 else int((before % 2 == 1) != goal)
            changes = [(index, added)] if added else []
        for at, added in changes:
            self.clocks[at] += added
        tx_id = f"{self.seq:04x}{self.schema.instance[:8]}"
        steps, handlers = _story(index, called, accepted, goal, bool(changes))
        message = DbgMsgTx(
            machine_id=self.schema.id,
            instance=self.schema.instance,
            id=tx_id,
            seq=self.seq,
            time=moment,
            duration=420_000,
            ticks=changes or None,
            type=kind,
            called_states_idxs=[index],
            accepted=accepted or queued,
            is_queued=queued,
            is_check=check,
            args=args or {},
            source=source,
            steps=[] if queued else steps,
            handlers=[] if queued else handlers,
            log_entries=[*log, (2, f"[state] {'+' if goal else '-'}{called}")],
            queue_tick=self.seq,
        )
        self.write("DbgMsgTx", encode(message), moment)
        return tx_id


def _story(
    index: int, called: str, accepted: bool, goal: bool, changed: bool
) -> tuple[list[Step], list[HandlerCall]]:
    steps: list[Step] = [
        (STEP_CALLED, -1, index, 0, None),
        (STEP_RELATION, index, 1, 0, REL_REQUIRE),
    ]
    if not accepted:
        steps.append((STEP_HANDLER, -1, index, FLAG_ENTER, 0))
        return [*steps, (STEP_CANCEL, -1, index, 0, None)], [
            (f"{called}Enter", 0, 1000, 52_000, "refused")
        ]
    if not changed:
        return steps, []
    steps.append((STEP_ACTIVATE if goal else STEP_DEACTIVATE, -1, index, 0, None))
    steps.append((STEP_HANDLER, -1, index, FLAG_FINAL, 0))
    return steps, [(f"{called}{'State' if goal else 'End'}", 0, 1000, 210_000, "ok")]


def machine(writer: RecordingWriter, name: str, number: int, parent: str = "") -> Recorded:
    """A machine with the test schema; its schema message is written."""
    schema = DbgMsgStruct(
        id=name,
        states_index=list(STATES),
        states=STATES,
        groups={"Network": [3, 4], "Traffic": [5]},
        groups_order=["Network", "Traffic"],
        parent=parent,
        instance=f"{number:016x}",
        clocks=[0] * len(STATES),
        time=START,
        service="tests",
        library="tests 1",
    )
    made = Recorded(writer, schema, [0] * len(STATES))
    made.write("DbgMsgStruct", encode(schema), START)
    return made


def play(app: Recorded, worker: Recorded, rounds: int, start: int = START) -> int:
    """Rounds of connecting, messages, refusals and an error now and then; returns the end."""
    now = start
    for i in range(rounds):
        now += 37 * MS
        app.tx(now, "Start" if i == 0 else "Connecting", log=((3, "[add] Connecting"),))
        now += 5 * MS
        cause = app.tx(now, "Connected", args={"addr": f"10.0.0.{i}:443", "id": NASTY})
        now += 3 * MS
        app.tx(now, "Message", queued=True)
        app.tx(
            now + MS, "Message", source=(app.schema.id, cause, sum(app.clocks), "ConnectedState")
        )
        if i % 3 == 1:
            app.tx(now + 2 * MS, "Ready", accepted=False)
        if i % 5 == 2:
            app.tx(now + 2 * MS, "Exception", log=((1, f"[error] broken pipe {NASTY}"),))
            app.tx(now + 3 * MS, "Exception", kind=REMOVE)
        worker.tx(now + 3 * MS, "Start", kind=ADD if i % 2 == 0 else REMOVE)
        app.tx(now + 4 * MS, "Message", kind=REMOVE)
        app.tx(now + 4 * MS, "Connected", kind=REMOVE)
        app.tx(now + 5 * MS, "Ready", check=True)
        now += 5 * MS
    return now


def small(path: Path, rounds: int = 8) -> Path:
    """app with two workers, and a machine whose name is markup and control characters."""
    with RecordingWriter(path) as writer:
        app = machine(writer, "app", 1)
        worker = machine(writer, "worker-1", 2, "app")
        machine(writer, "worker-2", 3, "app")
        nasty = machine(writer, NASTY, 4)
        nasty.tx(START + MS, "Start")
        play(app, worker, rounds)
    return path
