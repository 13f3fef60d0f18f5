"""Rows that a pane keeps painted, and lines cut at a column."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.geometry import Region

from am_dbg.model.text import Span, Token
from am_dbg.ui.line_pane import STRIPS_KEPT, FixedLines, LinePane
from am_dbg.ui.strips import plain, split


def test_a_line_is_split_at_a_column() -> None:
    line = (Span("ab", Token.DIM), Span("cdef", Token.ACTIVE))
    assert split(line, 0) == ((Span("", Token.DIM),), line)
    assert split(line, 3) == (
        (Span("ab", Token.DIM), Span("c", Token.ACTIVE)),
        (Span("def", Token.ACTIVE),),
    )
    assert split(line, 9) == (line, ())


def test_a_wide_character_on_the_column_becomes_blanks() -> None:
    before, after = split((Span("a日b"),), 2)
    assert (plain(before), plain(after)) == ("a ", " b")


class OnePane(App[None]):
    """A pane and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = LinePane("history", 3, "History")

    def on_mount(self) -> None:
        self.pane.styles.width, self.pane.styles.height = 40, 12
        self.mount(self.pane)


@pytest.mark.anyio
async def test_rows_kept_from_before_show_what_a_fresh_pane_would() -> None:
    app = OnePane()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        pane = app.pane
        count = STRIPS_KEPT * 2
        lines = FixedLines([(Span(f"row {i}"),) for i in range(count)])
        whole = Region(0, 0, 40, 12)
        for selected in (0, 1, 5, 6, 5, count // 2, *range(0, count, 7), count - 1):
            pane.show(lines, selected)
            kept = [strip.text for strip in pane.render_lines(whole)]
            assert f"▌row {selected} " in "".join(kept)
            assert len(pane._painted) <= STRIPS_KEPT
        pane.repaint_all()
        assert [strip.text for strip in pane.render_lines(whole)] == kept
