"""Texts for times, numbers and foreign strings, measured in terminal cells.

Everything that came over the wire passes :func:`clean` before it is shown: control characters,
bytes that were no UTF-8 and marks that reorder or hide text become visible escapes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import localtime, strftime

from rich.cells import cell_len, set_cell_size

from am_dbg.model.text import Line, Span, Token

ELLIPSIS = "…"
SECOND = 1_000_000_000

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\x1b": "\\e", "\0": "\\0"}


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    short = _SHORT.get(char)
    if short is not None:
        return short
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def clean(text: str) -> str:
    """``text`` with control, bidirectional and invisible characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text)


def clean_lines(text: str) -> list[str]:
    """Lines of ``text`` (a stack trace), each clean; tabs become four spaces."""
    return [clean(line.expandtabs(4)) for line in text.splitlines()]


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(span.text) for span in line)


def crop(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, an ellipsis in place of what is cut."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def crop_middle(text: str, width: int) -> str:
    """Like `crop`, but keeps the end too: names of a kind differ there (``superviso…link-12``)."""
    if cell_len(text) <= width:
        return text
    tail = text[-(width // 3) :] if width >= 6 else ""
    return (
        crop(text, width) if not tail else _cut(text, width - cell_len(tail) - 1) + ELLIPSIS + tail
    )


def _cut(text: str, width: int) -> str:
    return set_cell_size(text, width) if width > 0 else ""


def pad(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells: cropped, or filled with blanks."""
    text = crop(text, width)
    return text + " " * (width - cell_len(text))


def crop_line(line: Line, width: int) -> Line:
    """A line in at most ``width`` cells, an ellipsis in place of what is cut."""
    room = width
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    for span in line:
        size = cell_len(span.text)
        if size < room:
            kept.append(span)
            room -= size
            continue
        if room > 0:
            cut = set_cell_size(span.text, room - 1) + ELLIPSIS
            kept.append(span._replace(text=cut))
        break
    return tuple(kept)


class LineBuilder:
    """Builds a line left to right within a width; what doesn't fit is cropped once, with a sign."""

    def __init__(self, width: int) -> None:
        self.width = max(width, 0)
        self.used = 0
        self._spans: list[Span] = []

    @property
    def room(self) -> int:
        """Cells left."""
        return self.width - self.used

    def add(self, text: str, token: Token = Token.TEXT, link: str = "") -> LineBuilder:
        """Append ``text`` (already clean), cropped to the room left."""
        text = crop(text, self.room)
        if text:
            self._spans.append(Span(text, token, link))
            self.used += cell_len(text)
        return self

    def fits(self, text: str) -> bool:
        """Whether ``text`` can be added whole."""
        return cell_len(text) <= self.room

    def column(self, position: int) -> LineBuilder:
        """Fill with blanks up to a column."""
        gap = min(position, self.width) - self.used
        if gap > 0:
            self._spans.append(Span(" " * gap))
            self.used += gap
        return self

    def cells(
        self, text: str, width: int, token: Token = Token.TEXT, link: str = ""
    ) -> LineBuilder:
        """A table cell: ``text`` in exactly ``width`` cells."""
        return self.add(pad(text, width), token, link)

    def right(self, text: str, width: int, token: Token = Token.TEXT) -> LineBuilder:
        """A table cell aligned to the right: ``text`` in exactly ``width`` cells."""
        text = crop(text, width)
        return self.column(self.used + width - cell_len(text)).add(text, token)

    def line(self) -> Line:
        """The line as built so far."""
        return tuple(self._spans)


def thousands(number: int) -> str:
    """``1,204``."""
    return f"{number:,}"


def compact(number: int, width: int) -> str:
    """``number`` with thousands separators, or short (``12.3M``) where it is too wide."""
    text = f"{number:,}"
    if len(text) <= width:
        return text
    value = float(number)
    for unit in "kMGTPE":
        value /= 1000
        if value < 999.95:
            return f"{value:.1f}{unit}"
    return f"{number:.1e}"


def plural(number: int, noun: str) -> str:
    """``1 machine``, ``1,204 machines``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@lru_cache(maxsize=4096)
def _second(seconds: int, form: str) -> str:
    return strftime(form, localtime(seconds))


def clock_time(ns: int, digits: int = 3) -> str:
    """Local time of day of a Unix time in ns, with ``digits`` (0 to 9) of the second's fraction."""
    seconds, rest = divmod(ns, SECOND)
    text = _second(seconds, "%H:%M:%S")
    return f"{text}.{rest:09d}"[: len(text) + 1 + digits] if digits else text


def date_time(ns: int) -> str:
    """Local date and time of a Unix time in ns, to the second."""
    return _second(ns // SECOND, "%Y-%m-%d %H:%M:%S")


def duration(ns: int) -> str:
    """``850 ns``, ``12 µs``, ``0.4 ms``, ``250 ms``, ``1.25 s``, ``2 m 03 s``, ``1 h 02 m``."""
    if ns < 1_000:
        return f"{ns} ns"
    if ns < 100_000:
        return f"{ns // 1000} µs"
    if ns < 99_950_000:
        return f"{ns / 1e6:.1f} ms"
    if ns < SECOND:
        return f"{ns // 1_000_000} ms"
    if ns < 60 * SECOND:
        return f"{ns / 1e9:.2f} s"
    minutes, seconds = divmod(ns // SECOND, 60)
    if minutes < 60:
        return f"{minutes} m {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"


def offset(ns: int) -> str:
    """A signed difference of times: ``+12 µs``, ``+0.312s``, ``−12.500s``, ``+3 m 04 s``."""
    sign = "−" if ns < 0 else "+"
    ns = abs(ns)
    if ns < 1_000_000:
        return sign + (f"{ns // 1000} µs" if ns >= 1000 else f"{ns} ns")
    if ns < 100 * SECOND:
        return f"{sign}{ns / 1e9:.3f}s"
    return sign + duration(ns)
