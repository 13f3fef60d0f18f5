"""Stack traces, taken in under 2 us and put into words later, in another thread.

``capture`` walks the frames and keeps code objects and instruction offsets; ``StackFormatter``
turns them into text, outermost caller first, as Python's own tracebacks do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import asyncmachine

FRAMES = 24
"""Innermost frames kept: about the 4 kB of text that are worth sending."""

Stack = tuple[Any, ...]
"""A moment (Unix ns); then code object, offset of the running instruction, and so on, the innermost
frame first. A tuple, which the garbage collector ignores once it has seen what is in it.
"""

_FRAMES = range(FRAMES)
_KERNEL = str(Path(asyncmachine.__file__).parent)
KNOWN = 2048
"""Stacks, and places, whose texts are remembered."""


def capture(moment: int, skip: int = 1) -> Stack:
    """The calling stack at ``moment``, without its ``skip`` innermost frames.

    The line number isn't asked for: computing it costs as much as all the rest.
    """
    stack: list[Any] = [moment]
    add = stack.append
    frame: FrameType | None = sys._getframe(skip)
    for _ in _FRAMES:
        if frame is None:
            break
        add(frame.f_code)
        add(frame.f_lasti)
        frame = frame.f_back
    return tuple(stack)


class StackFormatter:
    """Formats captured stacks; remembers the texts of the stacks and places that it has seen."""

    def __init__(self, without: str = "") -> None:
        """``without``: a text deleted wherever it occurs, such as the path of the project."""
        self._without = without
        # By the ids of code objects, which are slow to hash; kept alive beside the text.
        self._stacks: dict[tuple[int, ...], tuple[Stack, str]] = {}
        self._places: dict[tuple[int, int], tuple[CodeType, str]] = {}

    def text(self, stack: Stack) -> str:
        """The stack as lines, from the outermost caller to the caller of the mutation.

        The kernel's own frames, between the program's handlers, say nothing and are left out.
        """
        key = (*map(id, stack[1::2]), *stack[2::2])
        known = self._stacks.get(key)
        if known is None:
            if len(self._stacks) >= KNOWN:
                self._stacks.clear()
            frames = zip(stack[-2:0:-2], stack[:0:-2], strict=True)
            lines = [self._place(*frame) for frame in frames if not _is_kernel(frame[0])]
            known = self._stacks[key] = (stack, "\n".join(lines))
        return known[1]

    def _place(self, code: CodeType, offset: int) -> str:
        key = (id(code), offset)
        known = self._places.get(key)
        if known is None:
            text = f"{code.co_filename}:{_line_number(code, offset)} {code.co_qualname}"
            if self._without:
                text = text.replace(self._without, "")
            if len(self._places) >= KNOWN:
                self._places.clear()
            known = self._places[key] = (code, text)
        return known[1]


def _is_kernel(code: CodeType) -> bool:
    return code.co_filename.startswith(_KERNEL)


def _line_number(code: CodeType, offset: int) -> int:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno
