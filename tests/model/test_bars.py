from __future__ import annotations

from collections.abc import Callable

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor, opening_cursor
from am_dbg.model.empty import empty_screen
from am_dbg.model.status import connection_lines, graph_time, status_line
from am_dbg.model.text import Token
from am_dbg.model.timeline import StepTimeline, Timeline
from am_dbg.store import Store
from telemetry.messages import encode
from tests.model.session import MS, START, Session, feed_all, text

Number = Callable[[str], int]


def test_the_timeline_shows_density_trouble_and_the_cursor(session: Session) -> None:
    session.machine("m", ["A", "Exception"])
    session.tx("m", 0, "A", "A")
    for i in range(40):
        session.tx("m", 30 + i / 10, "A", "A")
    session.tx("m", 50, "A", accepted=False).tx("m", 70, "Exception", "Exception")
    session.tx("m", 100, "A", "A")
    store = session.store()
    line = Timeline(store, opening_cursor(store, live=False), 10)
    assert text(line.bar()) == "▁  █ ✗ ! ┃"
    assert text(line.position()) == "tx 44/44"
    start = moves.first(store, opening_cursor(store, live=False)).cursor
    assert text(Timeline(store, start, 10).bar()) == "┃  █ ✗ ! ▁"
    assert text(Timeline(store, start, 10).position()) == "schema/44"


def test_a_click_leads_to_trouble_else_to_the_last_in_or_before_the_column(
    session: Session,
) -> None:
    session.machine("m", ["A"])
    for at in (0, 1, 50, 51, 100):
        session.tx("m", at, "A", "A")
    session.tx("m", 52, "A", accepted=False).tx("m", 53, "A", "A")
    # what comes later with an earlier time counts as at the last time
    store = session.store()
    line = Timeline(store, Cursor(machine=0), 10)
    assert [line.pos_at(column) for column in (-5, 0, 3, 5, 9, 99)] == [1, 1, 1, 3, 5, 5]


def test_the_cursor_is_at_the_moment_when_that_is_another_machines(
    store: Store, no: Number
) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p10"), 0).cursor
    other = moves.select_machine(store, cursor, no("sim-p2")).cursor
    bar = text(Timeline(store, other, 100).bar())
    # sim-p2 spans 10 to 3900 ms, the moment is 2800 ms
    assert bar.index("┃") == (2800 - 10) * 100 // 3890


def test_the_axis_has_round_times_and_the_bars_width(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    for width in (20, 40, 77, 200):
        line = Timeline(store, cursor, width)
        assert len(text(line.axis())) == width
        assert len(text(line.bar())) == width
    assert "┴14:13:22─" in text(Timeline(store, cursor, 80).axis())
    assert "┴22.500─" in text(Timeline(store, cursor, 200).axis())


def test_the_cursor_of_one_transition_only(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A")
    store = session.store()
    line = Timeline(store, opening_cursor(store, live=False), 10)
    assert text(line.bar()).strip() == "┃"
    assert line.pos_at(9) == 0
    nothing = Timeline(store, Cursor(), 10)
    assert (text(nothing.bar()), nothing.pos_at(3)) == (" " * 10, -1)


def test_the_step_timeline(store: Store, no: Number) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p2"), 2, step=3).cursor
    line = StepTimeline(store, cursor, 10)
    assert text(line.bar()) == "c─→─┃─▲─ƒ─"
    assert text(line.position()) == "step 3/5  ▼ deactivate Connecting"
    assert [line.step_at(column) for column in (0, 1, 2, 9, 99)] == [1, 1, 2, 5, 5]
    assert {span.token for span in line.bar()[6:]} == {Token.DIM}
    assert StepTimeline(store, Cursor(), 10).step_at(4) == 0


def test_the_status_line_tells_where_when_and_what(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    assert text(status_line(store, cursor, 140, files="sim.mcap")) == (
        "mach://sim-p2/t11  tx 9   ‖ REPLAY 14:13:23.900 +1.000s   t 11"
        "   sim.mcap   3 machines   11 tx   0 lost   ⌕ all"
    )
    narrow = text(status_line(store, cursor, 44))
    assert narrow == "sim-p2/tx 9   ‖ 14:13:23.900   0 lost"
    live = opening_cursor(store, live=True)
    assert "● LIVE 14:13:23.900" in text(status_line(store, live, 140, live=True))
    paused = moves.previous_transition(store, live).cursor
    assert "‖ PAUSED 14:13:19.999" in text(status_line(store, paused, 140, live=True))


def test_while_stepping_the_step_is_in_the_address(store: Store, no: Number) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p2"), 2, step=3).cursor
    line = status_line(store, cursor, 140)
    assert text(line).startswith("mach://sim-p2/t4/3  tx 3   ")
    assert line[0].link == "action:copy_address"
    assert text(status_line(store, cursor, 40)).startswith("sim-p2/tx 3/step 3   ")


def test_graph_time_is_of_the_moment_not_of_the_machine(store: Store, no: Number) -> None:
    end = opening_cursor(store, live=False)
    for machine in range(3):
        at = moves.select_machine(store, end, machine).cursor
        assert graph_time(store, at) == 1 + 9 + 1
    early = moves.go_to(store, end, no("sim-p2"), 0).cursor
    assert graph_time(store, early) == 2


def test_what_was_lost_and_rejected_is_never_left_out(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A", seq=2).tx("m", 2, "A", "A", seq=9)
    event = {"kind": "rejected", "conn": "2", "code": "garbage", "text": "not\x1b msgpack"}
    events = session.writer.channel("am-dbg/events", "DbgEvent", {})
    session.writer.write(events, START, START, encode({**event, "time": START}))
    store = session.store()
    line = status_line(store, opening_cursor(store, live=True), 60)
    assert "lost  ! 1 rejected" in text(line)
    told = [text(line) for line in connection_lines(store, 80)]
    assert any("1 ! rejected" in line for line in told)
    assert any("not\\e msgpack" in line for line in told)


def test_connections_are_listed_with_what_they_told(session: Session) -> None:
    events = session.writer.channel("am-dbg/events", "DbgEvent", {})
    told_events: list[dict[str, object]] = [
        {"kind": "connected", "conn": "1", "peer": "127.0.0.1:5"},
        {"kind": "hello", "conn": "1", "service": "shop", "client": "am-dbg/1", "pid": 42},
        {"kind": "connected", "conn": "2", "peer": "127.0.0.1:6"},
        {"kind": "disconnected", "conn": "2", "peer": "127.0.0.1:6"},
    ]
    for at, event in enumerate(told_events):
        time = START + at * MS
        session.writer.write(events, time, time, encode({**event, "time": time}))
    store = session.store()
    told = [text(line) for line in connection_lines(store, 120)]
    assert told[0] == "Connections 1 open"
    assert told[1].split()[:2] == ["●", "shop"]
    assert told[2].split()[:2] == ["○", "127.0.0.1:6"]


def test_the_empty_screen_says_what_to_do(session: Session) -> None:
    store = session.store()
    told = "\n".join(text(line) for line in empty_screen(store, "localhost:6831", "x.mcap"))
    for wanted in (
        "am-dbg is listening on localhost:6831",
        "from telemetry import bind_dbg",
        "bind_dbg(machine)",
        "AM_DBG_ADDR=1 python app.py",
        "am-dbg demo",
        "Nothing has connected yet.  Recording to x.mcap",
    ):
        assert wanted in told
    other = "\n".join(text(line) for line in empty_screen(store, "127.0.0.1:7000", ""))
    assert 'bind_dbg(machine, "127.0.0.1:7000")' in other
    assert "AM_DBG_ADDR=127.0.0.1:7000" in other
    assert "am-dbg demo --addr 127.0.0.1:7000" in other


def test_the_empty_screen_says_when_something_connected_without_a_machine(
    session: Session,
) -> None:
    store = session.store()
    events = session.writer.channel("am-dbg/events", "DbgEvent", {})
    event = {"kind": "connected", "conn": "1", "peer": "x", "time": START}
    session.writer.write(events, START, START, encode(event))
    session.writer.flush()
    feed_all(store)
    told = "\n".join(text(line) for line in empty_screen(store, "localhost:6831", ""))
    assert "1 connection, but no machine's schema yet." in told
