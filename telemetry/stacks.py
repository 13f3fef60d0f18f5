"""Stack traces, taken in under 2 us and put into words later, in another thread.

``capture`` walks the frames and keeps code objects and instruction offsets; ``StackFormatter``
turns them into text, outermost caller first, as Python's own tracebacks do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType

import asyncmachine

FRAMES = 24
"""Innermost frames kept: about the 4 kB of text that are worth sending."""

Stack = list[CodeType | int]
"""Code object, offset of the running instruction, and so on; the innermost frame comes first."""

_KERNEL = str(Path(asyncmachine.__file__).parent)
_KNOWN = 4096


def capture(skip: int = 1) -> Stack:
    """The calling stack without its ``skip`` innermost frames.

    The line number isn't asked for: computing it costs as much as all the rest.
    """
    stack: Stack = []
    add = stack.append
    frame = sys._getframe(skip)
    left = FRAMES
    while left:
        add(frame.f_code)
        add(frame.f_lasti)
        caller = frame.f_back
        if caller is None:
            break
        frame = caller
        left -= 1
    return stack


class StackFormatter:
    """Formats captured stacks; remembers the text of each place it has seen."""

    def __init__(self, without: str = "") -> None:
        """``without``: a text deleted wherever it occurs, such as the path of the project."""
        self._without = without
        self._places: dict[tuple[CodeType, int], str] = {}

    def text(self, stack: Stack) -> str:
        """The stack as lines, from the outermost caller to the caller of the mutation.

        The kernel's own frames, between the program's handlers, say nothing and are left out.
        """
        frames = zip(stack[-2::-2], stack[::-2], strict=True)
        return "\n".join(self._place(*frame) for frame in frames if not _is_kernel(frame[0]))

    def _place(self, code: CodeType | int, offset: CodeType | int) -> str:
        assert isinstance(code, CodeType)
        assert isinstance(offset, int)
        known = self._places.get((code, offset))
        if known is None:
            known = f"{code.co_filename}:{_line_number(code, offset)} {code.co_qualname}"
            if self._without:
                known = known.replace(self._without, "")
            if len(self._places) >= _KNOWN:
                self._places.clear()
            self._places[code, offset] = known
        return known


def _is_kernel(code: CodeType | int) -> bool:
    return isinstance(code, CodeType) and code.co_filename.startswith(_KERNEL)


def _line_number(code: CodeType, offset: int) -> int:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno
