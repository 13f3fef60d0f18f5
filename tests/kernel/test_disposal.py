"""The end of a machine: who is told, who is released, and that nothing works any more."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from asyncmachine import BindingError, DisposedError, Event, Machine, State, Subscription
from tests.kernel.support import Recorder


def test_everybody_is_told_and_released() -> None:
    m = Machine({"Start": State(), "A": State()}, id="m")
    recorder = Recorder()
    m.bind_tracer(recorder)
    log: list[str] = []
    m.bind_handlers({"StartEnd": lambda e: log.append("StartEnd")})
    m.on_dispose(lambda machine_id: log.append(f"disposed {machine_id}"))
    m.add("Start")
    waits: list[Subscription] = [
        m.when("A"),
        m.when_not("Start"),
        m.when_time("A", 5),
        m.when_args("A", {"x": 1}),
        m.when_query(lambda clock: False),
        m.when_queue(99),
    ]
    ctx = m.new_state_ctx("Start")
    gone = m.when_disposed()
    assert m.dispose() is gone
    assert gone.matched
    assert log == ["StartEnd", "disposed m"]
    assert recorder.events[-1] == "machine_dispose m"
    assert [wait.matched for wait in waits] == [False, True, False, False, False, False]
    assert all(wait.done for wait in waits)
    assert not ctx.alive
    m.dispose()
    assert recorder.events.count("machine_dispose m") == 1


def test_afterwards_nothing_works_and_nothing_breaks() -> None:
    m = Machine({"A": State()}, id="m")
    m.add("A")
    m.add_err("kept")
    m.dispose()
    assert m.disposed
    for call in (m.add, m.remove, m.set, m.toggle, m.can_add, m.can_remove):
        assert call("A").canceled
    assert m.add_err("late").canceled
    assert not m.is_("A")
    assert not m.not_("A")
    assert not m.any_("A")
    assert not m.has("A")
    assert m.tick("A") == 0
    assert m.time() == ()
    assert m.clock() == {}
    assert m.active_states() == ()
    assert str(m.err) == "kept"
    assert m.when("A").done
    assert not m.when("A").matched
    assert not m.new_state_ctx("A").alive
    assert m.when_queue_ends().done
    with pytest.raises(BindingError):
        m.bind_handlers({})
    with pytest.raises(DisposedError):
        m.eval(lambda: 1)


def test_within_a_handler_it_waits_for_the_queue() -> None:
    m = Machine({"A": State(), "B": State()})
    seen: list[bool] = []

    def handler(event: Event) -> None:
        m.dispose()
        seen.append(m.disposed)
        m.add("B")

    m.bind_handlers({"AState": handler, "BState": lambda e: seen.append(m.disposed)})
    assert m.add("A").executed
    assert seen == [False, False]
    assert m.disposed


def test_while_another_thread_drains() -> None:
    m = Machine({"A": State()})
    inside, go_on = threading.Event(), threading.Event()

    def handler(event: Event) -> None:
        inside.set()
        go_on.wait(5)

    m.bind_handlers({"AState": handler})
    thread = threading.Thread(target=lambda: m.add("A"))
    thread.start()
    inside.wait(5)
    gone = m.dispose()
    assert not gone.done
    go_on.set()
    assert gone.wait(5)
    thread.join()


def test_children_end_with_their_parent() -> None:
    parent = Machine({"A": State()})
    plain = Machine({"A": State()}, parent=parent)
    own = Machine({"Disposing": State()}, parent=parent)
    own.bind_handlers({"DisposingState": lambda e: own.dispose()})
    deciding = Machine({"Disposing": State()}, parent=parent)
    parent.dispose()
    assert plain.disposed
    assert own.disposed
    assert deciding.is_("Disposing")
    assert not deciding.disposed


def test_awaited() -> None:
    m = Machine({"A": State()})

    async def main() -> bool:
        threading.Timer(0.01, m.dispose).start()
        async with asyncio.timeout(5):
            return await m.when_disposed()

    assert asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_a_forked_child_is_another_instance_and_works() -> None:
    code = """
import os, sys
from asyncmachine import Machine, State
m = Machine({"A": State(), "B": State()}, handler_timeout=5)
m.bind_handlers({"AState": lambda e: None})
m.add("A")
before = m.instance
r, w = os.pipe()
pid = os.fork()
if pid == 0:
    assert m.add("B").executed
    os.write(w, (m.instance + str(m)).encode())
    os._exit(0)
os.waitpid(pid, 0)
child = os.read(r, 100).decode()
assert child[:16] != before and len(child[:16]) == 16, child
assert child[16:] == "(A:1 B:1)", child
assert m.instance == before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
