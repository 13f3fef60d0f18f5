"""Headings for narrow columns: names written downwards, a mark above the selected one."""

from __future__ import annotations

from collections.abc import Sequence

from am_dbg.model.format import ELLIPSIS, clean
from am_dbg.model.text import Line, Span, Token

POINTER = "▾"
"""Above the selected column."""


def upright(names: Sequence[str], height: int) -> list[str]:
    """Each name in ``height`` cells, one below the other: what is cut ends in ``…``.

    Names end at the lower edge, next to their column.
    """
    made = []
    for name in names:
        text = "".join(c if c.isascii() else "?" for c in clean(name))
        made.append(text[: height - 1] + ELLIPSIS if len(text) > height else text.rjust(height))
    return made


def heading_rows(
    names: Sequence[str],
    height: int,
    cell: int,
    tokens: Sequence[Token],
    selected: int | None = None,
) -> list[Line]:
    """``height`` rows with the names downwards in columns of ``cell`` cells.

    ``tokens`` has one meaning a name; the column ``selected`` is stronger, and a mark is above it.
    """
    if height <= 0:
        return []
    written = upright(names, height)
    rows: list[Line] = []
    for y in range(height):
        spans: list[Span] = []
        for column, text in enumerate(written):
            char, token = text[y], tokens[column]
            if column == selected:
                token = Token.STRONG
                if char == " " and (y + 1 == height or written[column][y + 1] != " "):
                    char = POINTER
            spans.append(Span(char.ljust(cell), token))
        rows.append(merged(spans))
    return rows


def merged(spans: Sequence[Span]) -> Line:
    """The same line with neighbours of one meaning joined: a screen paints fewer pieces."""
    made: list[Span] = []
    for span in spans:
        if made and made[-1].token is span.token and made[-1].link == span.link:
            made[-1] = Span(made[-1].text + span.text, span.token, span.link)
        else:
            made.append(span)
    return tuple(made)


class Legend:
    """Signs and their words, in as many cells as there are; what doesn't fit is left out whole."""

    def __init__(self, *entries: tuple[str, Token, str]) -> None:
        self.entries = entries

    def line(self, width: int) -> Line:
        """As many entries as fit; ``…`` at the end says that there are more (`?` has them all)."""
        spans: list[Span] = []
        used = 0
        for i, (sign, token, words) in enumerate(self.entries):
            need = len(sign) + 1 + len(words) + (2 if spans else 0)
            more = 0 if i + 1 == len(self.entries) else 2
            if used + need + more > width:
                spans.append(Span(" …" if spans else "…", Token.DIM))
                break
            if spans:
                spans.append(Span("  "))
            spans += [Span(sign, token), Span(f" {words}", Token.DIM)]
            used += need
        return tuple(spans)


def in_sight(offset: int, column: int | None, fit: int, count: int) -> int:
    """The first column shown of ``count``, where ``fit`` fit: the one asked for is among them."""
    if column is not None and fit:
        offset = max(min(offset, column), column + 1 - fit)
    return max(0, min(offset, count - fit))


def out_of_sight(offset: int, fit: int, count: int) -> str:
    """What is left and right of the columns shown, in words; "" when all are."""
    left, right = min(offset, count), max(count - offset - fit, 0)
    parts = ([f"‹ {left} more"] if left else []) + ([f"{right} more ›"] if right else [])
    return "  ".join(parts)
