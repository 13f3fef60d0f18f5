"""Boxes and nets on the grid: nothing overlaps, every line arrives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from am_dbg.model.diagram.drawn import box_width, draw
from am_dbg.model.diagram.graph import Edge, Graph, Kind, Node
from am_dbg.model.diagram.layout import BOX_HEIGHT, Layout, place
from am_dbg.model.diagram.nets import nets_of
from am_dbg.model.diagram.ways import directions_of, path
from tests.model.session import text

KINDS = st.sampled_from([Kind.REQUIRE, Kind.ADD, Kind.REMOVE, Kind.AFTER, Kind.PIPE])


@st.composite
def graphs(draw_from: st.DrawFn) -> Graph:
    count = draw_from(st.integers(1, 14))
    nodes = tuple(Node(str(i), f"State{i}", "●", "1") for i in range(count))
    ends = st.integers(0, count - 1)
    triples = draw_from(st.lists(st.tuples(ends, ends, KINDS), max_size=30, unique=True))
    return Graph("g", nodes, tuple(Edge(str(a), str(b), kind) for a, b, kind in triples))


def placed(graph: Graph, across: int = 100) -> Layout:
    return place(graph, {node.key: box_width(node) for node in graph.nodes}, across)


@settings(deadline=None, max_examples=150)
@given(graphs(), st.sampled_from([40, 100]))
def test_boxes_never_touch(graph: Graph, across: int) -> None:
    layout = placed(graph, across)
    assert {box.key for box in layout.boxes} == {node.key for node in graph.nodes}
    for i, a in enumerate(layout.boxes):
        assert a.x >= 0
        assert a.x + a.width <= layout.width
        assert a.y + a.height <= layout.height
        for b in layout.boxes[i + 1 :]:
            apart = a.x + a.width < b.x or b.x + b.width < a.x
            assert apart or a.y + BOX_HEIGHT <= b.y or b.y + BOX_HEIGHT <= a.y


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_every_relation_is_a_way_from_box_to_box(graph: Graph) -> None:
    layout = placed(graph)
    for edge in graph.edges:
        if edge.tail == edge.head:
            continue
        ways = [
            path(route, directions_of(route), edge.tail, edge.head)
            for route in layout.routes
            if route.net.kind is edge.kind and {edge.tail, edge.head} <= set(route.net.ends)
        ]
        assert any(ways), edge


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_lines_of_different_nets_only_cross(graph: Graph) -> None:
    layout = placed(graph)
    boxes = {
        (x, y)
        for box in layout.boxes
        for x in range(box.x, box.x + box.width)
        for y in range(box.y, box.y + box.height)
    }
    upright: dict[tuple[int, int], int] = {}
    level: dict[tuple[int, int], int] = {}
    for number, route in enumerate(layout.routes):
        for x, top, bottom in route.verticals:
            for y in range(top, bottom + 1):
                assert (x, y) not in boxes
                upright.setdefault((x, y), number)
        for y, left, right in route.horizontals:
            for x in range(left, right + 1):
                assert (x, y) not in boxes
                assert level.setdefault((x, y), number) == number


@settings(deadline=None, max_examples=100)
@given(graphs(), st.integers(0, 60), st.integers(1, 90))
def test_a_window_is_a_part_of_the_whole(graph: Graph, left: int, width: int) -> None:
    drawing = draw(graph, 80)
    for y in range(len(drawing)):
        whole = text(drawing.line(y, 0, drawing.width))
        assert len(whole) == drawing.width
        assert text(drawing.line(y, left, width)) == whole[left : left + width]


def test_what_shares_an_end_shares_a_line() -> None:
    requires = [Edge(name, "Start", Kind.REQUIRE) for name in "ABC"]
    exclusive = [Edge(a, b, Kind.REMOVE) for a in "ABC" for b in "ABC" if a != b]
    nets = nets_of([*requires, *exclusive, Edge("A", "D", Kind.REMOVE)])
    assert len(nets) == 3
    mutual = nets[0]
    assert (set(mutual.heads), mutual.tails) == ({"A", "B", "C"}, ())
    assert (nets[1].heads, set(nets[1].tails)) == (("Start",), {"A", "B", "C"})
    assert (nets[2].heads, nets[2].tails) == (("D",), ("A",))


def test_what_is_required_stands_above() -> None:
    nodes = tuple(Node(name, name) for name in ("Ready", "Connected", "Start"))
    edges = (Edge("Ready", "Connected", Kind.REQUIRE), Edge("Connected", "Start", Kind.REQUIRE))
    layout = placed(Graph("g", nodes, edges))
    tops = {box.key: box.y for box in layout.boxes}
    assert tops["Start"] < tops["Connected"] < tops["Ready"]


def test_a_wide_layer_becomes_several() -> None:
    nodes = tuple(Node(f"State{i}", f"State{i}") for i in range(20))
    edges = tuple(Edge(f"State{i}", "State0", Kind.REQUIRE) for i in range(1, 20))
    assert placed(Graph("g", nodes, edges), 80).width <= 90
