"""Activity, rain and matrix: what is shown of them, their zoom and columns, and the mouse there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model import activity, matrix, rain
from am_dbg.model.activity import ActivityView
from am_dbg.model.matrix import MatrixView
from am_dbg.model.rain import RainView
from am_dbg.model.timeline import StepTimeline
from am_dbg.ui.grid_pane import GridPane
from am_dbg.ui.layout import NARROW_SLOT, PANES

if TYPE_CHECKING:
    from am_dbg.ui.messages import CellClicked, ColumnsScrolled, PlaceClicked, WheelTurned
    from am_dbg.ui.screen import MainScreen

ACROSS = 4
"""Columns that the keys scroll."""
TURN = 5
"""Transitions that a notch of the wheel moves above the timeline."""


class GridController:
    """The panes with columns, and the mouse above the timelines."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.forget()
        self.level = 0
        self.target = ""
        self._target_of: tuple[int, str] | None = None
        self._offsets = {"rain": 0, "matrix": 0}
        self._held: dict[str, tuple[int, str, str]] = {}

    def forget(self) -> None:
        """Hold on to nothing of another store."""
        store, cursor = self._screen.session.store, self._screen.session.cursor
        self.activity = ActivityView(store, cursor)
        self.rain = RainView(store, cursor)
        self.matrix = MatrixView(store, cursor)

    def panes(self) -> tuple[GridPane, ...]:
        """The three panes, new."""
        made = []
        for name, legend in (
            ("activity", activity.LEGEND),
            ("rain", rain.LEGEND),
            ("matrix", matrix.LEGEND),
        ):
            pane = GridPane(name, PANES.index(name) + 1, name.capitalize())
            pane.legend = legend
            made.append(pane)
        return tuple(made)

    # -- showing ---------------------------------------------------------------------------------

    def show(self) -> None:
        """Fill those that are seen."""
        for name, show in (
            ("activity", self._show_activity),
            ("rain", self._show_rain),
            ("matrix", self._show_matrix),
        ):
            pane = self._screen.panes[name]
            if pane.display and isinstance(pane, GridPane) and pane.columns:
                show(pane)

    def _needle(self, pane: str) -> str:
        search = self._screen.session.search
        return search.get(pane) or search.get("states", "")

    def _show_activity(self, pane: GridPane) -> None:
        session = self._screen.session
        cursor, width = session.cursor, pane.columns
        view = ActivityView(
            session.store,
            cursor,
            self.level,
            session.group,
            self._needle("activity"),
            session.headings,
            session.lens.visible,
        )
        self.activity = view
        head = view.head(width)
        row = view.index_of(cursor.state) if cursor.state else None
        pane.show_grid(view, row, view.title(width), "", head, view.cursor_cells(width))

    def _show_rain(self, pane: GridPane) -> None:
        session = self._screen.session
        cursor, width = session.cursor, pane.columns
        follow = self._held.get("rain") != self._place
        view = RainView(
            session.store,
            cursor,
            session.group,
            self._offsets["rain"],
            follow,
            session.lens.visible,
        )
        self.rain = view
        self._offsets["rain"] = view.shown(width)[0]
        head = view.head(width, pane.inner_rows)
        row = view.index_of(cursor.pos)
        pane.show_grid(view, row, view.title(), view.hint(width), head, view.cursor_cells(width))
        pane.mark(session.search.get("rain", ""), view.hint(width))

    def _show_matrix(self, pane: GridPane) -> None:
        session = self._screen.session
        cursor, width = session.cursor, pane.columns
        if self._target_of != (cursor.machine, cursor.state):
            self.target = ""
        view = MatrixView(
            session.store,
            cursor,
            session.group,
            self._needle("matrix"),
            self._offsets["matrix"],
            self.target,
            self._held.get("matrix") != self._place,
        )
        self.matrix = view
        self._offsets["matrix"] = view.shown(width)[0]
        head = view.head(width, pane.inner_rows)
        row = view.index_of(cursor.state) if cursor.state else None
        pane.show_grid(view, row, view.title(), view.hint(width), head, view.cursor_cells(width))

    @property
    def _place(self) -> tuple[int, str, str]:
        """What the columns follow: once it is another, they are moved to show it."""
        cursor = self._screen.session.cursor
        return cursor.machine, cursor.state, self.target

    # -- actions ---------------------------------------------------------------------------------

    def focus_activity(self) -> None:
        """The activity strip."""
        self._screen.bring_to_front("activity")

    def focus_rain(self) -> None:
        """The rain."""
        self._screen.bring_to_front("rain")

    def focus_matrix(self) -> None:
        """The matrix."""
        self._screen.bring_to_front("matrix")

    def next_view(self) -> None:
        """The next of the panes that share a place."""
        screen, made = self._screen, self._screen.arrangement
        tabs: tuple[str, ...] = NARROW_SLOT
        shown = screen.pane
        if made is not None and not screen.maximised:
            shown, tabs = next(((name, tabs) for name, tabs in made.tabs.items()), (shown, tabs))
        at = tabs.index(shown) if shown in tabs else -1
        screen.bring_to_front(tabs[(at + 1) % len(tabs)])

    def zoom_in(self) -> None:
        """Less time in a column."""
        self._zoom(-1)

    def zoom_out(self) -> None:
        """More time in a column."""
        self._zoom(1)

    def _zoom(self, by: int) -> None:
        screen = self._screen
        width = screen.panes["activity"].columns
        most = self.activity.zooms(width)
        wanted = max(0, min(min(self.level, most) + by, most))
        if wanted == self.level:
            screen.notice("all time is in sight" if by > 0 else "a transition a column already")
            return
        self.level = wanted
        screen.refresh_views()
        unit = self.activity.columns(width).unit
        screen.notice(f"a column is {activity.unit_words(unit) if unit else 'a transition'}")

    def columns_left(self) -> None:
        """Columns further left."""
        self._scroll(self._screen.pane, -ACROSS)

    def columns_right(self) -> None:
        """Columns further right."""
        self._scroll(self._screen.pane, ACROSS)

    def _scroll(self, name: str, columns: int) -> None:
        if name not in self._offsets:
            return
        before = self._offsets[name]
        self._offsets[name] = max(0, before + columns)
        self._held[name] = self._place
        self._screen.refresh_views()
        if self._offsets[name] == before:
            side = "first" if columns < 0 else "last"
            self._screen.notice(f"the {side} column is in sight")

    # -- rows ------------------------------------------------------------------------------------

    def by(self, pane: str, rows: int) -> None:
        """So many states down, or up when negative, in the activity or the matrix."""
        row = self._screen.panes[pane].selected
        count = len(self._screen.panes[pane].lines)
        wanted = max(0, min((row if row is not None else -1) + rows, count - 1))
        if row is not None and wanted == row:
            self._screen.notice(f"already at the {'last' if rows > 0 else 'first'} row")
        else:
            self.choose(pane, wanted, 1 if rows > 0 else -1)

    def choose(self, pane: str, row: int, direction: int = 1) -> None:
        """Select the state of a row; of a heading, the next one in a direction."""
        count = len(self._screen.panes[pane].lines)
        while 0 <= row < count:
            state = self.activity.state_at(row) if pane == "activity" else self.matrix.rows[row]
            if state:
                self._screen.moves.select_state(state)
                return
            row += direction

    # -- mouse -----------------------------------------------------------------------------------

    def cell_clicked(self, event: CellClicked) -> None:
        """A cell: its transition, its state, or both."""
        width = self._screen.panes[event.pane].columns
        if event.pane == "activity":
            if event.row >= 0:
                self.choose("activity", event.row)
            pos = self.activity.pos_at(event.x, width)
            if pos is not None:
                self._screen.moves.go_to_pos(pos)
        elif event.pane == "rain":
            state = self.rain.state_at(event.x, width)
            if state is not None:
                self._screen.moves.select_state(state)
            if event.row >= 0:
                self._screen.moves.go_to_pos(self.rain.pos_at(event.row))
        else:
            self._matrix_clicked(event, width)

    def _matrix_clicked(self, event: CellClicked, width: int) -> None:
        state = self.matrix.state_at(event.x, width)
        if event.row >= 0:
            self.choose("matrix", event.row)
            cursor = self._screen.session.cursor
            self.target, self._target_of = state or "", (cursor.machine, cursor.state)
            self._screen.refresh_views()
        elif state is not None:
            self._screen.moves.select_state(state)

    def columns_scrolled(self, event: ColumnsScrolled) -> None:
        """The wheel, sideways."""
        self._scroll(event.pane, event.columns)

    def place_clicked(self, event: PlaceClicked) -> None:
        """A place on one of the timelines."""
        screen = self._screen
        if not event.steps:
            screen.moves.go_to_column(event.column)
            return
        width = screen.timeline.steps_width
        step = StepTimeline(screen.session.store, screen.session.cursor, width)
        screen.moves.go_to_step(step.step_at(event.column))

    def wheel_turned(self, event: WheelTurned) -> None:
        """The wheel above the timelines: some transitions, or a step."""
        moves = self._screen.moves
        if not event.steps:
            moves.by(TURN * event.direction)
        elif event.direction > 0:
            moves.step_forward()
        else:
            moves.step_back()
