"""The rows at the foot: signs, density and times of the transitions; the steps while stepping."""

from __future__ import annotations

from am_dbg.model.cursor import Cursor
from am_dbg.model.shown import See
from am_dbg.model.text import Line, Span
from am_dbg.model.timeline import StepTimeline, Timeline
from am_dbg.store import Store
from am_dbg.ui.bars import TimelineBar
from am_dbg.ui.strips import plain, width_of

ROWS = 3
"""Rows of the timeline on a screen of at least ``TALL`` rows; else there is one."""
TALL = 30


def timeline_rows(height: int) -> int:
    """Rows of the timeline on a screen of a height: the same while stepping, so nothing jumps."""
    return ROWS if height >= TALL else 1


def show_timelines(
    bar: TimelineBar, store: Store, cursor: Cursor, length: int, see: See | None = None
) -> Timeline:
    """Fill the bar; ``length`` is the machine's number of transitions.

    Signs of trouble have a row of their own, until the steps need it: then they stand in the
    density, as they do where there is one row only.
    """
    stepping = cursor.step is not None
    bar.bar_width = width = max(1, bar.columns - 2 * len(f"{length:,}") - 6)
    timeline = Timeline(store, cursor, width, see)
    tall = bar.size.height >= ROWS
    apart = tall and not stepping
    density = _with_position(timeline.bar(signs=not apart), timeline.position(), bar.columns)
    rows = [timeline.signs(), density, timeline.axis()] if apart else [density]
    bar.steps_row = -1
    if stepping:
        rows = [density, timeline.axis()] if tall else []
        bar.steps_row = len(rows)
        rows.append(_steps(bar, store, cursor))
    bar.show(*rows)
    return timeline


def _steps(bar: TimelineBar, store: Store, cursor: Cursor) -> Line:
    position = StepTimeline(store, cursor, 1).position()
    bar.steps_width = room = max(8, bar.columns - width_of(plain(position)) - 2)
    return _with_position(StepTimeline(store, cursor, room).bar(), position, bar.columns)


def _with_position(bar: Line, position: Line, width: int) -> Line:
    """A bar, and the position at the right end."""
    gap = width - width_of(plain(bar)) - width_of(plain(position))
    return (*bar, Span(" " * max(1, gap)), *position)
