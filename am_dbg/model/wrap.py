"""A line of spans broken into rows of a width, between words where possible."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

from am_dbg.model.format import width_of
from am_dbg.model.text import Line, Span

INDENT = 6
"""Blanks before what goes on in a further row."""
LEAST = 20
"""Rows narrower than this are not worth breaking lines for."""

_WORD = re.compile(r"\s*\S+|\s+")


def wrapped(line: Line, width: int) -> list[Line]:
    """The line as rows of at most ``width`` cells; one row when it fits, or ``width`` is tiny."""
    if width < LEAST or width_of(line) <= width:
        return [line]
    rows: list[Line] = []
    row: list[Span] = []
    used = 0
    for word in _words(line):
        size = width_of(word)
        if used + size > width and used > INDENT:
            rows.append(tuple(row))
            row, used = [Span(" " * INDENT)], INDENT
            word = (word[0]._replace(text=word[0].text.lstrip()), *word[1:])
        for piece in _pieces(word, width - used, width - INDENT):
            if used + cell_len(piece.text) > width:
                rows.append(tuple(row))
                row, used = [Span(" " * INDENT)], INDENT
            _append(row, piece)
            used += cell_len(piece.text)
    rows.append(tuple(row))
    return rows


def _words(line: Line) -> list[Line]:
    """The line taken apart before blanks; a word may go over several spans."""
    words: list[list[Span]] = []
    for span in line:
        for text in _WORD.findall(span.text):
            piece = span._replace(text=text)
            if words and not text[0].isspace() and not words[-1][-1].text[-1].isspace():
                words[-1].append(piece)
            else:
                words.append([piece])
    return [tuple(word) for word in words]


def _pieces(word: Line, room: int, width: int) -> Iterator[Span]:
    """The spans of a word, chopped where they are longer than a row."""
    if width_of(word) <= room:
        yield from word
        return
    for span in word:
        for text in chop_cells(span.text, width):
            yield span._replace(text=text)


def _append(row: list[Span], span: Span) -> None:
    """Add a piece; pieces of one meaning stay one span."""
    if row and row[-1][1:] == span[1:]:
        row[-1] = span._replace(text=row[-1].text + span.text)
    else:
        row.append(span)
