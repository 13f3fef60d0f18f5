"""From lines of spans to what Textual paints: segments cut and padded to a width."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from am_dbg.model.search import highlighted
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.themes import Palette

ELLIPSIS = "…"


def width_of(text: str) -> int:
    """Cells that a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def clean(text: str) -> str:
    """The text with everything that a terminal would interpret shown instead of done."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    if char == "\t":
        return " "
    return char.encode("unicode_escape", "backslashreplace").decode()


def segments(line: Line, width: int, palette: Palette, state: int = 0) -> list[Segment]:
    """Exactly ``width`` cells; what is cut ends in ``…``. ``state``: see ``Palette.style``."""
    made: list[Segment] = []
    left = width
    style = palette.style
    for text, token, _ in line:
        if not text.isprintable():
            text = clean(text)
        cells = len(text) if text.isascii() else cell_len(text)
        if cells > left:
            if left > 0:
                cut = set_cell_size(text, left - 1) + ELLIPSIS
                made.append(Segment(cut, style(token, state)))
                return made
            _mark_cut(made)
            return made
        made.append(Segment(text, style(token, state)))
        left -= cells
    if left > 0:
        made.append(Segment(" " * left, style(Token.TEXT, state)))
    return made


def split(line: Line, column: int) -> tuple[Line, Line]:
    """What stands before a column, and the rest; a wide character there becomes two blanks."""
    left = column
    for i, span in enumerate(line):
        cells = width_of(clean(span.text))
        if cells < left:
            left -= cells
            continue
        before, after = Segment(clean(span.text)).split_cells(left)
        return (
            (*line[:i], span._replace(text=before.text)),
            (span._replace(text=after.text), *line[i + 1 :]),
        )
    return line, ()


def _mark_cut(made: list[Segment]) -> None:
    """Say that something follows a line that is exactly full."""
    if made and made[-1].text:
        last = made[-1]
        cells = width_of(last.text)
        made[-1] = Segment(set_cell_size(last.text, cells - 1) + ELLIPSIS, last.style)


def strip(line: Line, width: int, palette: Palette, state: int = 0) -> Strip:
    """A whole row as a strip of ``width`` cells."""
    return Strip(segments(line, width, palette, state), width)


def highlight(line: Line, needle: str) -> Line:
    """The line with every place that matches a search marked."""
    return tuple(
        part
        for span in line
        for part in highlighted(span.text, needle, span.token, span.link) or [span]
    )


def plain(line: Line) -> str:
    """The text of a line without its meanings."""
    return "".join(span.text for span in line)


def span_at(line: Line, column: int) -> Span | None:
    """The span under a column of a line, if there is one."""
    x = 0
    for span in line:
        x += width_of(clean(span.text))
        if column < x:
            return span
    return None
