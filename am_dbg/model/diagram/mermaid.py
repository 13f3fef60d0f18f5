"""Diagrams as Mermaid text: ``flowchart`` for graphs, ``sequenceDiagram`` for sequences."""

from __future__ import annotations

import re

from am_dbg.model.diagram.graph import Diagram, Graph, Kind, Sequence
from am_dbg.model.text import Token

ARROWS = {
    Kind.REQUIRE: "-->",
    Kind.ADD: "==>",
    Kind.REMOVE: "-. {} .-x",
    Kind.AFTER: "-. {} .->",
    Kind.PARENT: "-->",
    Kind.PIPE: "==>",
    Kind.SOURCE: "-. {} .->",
}
"""Arrows; with braces where the label stands within the arrow."""

CLASSES = {
    "active": "fill:#d7f2df,stroke:#1b7a43,color:#0d3d22",
    "multi": "fill:#d2f1f0,stroke:#0c7a78,color:#06403f",
    "error": "fill:#fbdcdc,stroke:#c41a1a,color:#5c0b0b",
    "inactive": "fill:#f2f2f0,stroke:#8d8a83,color:#55534e",
    "selected": "stroke-width:3px",
}
_CLASS_OF = {Token.ACTIVE: "active", Token.MULTI: "multi", Token.ERROR: "error"}

_SPECIAL = re.compile(r'[#"<>&;`\\|{}\[\]()]')


def mermaid(diagram: Diagram) -> str:
    """The diagram as Mermaid, one statement a line, with a line end."""
    lines = _flowchart(diagram) if isinstance(diagram, Graph) else _sequence(diagram)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text (clean, without line ends) that Mermaid shows as it is."""
    return _SPECIAL.sub(lambda match: f"#{ord(match.group())};", text)


def _flowchart(graph: Graph) -> list[str]:
    remark = f" ({graph.remark})" if graph.remark else ""
    lines = [f"%% {graph.title}{remark}", "flowchart TD"]
    names = {node.key: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        parts = (node.sign, node.label, node.mark, node.note)
        label = " ".join(escaped(part) for part in parts if part)
        lines.append(f'    {names[node.key]}["{label}"]')
    for edge in graph.edges:
        words = escaped(f"{edge.kind.value} {edge.label}".strip())
        arrow = ARROWS[edge.kind]
        arrow = arrow.format(f'"{words}"') if "{}" in arrow else f'{arrow}|"{words}"|'
        lines.append(f"    {names[edge.tail]} {arrow} {names[edge.head]}")
    lit = [str(i) for i, edge in enumerate(graph.edges) if edge.lit]
    if lit:
        lines.append(f"    linkStyle {','.join(lit)} stroke-width:3px")
    used: dict[str, list[str]] = {}
    for node in graph.nodes:
        used.setdefault(_CLASS_OF.get(node.token, "inactive"), []).append(names[node.key])
        if node.selected:
            used.setdefault("selected", []).append(names[node.key])
    for name, members in used.items():
        lines.append(f"    classDef {name} {CLASSES[name]}")
        lines.append(f"    class {','.join(members)} {name}")
    return lines


def _sequence(sequence: Sequence) -> list[str]:
    remark = f" ({sequence.remark})" if sequence.remark else ""
    lines = [f"%% {sequence.title}{remark}", "sequenceDiagram"]
    names = {actor.key: f"a{i}" for i, actor in enumerate(sequence.actors)}
    lines += [
        f"    participant {names[actor.key]} as {escaped(actor.label)}" for actor in sequence.actors
    ]
    for event in sequence.events:
        number = f"{event.number}. " if event.number else ""
        text = escaped(f"{number}{event.sign} {event.text}".replace("  ", " ").strip())
        arrow = "-x" if event.token is Token.CANCELED else "->>" if event.done else "-->>"
        lines.append(f"    {names[event.tail]}{arrow}{names[event.head]}: {text}")
    return lines
