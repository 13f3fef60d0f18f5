"""The menu of filters, over the main screen: keys and clicks change them at once, behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from am_dbg.model.filter_menu import ROWS
from am_dbg.model.text import Span, Token
from am_dbg.ui.help import OverScreen
from am_dbg.ui.messages import RowClicked

if TYPE_CHECKING:
    from am_dbg.ui.controllers.filters import FilterController
    from am_dbg.ui.themes import Palette

FRAME = 2
RECOUNT_SECONDS = 0.5
"""How often the counts are taken anew: a live recording grows behind the menu."""
KEYS = "space changes, ← → too, esc closes"


class FilterScreen(OverScreen):
    """A row a filter. Its key, space, enter, the arrows and a click give it its next value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,F,q", "dismiss", "close", show=False),
        Binding("down,j", "select(1)", "down", show=False),
        Binding("up,k", "select(-1)", "up", show=False),
        Binding("space,enter,right,l", "change(1)", "change", show=False),
        Binding("left,h", "change(-1)", "change back", show=False),
    ]

    def __init__(self, palette: Palette, controller: FilterController) -> None:
        super().__init__()
        self._controller = controller
        self.row = 0
        self._box = Container(id="dialog")
        self._pane = self.make_pane("filters", "Filters", palette)

    def compose(self) -> ComposeResult:
        """The frame and what is in it."""
        with self._box:
            yield self._pane

    def on_mount(self) -> None:
        """As large as it has rows."""
        self._box.styles.height = min(len(ROWS) + FRAME, self.app.size.height - 2)
        self._box.styles.max_width = 92
        self.fill()
        self.set_focus(self._pane)
        self.set_interval(RECOUNT_SECONDS, self.fill)

    def fill(self) -> None:
        """Show the filters as they are now."""
        menu = self._controller.menu()
        title = (Span("Filters", Token.TITLE),)
        self._pane.show(menu, self.row, title, f"{menu.hint()}; {KEYS}")

    def on_key(self, event: events.Key) -> None:
        """A row's own key changes it."""
        for i, row in enumerate(ROWS):
            if event.character == row.key:
                event.stop()
                self.row = i
                self.action_change(1)

    def action_select(self, rows: int) -> None:
        """Another row."""
        self.row = max(0, min(self.row + rows, len(ROWS) - 1))
        self.fill()

    def action_change(self, by: int) -> None:
        """The next value of the selected row, or the one before."""
        self._controller.change(ROWS[self.row].name, by)
        self.fill()

    @on(RowClicked)
    def _row_clicked(self, event: RowClicked) -> None:
        event.stop()
        if event.row < len(ROWS):
            self.row = event.row
            self.action_change(1)
