"""Lines that join the rows of states as the steps so far relate them: a gutter beside the rows.

A line goes from the row of the relation's source (``•``) to the rows of its targets (``◂``), with
the relation's word at the source. Relations of one kind and source share a line, and a column is
used again by lines that don't meet, so that dozens of steps need few columns. Pure: rows and steps
in, spans out.

::

    ● Start        1  ◂──╮
    ○ Ready           ◂•─┼╮ requires
    ○ Connected        •─╯│ requires
    ● Connecting      ◂───╯
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from am_dbg.model.format import LineBuilder
from am_dbg.model.text import Line, Token

TARGET, SOURCE = "◂", "•"
LEAD = 2
"""Cells before the first column: the signs of target and source."""
WORD = 9
"""Cells of the longest word and the blank before it."""
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
DRAWN = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"
"""What a cell shows, by the sides that lines leave it to."""
TOKENS = {
    "requires": Token.LINK,
    "adds": Token.ADDED,
    "removes": Token.REMOVED,
    "is after": Token.TIME,
}
SHORT = {"requires": "req", "removes": "rem", "is after": "aft", "adds": "add"}
"""Words where there is too little room."""


class Relation(NamedTuple):
    """A relation step: names of the states, and the verb between them."""

    source: str
    target: str
    word: str


@dataclass
class _Trunk:
    """A line: the row of its source, those of its targets, whether the last step is of it."""

    source: int
    word: str
    targets: set[int] = field(default_factory=set)
    last: int | None = None
    column: int = 0

    @property
    def top(self) -> int:
        return min(self.source, *self.targets)

    @property
    def bottom(self) -> int:
        return max(self.source, *self.targets)


class Gutter:
    """Lines of the relations so far, oldest first; the last one may be highlighted.

    ``rows`` gives the row of a state; a relation of a state without a row can't be drawn, and is
    counted in ``hidden``. ``current``: the last relation is the step that is shown.
    """

    def __init__(
        self, rows: Mapping[str, int], relations: Sequence[Relation], current: bool = False
    ) -> None:
        self.hidden = 0
        trunks: dict[tuple[str, str], _Trunk] = {}
        for number, (source, target, word) in enumerate(relations):
            start, end = rows.get(source), rows.get(target)
            if start is None or end is None:
                self.hidden += 1
                continue
            trunk = trunks.pop((source, word), _Trunk(start, word))
            trunk.targets.add(end)
            trunk.last = end if current and number == len(relations) - 1 else None
            trunks[source, word] = trunk  # the latest used is the last
        self._trunks = list(trunks.values())
        self.columns = _place(self._trunks)

    def __bool__(self) -> bool:
        return bool(self._trunks)

    @property
    def width(self) -> int:
        """Cells that all lines and words take."""
        return LEAD + self.columns + WORD if self._trunks else 0

    def line(self, row: int, width: int) -> Line:
        """The gutter of a row, at most ``width`` cells.

        Where there is too little room for all columns, the lines of the last step are drawn, and
        of the others those that lie nearest to the names.
        """
        room = max(width - LEAD, 0)
        here = [t for t in self._trunks if t.top <= row <= t.bottom]
        if not here or room < 1:
            return ()
        strokes = [0] * min(self.columns, room)
        tokens = [Token.DIM] * len(strokes)
        for trunk in here:
            if trunk.top < trunk.bottom:  # of a state to itself the signs say it
                self._draw(trunk, row, room, strokes, tokens)
        ends = [t for t in here if row == t.source or row in t.targets]
        builder = LineBuilder(width)
        self._lead(builder, row, ends)
        for stroke, token in zip(strokes, tokens, strict=True):
            builder.add(DRAWN[stroke], token)
        self._words(builder, row, ends)
        return builder.line()

    def _column(self, trunk: _Trunk, room: int) -> int | None:
        """Its column, None for one that has no room; the last step's always has."""
        if trunk.column < room:
            return trunk.column
        return room - 1 if trunk.last is not None else None

    def _draw(
        self, trunk: _Trunk, row: int, room: int, strokes: list[int], tokens: list[Token]
    ) -> None:
        column = self._column(trunk, room)
        if column is None:
            return
        token = _token(trunk, row)
        upwards, downwards = row > trunk.top, row < trunk.bottom
        strokes[column] |= UP * upwards | DOWN * downwards
        touched = [column]
        if row == trunk.source or row in trunk.targets:
            strokes[column] |= LEFT
            touched = list(range(column + 1))
            for x in range(column):
                strokes[x] |= LEFT | RIGHT
        for x in touched:
            tokens[x] = token if tokens[x] is Token.DIM else tokens[x]

    def _lead(self, builder: LineBuilder, row: int, ends: list[_Trunk]) -> None:
        targets = [t for t in ends if row in t.targets]
        sources = [t for t in ends if row == t.source]
        if targets:
            builder.add(TARGET, _strongest(targets, row))
        else:
            builder.add(" ")
        if sources:
            builder.add(SOURCE, _strongest(sources, row))
        elif targets:
            builder.add("─", _strongest(targets, row))
        else:
            builder.add(" ")

    def _words(self, builder: LineBuilder, row: int, ends: list[_Trunk]) -> None:
        """Words of the lines that begin here; the last step's comes first and strong."""
        words = sorted((t for t in ends if row == t.source), key=lambda t: t.last is None)
        for trunk in words:
            text = f" {trunk.word}"
            if not builder.fits(text):
                text = f" {SHORT.get(trunk.word, trunk.word)}"
            if builder.fits(text):
                token = Token.STRONG if trunk.last is not None else TOKENS.get(trunk.word)
                builder.add(text, token or Token.DIM)


def _token(trunk: _Trunk, row: int) -> Token:
    """The last step stands out between its two rows; the rest of its line is as it was."""
    if trunk.last is None:
        return Token.DIM
    low, high = sorted((trunk.source, trunk.last))
    return Token.STRONG if low <= row <= high else Token.DIM


def _strongest(ends: list[_Trunk], row: int) -> Token:
    if any(_token(trunk, row) is Token.STRONG for trunk in ends):
        return Token.STRONG
    return TOKENS.get(ends[-1].word, Token.DIM)


def _place(trunks: list[_Trunk]) -> int:
    """Give each line the first column that is free between its rows; returns how many there are."""
    taken: list[list[tuple[int, int]]] = []
    for trunk in sorted(trunks, key=lambda t: (t.bottom - t.top, t.top)):
        span = (trunk.top, trunk.bottom)
        free = (
            column
            for column, spans in enumerate(taken)
            if all(span[1] < low or span[0] > high for low, high in spans)
        )
        trunk.column = next(free, len(taken))
        if trunk.column == len(taken):
            taken.append([])
        taken[trunk.column].append(span)
    return len(taken)
