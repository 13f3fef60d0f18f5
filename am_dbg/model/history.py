"""The history pane: one row a transition of the selected machine, virtual over any length.

Row 0 is the initial schema (position -1), then a row a transition that filters show. A row: time,
sign of the outcome, kind of mutation, called states, ``+A −B`` as far as the width allows, else
counts, outcome in words, duration. The same columns at any width, the least important ones left
out.
"""

from __future__ import annotations

from bisect import bisect_left

from rich.cells import cell_len

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import LineBuilder, clock_time, duration, thousands, width_of
from am_dbg.model.memo import memo
from am_dbg.model.shown import See, ShownRows, shown_rows
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import ADDED, REMOVED, Transition, transition_at
from am_dbg.store import Flag, GapInfo, MachineLog, Store

FULL_TIME = 60
"""Width from which the time is hours to milliseconds, not seconds only."""
WITH_DURATION = 50
WITH_KIND = 38
"""Widths from which those columns appear."""
DURATION_WIDTH = 8
WITH_HIDDEN = 44
"""Width from which the title says in words how many are hidden."""
HIDDEN = "⊘"
"""Before what is shown although filters hide it, because it is open."""


class HistoryView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``."""

    def __init__(self, store: Store, cursor: Cursor, see: See | None = None) -> None:
        self._store = store
        self._cursor = cursor
        self._log = machine_of(store, cursor)
        self.rows = shown_rows(store, cursor, see)

    def __len__(self) -> int:
        return len(self.rows) if self.rows is not None else 0

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it."""
        log = self._log
        if log is None:
            return ()
        pos = self.pos_at(i)
        future = pos > self._cursor.pos
        hidden = i > 0 and self.rows is not None and self.rows.is_hidden(pos)
        key = ("history row", log.no, pos, len(log.states), future, hidden, width)
        return memo(self._store, key, lambda: self._row(log, pos, width, future, hidden))

    def _row(self, log: MachineLog, pos: int, width: int, future: bool, hidden: bool) -> Line:
        builder = LineBuilder(width)
        time_width = 13 if width >= FULL_TIME else 7
        if pos < 0:
            builder.column(time_width).add("initial schema", Token.DIM)
            return builder.add(f"  {len(log.states)} states", Token.DIM).line()
        tx = transition_at(self._store, log, pos)
        # hours and minutes are in the status line; a narrow row keeps seconds and below
        time = clock_time(log.time_at(pos))[-time_width + 1 :]
        builder.add(time, Token.DIM if future else Token.TIME)
        builder.add(HIDDEN if hidden else " ", Token.WARNING)
        builder.add(*tx.sign).add(" ")
        if width >= WITH_KIND:
            builder.cells(tx.mutation, 7, Token.AUTO if tx.mutation == "auto" else Token.DIM)
        gap = _gap_at(log, pos)
        if gap is not None:
            builder.add(f"⋯ {thousands(gap.lost)} lost  ", Token.WARNING)
        timed = width >= WITH_DURATION
        took = duration(tx.message.duration) if timed and tx.message.duration else ""
        share = builder.room - (DURATION_WIDTH if timed else 0)
        self._rest(builder, tx, share, builder.room - (len(took) + 1 if took else 0))
        if took:
            builder.column(width - len(took)).add(took, Token.NUMBER)
        return builder.line()

    def pos_at(self, i: int) -> int:
        """Position of the transition in row ``i``."""
        return self.rows.pos_at(i) if self.rows is not None else -1

    def index_of(self, pos: int) -> int:
        """Row of the transition at ``pos``; of a hidden one, the last row before it."""
        return self.rows.index_of(pos) if self.rows is not None else 0

    def title(self, width: int = WITH_HIDDEN) -> Line:
        """What stands in the pane's border: name, how many are shown, how many hidden."""
        return (Span("History", Token.TITLE), Span(" "), *count_spans(self.rows, width))

    def _rest(self, builder: LineBuilder, tx: Transition, share: int, room: int) -> None:
        """Called states, then changes or outcome, in ``room`` cells.

        ``share`` is what every row has, so that columns are the same in all.
        Outcomes begin in one column, unless a long name needs the room that a short outcome leaves.
        """
        called = " ".join(tx.called)
        column = max(min(share // 2, 28), 6)
        tail = outcome_spans(tx, room - column)
        if cell_len(called) > column - 1:
            tail = outcome_spans(tx, room - cell_len(called) - 1)
            column = max(min(cell_len(called) + 1, room - width_of(tuple(tail))), column)
        faded = bool(tx.flags & (Flag.CANCELED | Flag.QUEUED | Flag.CHECK))
        builder.cells(called, column - 1, Token.DIM if faded else Token.CALLED).add(" ")
        for span in tail:
            builder.add(span.text, span.token)


def count_spans(rows: ShownRows | None, width: int = WITH_HIDDEN) -> Line:
    """``219``; ``171 of 219, 48 hidden`` while filters hide some."""
    if rows is None or not rows.visible.hidden:
        return (Span(thousands(len(rows.visible) if rows is not None else 0), Token.NUMBER),)
    shown, hidden = len(rows.visible), rows.visible.hidden
    of = Span(f" of {thousands(shown + hidden)}", Token.NUMBER)
    told = (Span(thousands(shown), Token.NUMBER), of)
    if width < WITH_HIDDEN:
        return told
    return (*told, Span(f", {thousands(hidden)} hidden", Token.DIM))


def outcome_spans(tx: Transition, room: int) -> list[Span]:
    """What came of it in about ``room`` cells: ``+A −B``, or ``+2 −1``, or the outcome in words."""
    spans: list[Span] = []
    outcome = tx.outcome
    if outcome and cell_len(outcome) > room:  # who did it is in the sentence and the details
        outcome = "refused" if tx.flags & Flag.CANCELED else outcome.split()[0]
    if outcome:
        quiet = outcome in ("no change", "queued")
        spans.append(Span(outcome, Token.DIM if quiet else tx.sign[1]))
    if not tx.changes:
        return spans
    named = [change.span() for change in tx.changes]
    words = sum(cell_len(span.text) + 2 for span in spans)
    if words + sum(cell_len(span.text) + 1 for span in named) - 1 <= room:
        parts = named
    else:
        gone = sum(change.sign == REMOVED for change in tx.changes)
        came = len(tx.changes) - gone
        parts = [Span(f"{ADDED}{came}", Token.ADDED)] if came else []
        if gone:
            parts.append(Span(f"{REMOVED}{gone}", Token.REMOVED))
    for part in parts:
        if spans:
            spans.append(Span(" "))
        spans.append(part)
    return spans


def _gap_at(log: MachineLog, pos: int) -> GapInfo | None:
    if not log.flags_at(pos) & Flag.AFTER_GAP:
        return None
    i = bisect_left(log.gaps, pos, key=lambda gap: gap.pos)
    return log.gaps[i] if i < len(log.gaps) and log.gaps[i].pos == pos else None
