"""Diagrams as SVG that stands for itself: no fonts, scripts or styles from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len

from am_dbg.model.diagram.drawn import LABEL_CELLS, box_width
from am_dbg.model.diagram.graph import (
    KIND_TOKENS,
    Actor,
    Diagram,
    Event,
    Graph,
    Kind,
    Node,
    Sequence,
)
from am_dbg.model.diagram.layout import Box, End, Layout, Route, place
from am_dbg.model.diagram.ways import directions_of, path
from am_dbg.model.format import crop_middle
from am_dbg.model.text import Token

CELL, ROW = 8.0, 16.0
"""Pixels of a cell of the layout."""
MARGIN = 16.0
ACROSS = 150
"""Columns that a graph should take."""
HEAD_ROWS = 2
EVENT_HEIGHT = 24.0

COLOURS = {
    "ground": ("#ffffff", "#10131a"),
    "text": ("#22252b", "#d5dae3"),
    "dim": ("#77746c", "#7f8a9c"),
    "link": ("#1f5fbf", "#7fb2ff"),
    "active": ("#1b7a43", "#7ccf9b"),
    "multi": ("#0c7a78", "#5cc7c2"),
    "added": ("#1d7d2b", "#8fdd86"),
    "removed": ("#a8540f", "#e0a070"),
    "called": ("#7a5400", "#f0d999"),
    "queued": ("#17689c", "#74b6e8"),
    "canceled": ("#b0307a", "#e58fb8"),
    "error": ("#c41a1a", "#ff7373"),
}
"""Class -> its colour on a light and on a dark ground."""
DASHES = {Kind.REMOVE: "5 3", Kind.AFTER: "2 3", Kind.SOURCE: "5 3"}
WIDTHS = {Kind.ADD: 2.4, Kind.PIPE: 3.0}
LIT_WIDTH = 1.6

_BAD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(diagram: Diagram) -> str:
    """The diagram as an SVG document; it follows the viewer's light or dark mode."""
    if isinstance(diagram, Graph):
        return _graph(diagram)
    return _sequence(diagram)


def escaped(text: str) -> str:
    """Text as XML content or attribute value; what XML can't hold becomes ``�``."""
    text = _BAD.sub("\ufffd", text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text


# -- graphs ----------------------------------------------------------------------------------------


def _graph(graph: Graph) -> str:
    widths = {node.key: box_width(node) for node in graph.nodes}
    layout = place(graph, widths, ACROSS)
    nodes = {node.key: node for node in graph.nodes}
    parts: list[str] = []
    for route in layout.routes:
        parts += _route(route, graph)
    for box in layout.boxes:
        parts += _box(box, nodes[box.key])
    legend = [kind for kind in Kind if any(edge.kind is kind for edge in graph.edges)]
    parts += _legend(legend, layout)
    width = max(layout.width * CELL, len(graph.title) * CELL, len(legend) * 150.0)
    height = layout.height * ROW + (2 * ROW if legend else 0)
    return _document(graph.title, graph.remark, width, height, parts)


def _route(route: Route, graph: Graph) -> Iterable[str]:
    kind = route.net.kind
    lines = [((x + 0.5) * CELL, top * ROW, (x + 0.5) * CELL, (bottom + 1) * ROW)
             for x, top, bottom in _verticals(route)]  # fmt: skip
    levels = {y for y, _, _ in route.horizontals}
    lines = [_trimmed(line, levels, route) for line in lines]
    for y, left, right in route.horizontals:
        lines.append(((left + 0.5) * CELL, (y + 0.5) * ROW, (right + 0.5) * CELL, (y + 0.5) * ROW))
    way = "".join(f"M{a:g} {b:g}L{c:g} {d:g}" for a, b, c, d in lines)
    stroke = WIDTHS.get(kind, 1.3)
    dash = f' stroke-dasharray="{DASHES[kind]}"' if kind in DASHES else ""
    tone = KIND_TOKENS[kind].value
    yield f'<path class="halo" d="{way}"/>'
    yield f'<path class="line {tone}" stroke-width="{stroke:g}"{dash} d="{way}"/>'
    yield from _lit(route, graph, f'stroke-width="{stroke + LIT_WIDTH:g}"{dash}')
    for end in route.ends:
        if end.head:
            yield _head(end, kind, tone)
    if route.net.label and route.horizontals:
        y, left, right = max(route.horizontals, key=lambda piece: piece.right - piece.left)
        x = (left + right + 1) / 2 * CELL
        yield _text(x, (y + 0.5) * ROW - 3, route.net.label, tone, "middle")


def _lit(route: Route, graph: Graph, looks: str) -> Iterable[str]:
    """The part of a net from box to box that mattered in the transition, drawn wider."""
    ends = set(route.net.ends)
    edges = [e for e in graph.edges if e.lit and e.kind is route.net.kind]
    bits = directions_of(route) if edges else {}
    for edge in edges:
        if {edge.tail, edge.head} <= ends and (cells := path(route, bits, edge.tail, edge.head)):
            points = [f"{(x + 0.5) * CELL:g} {(y + 0.5) * ROW:g}" for x, y in cells]
            tone = KIND_TOKENS[edge.kind].value
            yield f'<path class="line {tone}" {looks} d="M{"L".join(points)}"/>'


def _verticals(route: Route) -> list[tuple[int, int, int]]:
    return [(piece.x, piece.top, piece.bottom) for piece in route.verticals]


def _trimmed(
    line: tuple[float, float, float, float], levels: set[int], route: Route
) -> tuple[float, float, float, float]:
    """An upright piece, ended at the middle of the level piece that it meets."""
    x, top, _, bottom = line
    first, last = round(top / ROW), round(bottom / ROW) - 1
    column = int(x / CELL)
    for y, left, right in route.horizontals:
        if left <= column <= right:
            if y == first and first != last:
                top = (y + 0.5) * ROW
            elif y == last:
                bottom = (y + 0.5) * ROW
    return x, top, x, bottom


def _head(end: End, kind: Kind, tone: str, moved: str = "") -> str:
    """The sign at a box: a triangle, a plus, a cross, a diamond."""
    looks = f' transform="{moved}"' if moved else ""
    x = (end.x + 0.5) * CELL
    tip = end.y * ROW if end.up else (end.y + 1) * ROW
    back = 9.0 if end.up else -9.0
    middle = tip + back / 2
    if kind is Kind.ADD:
        way = f"M{x - 5:g} {middle:g}H{x + 5:g}M{x:g} {middle - 5:g}V{middle + 5:g}"
        return f'<path class="line {tone}" stroke-width="2.4" d="{way}"{looks}/>'
    if kind is Kind.REMOVE:
        way = (
            f"M{x - 4:g} {middle - 4:g}L{x + 4:g} {middle + 4:g}"
            f"M{x - 4:g} {middle + 4:g}L{x + 4:g} {middle - 4:g}"
        )
        return f'<path class="line {tone}" stroke-width="2" d="{way}"{looks}/>'
    if kind is Kind.AFTER:
        way = f"M{x:g} {tip:g}L{x + 4:g} {middle:g}L{x:g} {tip + back:g}L{x - 4:g} {middle:g}Z"
        return f'<path class="line ground {tone}" stroke-width="1.3" d="{way}"{looks}/>'
    way = f"M{x:g} {tip:g}L{x + 4.5:g} {tip + back:g}L{x - 4.5:g} {tip + back:g}Z"
    return f'<path class="solid {tone}" d="{way}"{looks}/>'


def _box(box: Box, node: Node) -> Iterable[str]:
    x, y = (box.x + 0.5) * CELL, box.y * ROW + ROW * 0.15
    width, height = (box.width - 1) * CELL, (box.height - 0.3) * ROW
    tone = node.token.value
    chosen = ' stroke-width="3"' if node.selected else ""
    middle = (box.y + box.height / 2) * ROW + 4.5
    yield f"<g><title>{escaped(node.label)}</title>"
    yield (
        f'<rect class="box {tone}"{chosen} x="{x:g}" y="{y:g}" width="{width:g}" '
        f'height="{height:g}" rx="5"/>'
    )
    label = " ".join(part for part in (node.sign, crop_middle(node.label, LABEL_CELLS)) if part)
    yield _text(x + 1.2 * CELL, middle, label, tone, "start", bold=node.selected)
    right = " ".join(part for part in (node.mark, node.note) if part)
    if right:
        yield _text(x + width - 1.2 * CELL, middle, right, "called" if node.mark else "dim", "end")
    yield "</g>"


def _legend(kinds: list[Kind], layout: Layout) -> Iterable[str]:
    y = layout.height * ROW + ROW * 1.5
    x = 0.0
    for kind in kinds:
        tone = KIND_TOKENS[kind].value
        dash = f' stroke-dasharray="{DASHES[kind]}"' if kind in DASHES else ""
        yield (
            f'<path class="line {tone}" stroke-width="{WIDTHS.get(kind, 1.3):g}"{dash} '
            f'd="M{x:g} {y - 4:g}H{x + 28:g}"/>'
        )
        yield _head(End("", 0, 0, True, True), kind, tone, f"translate({x + 30:g} {y - 8:g})")
        yield _text(x + 44, y, kind.value, "dim", "start")
        x += 44 + (len(kind.value) + 3) * CELL


# -- sequences -------------------------------------------------------------------------------------


def _sequence(sequence: Sequence) -> str:
    at: dict[str, float] = {}
    x = 0.0
    longest = max((cell_len(event.text) for event in sequence.events), default=0)
    for actor in sequence.actors:
        room = max(cell_len(actor.label) + 2, min(longest, 24) + 9) * CELL
        at[actor.key] = x + room / 2
        x += room + CELL
    top = 2.5 * ROW
    height = top + (len(sequence.events) + 0.7) * EVENT_HEIGHT
    parts = [part for actor in sequence.actors for part in _actor(actor, at[actor.key], height)]
    for number, event in enumerate(sequence.events):
        parts += _event(event, at, top + (number + 0.8) * EVENT_HEIGHT)
    width = max(x + longest * CELL, len(sequence.title) * CELL)
    return _document(sequence.title, sequence.remark, width, height, parts)


def _actor(actor: Actor, x: float, height: float) -> Iterable[str]:
    half = (cell_len(actor.label) + 2) * CELL / 2
    yield f'<path class="line dim" stroke-dasharray="2 4" d="M{x:g} {2 * ROW:g}V{height:g}"/>'
    yield (
        f'<rect class="box {actor.token.value}" x="{x - half:g}" y="0" width="{2 * half:g}" '
        f'height="{1.7 * ROW:g}" rx="5"/>'
    )
    yield _text(x, 1.1 * ROW, actor.label, actor.token.value, "middle")


def _event(event: Event, at: dict[str, float], y: float) -> Iterable[str]:
    tail, head = at[event.tail], at[event.head]
    tone = event.token.value if event.done else "dim"
    words = f"{event.number}. " if event.number else ""
    words += " ".join(part for part in (event.sign, event.text) if part)
    if tail == head:
        yield f'<circle class="solid {tone}" cx="{tail:g}" cy="{y:g}" r="4"/>'
        yield _text(tail + 9, y + 4, words, tone, "start", bold=event.current)
        return
    way = 1 if head > tail else -1
    dash = "" if event.done else ' stroke-dasharray="5 3"'
    width = 2.6 if event.current else 1.3
    yield f'<path class="line {tone}" stroke-width="{width:g}"{dash} d="M{tail:g} {y:g}H{head:g}"/>'
    if event.token is Token.CANCELED:
        x = head - 6 * way
        cross = f"M{x - 4:g} {y - 4:g}l8 8M{x - 4:g} {y + 4:g}l8 -8"
        yield f'<path class="line {tone}" stroke-width="2" d="{cross}"/>'
    else:
        back = head - 9 * way
        tip = f"M{head:g} {y:g}L{back:g} {y - 4:g}L{back:g} {y + 4:g}Z"
        yield f'<path class="solid {tone}" d="{tip}"/>'
    anchor = "start" if way > 0 else "end"
    yield _text(tail + 6 * way, y - 4, words, tone, anchor, bold=event.current)


# -- documents -------------------------------------------------------------------------------------


def _text(
    x: float, y: float, text: str, tone: str, anchor: str, bold: bool = False, size: int = 0
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    large = f' font-size="{size}"' if size else ""
    return (
        f'<text class="{tone}" x="{x:g}" y="{y:g}" text-anchor="{anchor}"{weight}{large}>'
        f"{escaped(text)}</text>"
    )


def _document(title: str, remark: str, width: float, height: float, parts: Iterable[str]) -> str:
    full = width + 2 * MARGIN
    tall = height + 2 * MARGIN + HEAD_ROWS * ROW
    heading = [_text(0, ROW, title, "text", "start", bold=True, size=15)]
    if remark:
        heading.append(_text((cell_len(title) + 6) * CELL, ROW, remark, "dim", "start"))
    body = "\n".join(parts)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full:g} {tall:g}" '
        f'width="{full:g}" height="{tall:g}" role="img">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{_style()}</style>\n"
        '<rect class="ground" width="100%" height="100%"/>\n'
        f'<g transform="translate({MARGIN:g} {MARGIN:g})">\n{"".join(heading)}\n'
        f'<g transform="translate(0 {HEAD_ROWS * ROW:g})">\n{body}\n</g>\n</g>\n</svg>\n'
    )


def _style() -> str:
    rules = [
        "text { font: 13px 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; "
        "stroke: none; }",
    ]
    for mode, place_ in (("", 0), ("@media (prefers-color-scheme: dark) ", 1)):
        ground = COLOURS["ground"][place_]
        colours = [
            f".ground {{ fill: {ground}; }}",
            f".halo {{ fill: none; stroke: {ground}; stroke-width: 6; }}",
        ]
        text = COLOURS["text"][place_]
        colours += [f"text {{ fill: {text}; }}", f".box {{ fill: {ground}; stroke: {text}; }}"]
        colours.append(f".line {{ fill: none; stroke: {text}; }} .solid {{ fill: {text}; }}")
        for tone, pair in COLOURS.items():
            if tone not in ("ground", "text"):
                colour = pair[place_]
                colours.append(f"text.{tone}, .solid.{tone} {{ fill: {colour}; }}")
                colours.append(f".line.{tone}, .box.{tone} {{ stroke: {colour}; }}")
        colours.append(f".line.ground {{ fill: {ground}; }}")
        block = "\n".join(colours)
        rules.append(f"{mode}{{\n{block}\n}}" if mode else block)
    return "\n".join(rules) + "\n"
