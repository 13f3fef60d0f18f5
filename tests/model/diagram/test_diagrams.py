"""Diagrams of a store: what is extracted, and what each renderer makes of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from am_dbg.model.cursor import Cursor, go_to, go_to_step, select_state
from am_dbg.model.diagram.drawn import draw, drawing_of, legend
from am_dbg.model.diagram.graph import Diagram, Graph, Kind
from am_dbg.model.diagram.mermaid import mermaid
from am_dbg.model.diagram.network import Circle, network_graph
from am_dbg.model.diagram.rows import SequenceDrawing
from am_dbg.model.diagram.schema import Region, schema_graph
from am_dbg.model.diagram.steps import steps_sequence
from am_dbg.model.diagram.svg import svg
from am_dbg.store import Store
from telemetry.messages import StateDef
from tests.model.session import Session, text

STATEMENTS = [
    r"%% .*",
    r"flowchart TD",
    r"sequenceDiagram",
    r'    n\d+\["[^"\[\]{}<>]*"\]',
    r'    n\d+ (-->|==>)\|"[^"|<>]*"\| n\d+',
    r'    n\d+ -\. "[^"|<>]*" \.-(x|>) n\d+',
    r"    linkStyle [\d,]+ stroke-width:3px",
    r"    classDef \w+ [\w:#,-]+",
    r"    class n\d+(,n\d+)* \w+",
    r"    participant a\d+ as [^;:<>]+",
    r"    a\d+(->>|-->>|-x)a\d+: [^<>]+",
]
"""Every line of what we write is one of these."""


def check_mermaid(diagram: Diagram) -> str:
    made = mermaid(diagram)
    for line in made.splitlines():
        # entities (#35;) are the one place for a semicolon
        plain = re.sub(r"#\d+;", "", line)
        assert any(re.fullmatch(form, plain) for form in STATEMENTS), line
    return made


def check_svg(diagram: Diagram) -> ET.Element:
    made = svg(diagram)
    root = ET.fromstring(made.encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in made
    return root


def drawn(graph: Graph, across: int = 100) -> str:
    drawing = draw(graph, across)
    return "\n".join(text(drawing.line(y, 0, drawing.width)) for y in range(len(drawing)))


@pytest.fixture
def peer(store: Store) -> Cursor:
    log = store.machine_by("sim-p2")
    assert log is not None
    return go_to(store, Cursor(), log.no, 2).cursor


def test_a_schema_with_the_active_states_of_the_moment(store: Store, peer: Cursor) -> None:
    graph = schema_graph(store, peer)
    nodes = {node.key: node for node in graph.nodes}
    assert [nodes[name].sign for name in ("Start", "Connected", "Connecting")] == ["●", "●", "○"]
    assert (nodes["Connected"].mark, nodes["Connecting"].mark) == ("▲", "▼")
    kinds = {(edge.tail, edge.head): edge.kind for edge in graph.edges}
    assert kinds["Ready", "Start"] is Kind.REQUIRE
    assert kinds["Connected", "Connecting"] is Kind.REMOVE
    assert kinds["TopicJoined", "Ready"] is Kind.ADD
    assert kinds["Connecting", "Start"] is Kind.AFTER
    assert [edge[:3] for edge in graph.edges if edge.lit] == [("Ready", "Start", Kind.REQUIRE)]


def test_while_stepping_a_schema_is_as_it_was_before(store: Store, peer: Cursor) -> None:
    graph = schema_graph(store, go_to_step(store, peer, 1).cursor)
    ready = graph.node("Ready")
    assert ready is not None
    assert (ready.sign, ready.mark) == ("○", "c")
    assert not any(edge.lit for edge in graph.edges)


def test_a_region_is_around_the_selected_state(store: Store, peer: Cursor) -> None:
    chosen = select_state(store, peer, "TopicJoined").cursor
    near = schema_graph(store, chosen, Region(within=1))
    assert {node.key for node in near.nodes} == {"TopicJoined", "Ready"}
    assert near.hidden == 6
    assert near.remark == "within 1 relation of TopicJoined"
    further = schema_graph(store, chosen, Region(within=2))
    assert {node.key for node in further.nodes} == {"TopicJoined", "Ready", "Start", "Connected"}


def test_a_group_and_some_relations_only(store: Store, peer: Cursor) -> None:
    graph = schema_graph(store, peer, Region(group="Net", kinds=(Kind.REMOVE,)))
    assert {node.key for node in graph.nodes} == {"Connected", "Connecting"}
    assert {edge.kind for edge in graph.edges} == {Kind.REMOVE}


def test_a_large_schema_is_shown_in_part(session: Session) -> None:
    names = [f"S{i:03}" for i in range(200)]
    defs = {name: StateDef(require=[f"S{max(0, i - 1):03}"]) for i, name in enumerate(names)}
    session.machine("big", names, defs)
    store = session.store()
    cursor = select_state(store, go_to(store, Cursor(), 0, -1).cursor, "S100").cursor
    graph = schema_graph(store, cursor)
    assert [node.label for node in graph.nodes] == ["S098", "S099", "S100", "S101", "S102"]
    assert len(schema_graph(store, cursor, Region(within=150)).nodes) == 120


def test_the_drawing_names_each_state_once(store: Store, peer: Cursor) -> None:
    graph = schema_graph(store, select_state(store, peer, "Ready").cursor)
    picture = drawn(graph)
    for node in graph.nodes:
        assert len(re.findall(rf"\b{node.label}\b", picture)) == 1
    assert "┏" in picture  # the selected one
    assert {"▲", "+", "✗", "◇"} <= set(picture)
    assert text(legend(graph)) == "──▲ requires  ━━+ adds  ╌╌✗ removes  ┈┈◇ after"


def test_another_moment_keeps_every_box_where_it_is(store: Store, peer: Cursor) -> None:
    now = schema_graph(store, peer)
    then = schema_graph(store, go_to(store, peer, peer.machine, -1).cursor)
    one, other = drawing_of(store, now, 90), drawing_of(store, then, 90)
    assert one.layout is other.layout
    assert "● Connected" in "".join(text(one.line(y, 0, 90)) for y in range(len(one)))
    assert "○ Connected" in "".join(text(other.line(y, 0, 90)) for y in range(len(other)))


def test_the_box_under_the_mouse(store: Store, peer: Cursor) -> None:
    drawing = draw(schema_graph(store, peer), 90)
    box = drawing.layout.box("Connected")
    assert box is not None
    node = drawing.node_at(box.x + 3, box.y + 1)
    assert node is not None
    assert node.key == "Connected"


def test_the_network_has_parents_sources_and_pipes(session: Session) -> None:
    session.machine("root", ("Start",))
    session.machine("a", ("Start",), parent="root")
    session.machine("b", ("Start",), pipes=[("pipe_out", "new", [0], ["a", "Start", "add"])])
    session.tx("root", 0, "Start", "Start")
    session.tx("a", 1, "Start", "Start", source=("root", "t1", 1, "StartState"))
    store = session.store()
    graph = network_graph(store, go_to(store, Cursor(), 1, 0).cursor)
    label = {node.key: node.label for node in graph.nodes}
    found = {(label[e.tail], label[e.head], e.kind, e.label) for e in graph.edges}
    assert found == {
        ("a", "root", Kind.PARENT, ""),
        ("root", "a", Kind.SOURCE, "1×"),
        ("b", "a", Kind.PIPE, ""),
    }
    before = network_graph(store, go_to(store, Cursor(), 1, -1).cursor)
    assert Kind.SOURCE not in {edge.kind for edge in before.edges}
    assert "═" in drawn(graph)
    check_mermaid(graph)
    check_svg(graph)


def test_a_large_network_is_shown_around_the_machine(session: Session) -> None:
    session.machine("m0", ("Start",))
    for i in range(1, 60):
        session.machine(f"m{i}", ("Start",), parent=f"m{i - 1}")
    store = session.store()
    graph = network_graph(store, go_to(store, Cursor(), 30, -1).cursor)
    assert [node.label for node in graph.nodes] == ["m28", "m29", "m30", "m31", "m32"]
    assert graph.hidden == 55
    wider = network_graph(store, go_to(store, Cursor(), 30, -1).cursor, Circle(within=4))
    assert len(wider.nodes) == 9


def test_steps_are_a_sequence(store: Store, peer: Cursor) -> None:
    sequence = steps_sequence(store, peer)
    assert [actor.label for actor in sequence.actors][:2] == ["sim StartState", "sim-p2"]
    assert [event.text for event in sequence.events] == [
        "add Ready Connected",
        "add",
        "requires",
        "deactivate",
        "activate",
        "ReadyState ok 0.2 ms",
    ]
    stepped = steps_sequence(store, go_to_step(store, peer, 2).cursor)
    assert [event.done for event in stepped.events] == [True, True, True, False, False, False]
    drawing = SequenceDrawing(stepped)
    assert drawing.current == 3
    row = text(drawing.line(3, 0, 100))
    assert "→ requires" in row
    assert "▶" in row or "◀" in row


@pytest.mark.parametrize("pos", [-1, 0, 2, 3, 4])
def test_all_of_them_are_valid_mermaid_and_svg(store: Store, peer: Cursor, pos: int) -> None:
    cursor = go_to(store, peer, peer.machine, pos).cursor
    graph = schema_graph(store, cursor)
    assert check_mermaid(graph).count("-->|") == sum(e.kind is Kind.REQUIRE for e in graph.edges)
    root = check_svg(graph)
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == "sim-p2 schema"
    assert sorted(titles[1:], key=str) == sorted(node.label for node in graph.nodes)
    sequence = steps_sequence(store, cursor)
    assert check_mermaid(sequence).count("participant") == len(sequence.actors)
    check_svg(sequence)


def test_foreign_names_stay_text(session: Session) -> None:
    nasty = ['a"]--> b', "<script>&", "\x1b[31m\n", "\ufffe]]>", "日本語日本語日本語日本語日本語"]
    defs = {nasty[0]: StateDef(require=nasty[1:])}
    session.machine("x; %% {{", nasty, defs)
    session.tx("x; %% {{", 1, "", "", steps=[(32, -1, 0, 0, None), (4, -1, 1, 0, None)])
    store = session.store()
    cursor = go_to(store, Cursor(), 0, 0).cursor
    for diagram in (
        schema_graph(store, cursor),
        network_graph(store, cursor),
        steps_sequence(store, cursor),
    ):
        check_mermaid(diagram)
        check_svg(diagram)
    picture = drawn(schema_graph(store, cursor))
    assert "\x1b" not in picture


def test_nothing_to_draw_is_no_crash(tmp_path: Path) -> None:
    store = Session(tmp_path / "empty.mcap").store()
    for graph in (schema_graph(store, Cursor()), network_graph(store, Cursor())):
        assert len(draw(graph, 80)) == 0
        check_mermaid(graph)
        check_svg(graph)
    assert len(SequenceDrawing(steps_sequence(store, Cursor()))) == 1
