"""Draws a sequence in the terminal: a column an actor, a row an event, its words at the left."""

from __future__ import annotations

from rich.cells import cell_len

from am_dbg.model.diagram.drawn import window
from am_dbg.model.diagram.graph import Event, Sequence
from am_dbg.model.format import LineBuilder, crop_middle, pad
from am_dbg.model.text import Line, Span, Token

WORDS = 34
"""Cells of the words of an event, at most: they stay while the columns scroll."""
NARROW_WORDS = 22
NARROW = 70
"""Below so many columns the words get less."""
LABEL_CELLS = 18
PINNED = 1
"""Rows at the top that stay: the actors' names."""


class SequenceDrawing:
    """Rows: the actors, then the events. Columns scroll, the words of an event don't."""

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        self._labels = [crop_middle(actor.label, LABEL_CELLS) for actor in sequence.actors]
        self._at: dict[str, int] = {}
        x = 0
        for actor, label in zip(sequence.actors, self._labels, strict=True):
            size = cell_len(label) + 2
            self._at[actor.key] = x + size // 2
            x += size
        self.width = x
        self._widest = max((cell_len(_words(event)) for event in sequence.events), default=0) + 1

    def __len__(self) -> int:
        return PINNED + len(self.sequence.events)

    @property
    def current(self) -> int | None:
        """The row of the step that was done last; None when the transition is shown whole."""
        for row, event in enumerate(self.sequence.events):
            if event.current:
                return row + PINNED
        return None

    def words_width(self, width: int) -> int:
        """Cells that the words take of a window of that width."""
        return min(self._widest, NARROW_WORDS if width < NARROW else WORDS)

    def line(self, y: int, left: int, width: int) -> Line:
        """Row ``y``, its columns scrolled to ``left``."""
        words = self.words_width(width)
        room = max(0, width - words)
        if y < PINNED:
            return (Span(" " * words), *window(self._heads(), left, room))
        event = self.sequence.events[y - PINNED]
        token = Token.STRONG if event.current else event.token if event.done else Token.DIM
        head = LineBuilder(words - 1).add(_words(event), token).column(words - 1).line()
        return (*head, Span(" "), *window(self._columns(event, token), left, room))

    def _heads(self) -> list[Span]:
        return [
            Span(f" {label} ", actor.token)
            for actor, label in zip(self.sequence.actors, self._labels, strict=True)
        ]

    def _columns(self, event: Event, token: Token) -> list[Span]:
        cells = [(" ", Token.DIM)] * self.width
        for at in self._at.values():
            cells[at] = ("│", Token.DIM)
        tail, head = self._at[event.tail], self._at[event.head]
        low, high = min(tail, head), max(tail, head)
        for x in range(low + 1, high):
            crossing = cells[x][0] == "│"
            cells[x] = ("┼" if crossing else "─", token)
        if tail == head:
            cells[tail] = ("◆", token)
        else:
            cells[tail] = ("├" if tail < head else "┤", token)
            point = "✗" if event.token is Token.CANCELED else "▶" if tail < head else "◀"
            cells[head] = (point, token)
        spans: list[Span] = []
        for char, meaning in cells:
            if spans and spans[-1].token is meaning:
                spans[-1] = spans[-1]._replace(text=spans[-1].text + char)
            else:
                spans.append(Span(char, meaning))
        return spans


def _words(event: Event) -> str:
    number = str(event.number) if event.number else ""
    return f"{pad(number, 3)} {event.sign or ' '} {event.text}"
