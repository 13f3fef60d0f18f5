"""Search as you type: which names match, and where in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from am_dbg.model.text import Span, Token


def matching(names: Sequence[str], search: str) -> list[int]:
    """Indexes of the names that contain every word of ``search`` somewhere, whatever the case.

    When none does, those that contain its characters in order (``sp2`` finds ``sim-p2``).
    """
    words = search.casefold().split()
    folded = [name.casefold() for name in names]
    found = [i for i, name in enumerate(folded) if all(word in name for word in words)]
    if found or not words:
        return found
    return [i for i, name in enumerate(folded) if in_order(name, "".join(words))]


def in_order(name: str, characters: Iterable[str]) -> bool:
    """Whether ``name`` has all these characters, in this order."""
    rest = iter(name)
    return all(char in rest for char in characters)


def highlighted(text: str, search: str, token: Token = Token.TEXT, link: str = "") -> list[Span]:
    """``text`` with the places that match the words of ``search`` marked."""
    folded = text.casefold()
    words = search.casefold().split()
    if not words or len(folded) != len(text):  # folding that changes lengths can't be mapped back
        return [Span(text, token, link)] if text else []
    marked = bytearray(len(text))
    for word in words:
        start = folded.find(word)
        while start >= 0:
            marked[start : start + len(word)] = b"\1" * len(word)
            start = folded.find(word, start + len(word))
    spans: list[Span] = []
    begin = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or marked[i] != marked[begin]:
            spans.append(Span(text[begin:i], Token.MATCH if marked[begin] else token, link))
            begin = i
    return spans
