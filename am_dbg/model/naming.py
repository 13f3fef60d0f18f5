"""The selected state's name where other lines mention it."""

from __future__ import annotations

import re
from functools import lru_cache

from am_dbg.model.format import clean
from am_dbg.model.text import Line, Token


def naming(line: Line, state: str) -> Line:
    """The line with every span that names ``state`` marked; "" marks nothing."""
    if not state:
        return line
    names = _pattern(clean(state)).search
    if not any(names(span.text) for span in line):
        return line
    return tuple(
        span._replace(token=Token.NAMED) if names(span.text) and not span.link else span
        for span in line
    )


@lru_cache(maxsize=8)
def _pattern(state: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(state)}(?![\w.-])")
