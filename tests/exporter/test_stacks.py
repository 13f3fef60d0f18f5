"""Cheap stack traces."""

from __future__ import annotations

import inspect

from telemetry.stacks import FRAMES, Stack, StackFormatter, capture


def inner() -> Stack:
    return capture(5)


def outer() -> Stack:
    return inner()


def deep(levels: int) -> Stack:
    return deep(levels - 1) if levels else capture(5)


def test_lines_from_the_outermost_caller_in() -> None:
    lines = StackFormatter().text(outer()).splitlines()
    assert lines[-1].endswith(" inner")
    assert lines[-2].endswith(" outer")
    assert lines[-3].endswith(" test_lines_from_the_outermost_caller_in")
    first = inspect.getsourcelines(outer)[1]
    assert lines[-2] == f"{__file__}:{first + 1} outer"


def test_a_text_can_be_left_out() -> None:
    text = StackFormatter(without=__file__.rpartition("/")[0] + "/").text(inner())
    assert text.splitlines()[-1].startswith("test_stacks.py:")


def test_the_moment_is_kept_and_not_shown() -> None:
    assert inner()[0] == 5
    assert StackFormatter().text((5,)) == ""


def test_deep_stacks_are_cut() -> None:
    assert len(deep(100)) == 1 + 2 * FRAMES
