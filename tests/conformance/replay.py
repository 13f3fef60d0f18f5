"""Replays conformance vectors against the kernel: ``python tests/conformance/replay.py FILE...``.

A file holds one case a line (JSON, gzipped when it ends in .gz): a schema, handlers, operations,
and what the reference kernel did. Each operation is carried out and everything the file says about
it is compared, steps as ordered lists. Prints every difference; exit status 1 if there was any.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asyncmachine import Event, Machine, Result, State, Tracer, Transition
from asyncmachine.handlers import MARK, read_name

KINDS = {
    1: "rel",
    2: "handler",
    4: "activate",
    8: "deactivate",
    16: "deactivate-passive",
    32: "called",
    64: "cancel",
}
RELATIONS = ("after", "add", "require", "remove")
FLAGS = ((1, "final"), (2, "self"), (4, "enter"))
OUTCOMES = {"ok": "ok", "refused": "refused", "error": "panic", "skipped": "skipped"}
TX_DEFAULTS: dict[str, Any] = {"auto": False, "check": False, "token": 0, "handlers": []}
END_DEFAULTS: dict[str, Any] = {"qlen": 0, "is_err": False, "err": None, "txs": []}

Case = dict[str, Any]
MAX_SHOWN = 20


def cases(path: Path) -> Iterator[Case]:
    """The cases of a file."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


@dataclass
class HandlerSpec:
    """A handler of a case: what to do, and how often it has done it."""

    name: str
    binding: int
    do: str
    states: list[str]
    msg: str
    max: int | None
    runs: int = 0


class HandlerPanicError(Exception):
    """What a handler that panics raises."""


@dataclass
class Recorder(Tracer):
    """Writes down every transition in the vectors' terms."""

    wants_handlers = True
    names: list[str]
    with_steps: bool
    txs: list[Case] = field(default_factory=list)
    calls: dict[tuple[str, int], list[list[Case]]] = field(default_factory=dict)

    def take(self) -> list[Case]:
        """What has been written since the last time."""
        taken, self.txs = self.txs, []
        return taken

    def transition_end(self, tx: Transition) -> None:
        mutation = tx.mutation
        seen: Case = {
            "type": mutation.type_name,
            "called": self._names(mutation.called),
            "auto": tx.auto,
            "check": tx.check,
            "accepted": tx.accepted,
            "qtick": mutation.queue_tick,
            "token": mutation.queue_token,
            "targets": self._names(tx.targets),
            "targets_init": self._names(tx.targets_init),
            "before": list(tx.before),
            "after": list(tx.committed),
            "mach_after": list(tx.machine.time()),
            "handlers": self._handlers(tx),
        }
        if self.with_steps:
            seen["steps"] = [self._step(step) for step in tx.steps]
        self.txs.append(seen)

    def _names(self, indexes: tuple[int, ...]) -> list[str]:
        return [self.names[i] for i in indexes]

    def _handlers(self, tx: Transition) -> list[Case]:
        out = []
        for record in tx.handlers:
            seen: Case = {"h": record.name, "b": record.number, "r": OUTCOMES[record.outcome]}
            calls = self.calls.get((record.name, record.number))
            if calls:
                seen["calls"] = calls.pop(0)
                if not seen["calls"]:
                    del seen["calls"]
            out.append(seen)
        return out

    def _step(self, step: tuple[Any, ...]) -> list[str]:
        kind, source, target, flags, data = step
        info = ""
        if kind == 1:
            info = RELATIONS[data]
        elif kind == 2:
            info = "+".join(text for bit, text in FLAGS if flags & bit)
        return [KINDS[kind], self._name(source), self._name(target), info]

    def _name(self, end: int | str) -> str:
        if isinstance(end, str):
            return end
        return "" if end < 0 else self.names[end]


class Replay:
    """One case being replayed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.names: list[str] = case["names"]
        self.recorder = Recorder(self.names, case["has_steps"])
        schema = {
            d["name"]: State(**{k: v for k, v in d.items() if k != "name"}) for d in case["schema"]
        }
        self.machine = Machine(schema, id="m", names=self.names, strict=False)
        for number in range(case["bindings"]):
            self.machine.bind_handlers(self._bound(number), id=str(number))
        # Binding to a machine that starts in error runs handlers: no transition here shows them.
        self.recorder.calls.clear()
        self.machine.bind_tracer(self.recorder)

    def _bound(self, number: int) -> dict[str, Callable[[Event], bool | None]]:
        index = {name: i for i, name in enumerate(self.names)}
        bound = {}
        for h in self.case["handlers"]:
            if h["b"] != number:
                continue
            spec = HandlerSpec(
                h["name"],
                number,
                h["do"],
                h.get("states", []),
                h.get("msg", ""),
                h.get("max"),
            )
            # The reference looks handlers up by name: one that can be read in two ways serves both,
            # and one that can't be read (AnyA, AAny) is never called.
            for key in read_name(spec.name, index):
                handler = self._handler(spec)
                states = [self.names[i] for i in (key.state, key.other) if i >= 0]
                setattr(handler, MARK, (key.kind, *states))
                bound[f"{spec.name} {key.kind}"] = handler
        return bound

    def _handler(self, spec: HandlerSpec) -> Callable[[Event], bool | None]:
        def run(event: Event) -> bool | None:
            calls: list[Case] = []
            self.recorder.calls.setdefault((spec.name, spec.binding), []).append(calls)
            spec.runs += 1
            if spec.max is not None and spec.runs > spec.max:
                return None
            if spec.do == "refuse":
                return False
            if spec.do == "panic":
                raise HandlerPanicError(spec.msg)
            if spec.do != "noop":
                calls.append(self._call(spec))
            return None

        return run

    def _call(self, spec: HandlerSpec) -> Case:
        result = self.mutate(spec.do, spec.states, spec.msg)
        call: Case = {"do": spec.do, "result": result_text(result)}
        if spec.states:
            call["states"] = spec.states
        if result.queued and result.tick:
            call["tick"] = result.tick
        return call

    def mutate(self, do: str, states: list[str], msg: str) -> Result:
        """Carry out one operation."""
        if do == "add_err":
            return self.machine.add_err(msg, *states)
        method: Callable[..., Result] = getattr(self.machine, do)
        return method(*states)

    def end(self, result: Result | None) -> Case:
        """What the machine looks like now."""
        machine = self.machine
        seen: Case = {
            "txs": self.recorder.take(),
            "active": list(machine.active_states()),
            "clock": list(machine.time()),
            "qlen": machine.queue_len,
            "qtick": machine.queue_tick,
            "is_err": machine.is_err(),
            "err": None if machine.err is None else str(machine.err),
        }
        if result is not None:
            seen["result"] = result_text(result)
        return seen

    def run(self) -> list[str]:
        """Every difference of the case, each as a line that says where."""
        case = self.case
        compare = Comparison(self.names, case["order"] == "set")
        compare.end("start", self.end(None), case["start"])
        for i, op in enumerate(case["ops"]):
            result = self.mutate(op["op"], op["states"], op.get("msg", ""))
            where = f"op {i} {op['op']}({' '.join(op['states'])})"
            compare.end(where, self.end(result), case["expect"][i])
        if len(case["expect"]) != len(case["ops"]):
            compare.say("ops", "number", len(case["ops"]), len(case["expect"]))
        return compare.differences


def result_text(result: Result) -> str:
    """A result in the vectors' terms."""
    return ("executed", "canceled", "queued")[int(result)]


class Comparison:
    """Collects where what was seen differs from what is wanted."""

    def __init__(self, names: list[str], as_sets: bool) -> None:
        self.place = {name: i for i, name in enumerate(names)}
        self.as_sets = as_sets
        self.differences: list[str] = []

    def say(self, where: str, what: str, seen: Any, wanted: Any) -> None:
        """Note a difference."""
        self.differences.append(f"{where}: {what}: got {plain(seen)}, wanted {plain(wanted)}")

    def _same(self, where: str, what: str, seen: Any, wanted: Any) -> None:
        if seen != wanted:
            self.say(where, what, seen, wanted)

    def _states(self, where: str, what: str, seen: list[str], wanted: list[str]) -> None:
        if self.as_sets:
            seen, wanted = self._sorted(seen), self._sorted(wanted)
        self._same(where, what, seen, wanted)

    def _sorted(self, states: list[str]) -> list[str]:
        return sorted(states, key=lambda name: self.place.get(name, -1))

    def end(self, where: str, seen: Case, wanted: Case) -> None:
        """Compare the end of an operation."""
        wanted = {**END_DEFAULTS, **wanted}
        for key in ("result", "clock", "qlen", "qtick", "is_err", "err"):
            self._same(where, key, seen.get(key), wanted.get(key))
        self._states(where, "active", seen["active"], wanted["active"])
        self._same(where, "number of transitions", len(seen["txs"]), len(wanted["txs"]))
        pairs = zip(seen["txs"], wanted["txs"], strict=False)
        for i, (seen_tx, wanted_tx) in enumerate(pairs):
            self._tx(f"{where}, transition {i}", seen_tx, wanted_tx)

    def _tx(self, where: str, seen: Case, wanted: Case) -> None:
        wanted = {**TX_DEFAULTS, **wanted}
        wanted.setdefault("mach_after", wanted["after"])
        wanted.setdefault("targets_init", wanted["targets"])
        for key in ("type", "auto", "check", "accepted", "qtick", "token"):
            self._same(where, key, seen[key], wanted[key])
        for key in ("before", "after", "mach_after"):
            self._same(where, key, seen[key], wanted[key])
        if wanted["auto"]:
            self._same(where, "called", self._sorted(seen["called"]), wanted["called"])
        else:
            self._same(where, "called", seen["called"], wanted["called"])
        self._states(where, "targets", seen["targets"], wanted["targets"])
        self._states(where, "targets_init", seen["targets_init"], wanted["targets_init"])
        self._handlers(where, seen["handlers"], wanted["handlers"])
        if "steps" in wanted:
            self._same(where, "steps", seen.get("steps"), wanted["steps"])

    def _handlers(self, where: str, seen: list[Case], wanted: list[Case]) -> None:
        if self.as_sets:
            seen = sorted(seen, key=lambda h: (h["h"], h["b"]))
            wanted = sorted(wanted, key=lambda h: (h["h"], h["b"]))
        self._same(where, "handlers", seen, wanted)


def plain(value: Any) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False)


def replay_case(case: Case) -> list[str]:
    """The differences of one case; what the kernel raises is one."""
    try:
        return Replay(case).run()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def report(path: str, case: Case, differences: list[str], write: Callable[[str], Any]) -> None:
    """Print the differences of a case."""
    write(f"{path}: {case.get('id', '?')}: {case.get('note', '')}".rstrip(": ") + "\n")
    for line in differences[:MAX_SHOWN]:
        write(f"  {line}\n")
    if len(differences) > MAX_SHOWN:
        write(f"  and {len(differences) - MAX_SHOWN} more\n")


def main(paths: list[str]) -> int:
    """Replay files; returns the exit status."""
    if not paths:
        sys.stderr.write("usage: replay.py FILE...\n")
        return 2
    passed = failed = 0
    for path in paths:
        try:
            for case in cases(Path(path)):
                differences = replay_case(case)
                if differences:
                    failed += 1
                    report(path, case, differences, sys.stdout.write)
                else:
                    passed += 1
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            failed += 1
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
