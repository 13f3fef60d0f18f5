"""The main screen: composes the panes, lays them out for its size, and runs actions by name."""

from __future__ import annotations

from collections.abc import Callable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from am_dbg.model.cursor import Move
from am_dbg.model.log import FOLD
from am_dbg.model.text import Token
from am_dbg.ui.bars import Bar, TimelineBar
from am_dbg.ui.controllers.copying import CopyController
from am_dbg.ui.controllers.diagrams import DiagramController
from am_dbg.ui.controllers.files import FileController
from am_dbg.ui.controllers.filters import FilterController
from am_dbg.ui.controllers.general import GeneralController
from am_dbg.ui.controllers.grids import GridController
from am_dbg.ui.controllers.layouts import LayoutController
from am_dbg.ui.controllers.log import LogController
from am_dbg.ui.controllers.marks import MarkController
from am_dbg.ui.controllers.moves import MoveController
from am_dbg.ui.controllers.panes import PaneController
from am_dbg.ui.controllers.places import PlaceController
from am_dbg.ui.controllers.playing import PlayController
from am_dbg.ui.controllers.reader import ReaderController
from am_dbg.ui.controllers.rows import RowController
from am_dbg.ui.controllers.search import SearchController
from am_dbg.ui.footer import WITHOUT_MACHINES, FooterBar
from am_dbg.ui.frame import TitleTab
from am_dbg.ui.layout import DIAGRAM, NARROW_SLOT, PANES, Arrangement, arrange
from am_dbg.ui.line_pane import FixedLines, LinePane
from am_dbg.ui.log_pane import LogPane
from am_dbg.ui.messages import (
    BorderDragged,
    BorderDropped,
    CellClicked,
    ColumnsScrolled,
    LinkClicked,
    PlaceClicked,
    RowClicked,
    TabClicked,
    WheelTurned,
)
from am_dbg.ui.presenter import Presenter
from am_dbg.ui.prompt import Asker, PromptBar
from am_dbg.ui.session import Session
from am_dbg.ui.themes import Palette
from am_dbg.ui.timelines import timeline_rows

TITLES = {
    "machines": "Machines",
    "states": "States",
    "history": "History",
    "log": "Log",
    "details": "Details",
    "activity": "Activity",
    "rain": "Rain",
    "matrix": "Matrix",
    "diagram": "Diagram",
}
TABS = {name: TitleTab(name, i + 1, TITLES[name]) for i, name in enumerate(PANES)}
NOTICE_SECONDS = 5.0


class Panes(Container):
    """The area that the panes share."""

    def on_resize(self) -> None:
        """Place the panes anew."""
        screen = self.screen
        if isinstance(screen, MainScreen):
            screen.lay_out()


class MainScreen(Screen[None], inherit_bindings=False):
    """Everything is computed from ``session``; ``refresh_views`` shows what it is now."""

    AUTO_FOCUS = ""

    def __init__(self, session: Session, palette: Palette) -> None:
        super().__init__()
        self.session: Session = session
        self.palette = palette
        self.pane: str = session.settings.view.focus
        self.front: str = session.settings.view.front
        self.recent: tuple[str, ...] = ()
        self.maximised: str = self.pane if session.settings.view.maximised else ""
        self.roomy = False
        self.arrangement: Arrangement | None = None
        self.laid_states = 0
        self.grids = GridController(self)
        self.diagrams = DiagramController(self)
        self.machines = LinePane("machines", 1, TITLES["machines"])
        self.states = LinePane("states", 2, TITLES["states"])
        self.history = LinePane("history", 3, TITLES["history"])
        self.log_pane = LogPane("log", 4, TITLES["log"])
        self.details = LinePane("details", 5, TITLES["details"])
        self.panes: dict[str, LinePane] = {
            pane.pane: pane
            for pane in (
                self.machines,
                self.states,
                self.history,
                self.log_pane,
                self.details,
                *self.grids.panes(),
                self.diagrams.make_pane(),
            )
        }
        self.area = Panes(*self.panes.values(), id="panes")
        self.top_line = Bar(id="top")
        self.trouble = Bar(id="trouble")
        self.empty = Bar(id="empty", indent=4, above=2)
        self.sentence = Bar(id="sentence")
        self.timeline = TimelineBar(id="timeline")
        self.footer = FooterBar(session.keymap, id="footer")
        self.prompt = PromptBar()
        self.asker: Asker | None = None
        self._key_taker: Callable[[events.Key], None] | None = None
        self.presenter = Presenter(self)
        self.search = SearchController(self)
        self.moves = MoveController(self)
        self.rows = RowController(self)
        self.logs = LogController(self)
        self.reader = ReaderController(self)
        self.zooming = PaneController(self)
        self.layouts: LayoutController = LayoutController(self)
        self.playing = PlayController(self)
        self.filtering = FilterController(self)
        self.places = PlaceController(self)
        controllers = (
            self.moves,
            self.rows,
            self.logs,
            self.reader,
            self.zooming,
            self.layouts,
            self.search,
            self.grids,
            self.diagrams,
            self.playing,
            self.places,
            self.filtering,
            MarkController(self),
            CopyController(self),
            FileController(self),
            GeneralController(self),
        )
        self.commands: dict[str, Callable[[], None]] = {
            action.name: getattr(controller, action.name)
            for action in session.keymap.actions
            for controller in controllers
            if hasattr(controller, action.name)
        }

    def compose(self) -> ComposeResult:
        """Everything from top to bottom."""
        yield self.top_line
        yield self.trouble
        yield self.area
        yield self.empty
        yield self.sentence
        yield self.timeline
        yield self.footer
        yield self.prompt

    def on_mount(self) -> None:
        """Colours and focus."""
        self.dress()
        if self.session.greeting:
            self.notice(self.session.greeting)
        self.set_focus(self.panes[self.pane], scroll_visible=False)

    # -- showing ---------------------------------------------------------------------------------

    def refresh_views(self) -> None:
        """Show the session as it is now."""
        if not self.is_running:
            return
        nobody = self.session.machine is None
        self.empty.display = nobody
        self.area.display = not nobody
        self.sentence.display = not nobody
        self.timeline.display = not nobody and self.layouts.timeline
        self.trouble.display = bool(self.session.trouble or self.session.left_out)
        self.presenter.present()
        if self.arrangement is not None and self.laid_states != self.state_count:
            self.lay_out()
        self.footer.show_keys(self.pane, nobody)

    def forget_views(self) -> None:
        """The session has another store: what isn't seen must not keep the one before."""
        for holder in (self.presenter, self.grids, self.diagrams):
            holder.forget()
        self.log_pane.view = None
        for pane in self.panes.values():
            pane.lines = FixedLines()

    def dress(self) -> None:
        """Put the palette on everything."""
        for bar in (self.top_line, self.trouble, self.empty, self.sentence, self.timeline):
            bar.dress(self.palette)
        self.footer.dress(self.palette)
        self.prompt.dress(self.palette)
        if self.palette.colour:
            self.styles.background = self.palette.background
        self.lay_out()

    @property
    def state_count(self) -> int:
        """States of the selected machine, which the layout gives room to."""
        machine = self.session.machine
        return len(machine.states) if machine is not None else 0

    def lay_out(self) -> None:
        """Place the panes for the size that there is."""
        area = self.area.size
        if not area.width or not area.height:
            return
        self.laid_states = self.state_count
        made = arrange(
            area.width,
            area.height,
            self.front,
            self.maximised,
            self.recent,
            self.laid_states,
            self.layouts.chosen,
        )
        self.arrangement = made
        self.roomy = made.name in ("wide", "medium")
        self.timeline.styles.height = timeline_rows(self.size.height)
        slim = made.name in ("narrow", "small")
        for name, pane in self.panes.items():
            box = made.boxes.get(name)
            pane.display = box is not None
            if box is not None:
                pane.styles.offset = (box.x, box.y)
                pane.styles.width, pane.styles.height = box.width, box.height
            shared = made.tabs.get(name, (name,))
            pane.dress(self.palette, tuple(TABS[one] for one in shared), slim)
        if self.pane not in made.boxes and self.pane in self.layouts.hidden():
            self.pane = next(iter(made.boxes))
            self.set_focus(self.panes[self.pane], scroll_visible=False)
        if self.focused is None:  # nothing was there to be focused before
            self.set_focus(self.panes[self.pane], scroll_visible=False)
        self.call_after_refresh(self.refresh_views)

    def bring_to_front(self, name: str) -> None:
        """Focus a pane, and show it where it is hidden, shares a slot, or another is maximised."""
        self.layouts.unhide(name)
        self._to_front(name)
        if self.maximised:
            self.maximised = name
        self.pane = name
        self.lay_out()
        self.set_focus(self.panes[name], scroll_visible=False)

    def _to_front(self, name: str) -> None:
        """Remember which pane is seen where several share a place."""
        if name in NARROW_SLOT and name != self.front:
            others = (one for one in (self.front, *self.recent) if one != name)
            self.front, self.recent = name, tuple(others)

    @property
    def recording(self) -> bool:
        """Whether a recorder of our own is at work, which ends with the debugger."""
        recorder = getattr(self.app, "recorder", None)
        return recorder is not None and recorder.running

    def ask(self, asker: Asker, label: str, text: str = "") -> None:
        """Let the user type, where the footer is; ``asker`` takes what is typed."""
        self.asker = asker
        self.footer.display = False
        self.prompt.open(label, text)

    def asked(self) -> None:
        """The footer again."""
        self.asker = None
        self.prompt.close()
        self.footer.display = True

    def ask_key(self, taker: Callable[[events.Key], None], words: str) -> None:
        """Let the user press one key, that ``taker`` gets whatever it means elsewhere."""
        self._key_taker = taker
        self.footer.notice(words, Token.WARNING)  # until the key comes

    def notice(self, text: str, token: Token = Token.WARNING) -> None:
        """Say something in the footer, for a few seconds or until the next key."""
        self.footer.notice(text, token)
        self.set_timer(NOTICE_SECONDS, self.footer.forget())

    # -- actions ---------------------------------------------------------------------------------

    def take_key(self, event: events.Key) -> bool:
        """A key: for what is asked for, else of the key table; False when it is neither's."""
        if self._key_taker is not None:
            taker, self._key_taker = self._key_taker, None
            self.footer.clear_notice()
            taker(event)
            return True
        action = self.session.keymap.action_for(event.aliases, self.pane)
        if self.asker is None:
            if action is not None:
                self.run(action.name)
            return action is not None
        if event.key == "enter":
            self.asker.entered()
        elif event.key == "escape":
            self.asker.dropped()
        elif event.key in ("up", "down"):
            self.asker.other(-1 if event.key == "up" else 1)
        elif action is not None and action.name == "quit" and not event.is_printable:
            self.run("quit")
        elif self.prompt.editor.press(event.key, event.character):
            self.prompt.show_text()
            self.asker.typed(self.prompt.editor.text)
        return True

    def take_paste(self, text: str) -> None:
        """A pasted text: part of what is asked for, else an address to go to."""
        if self.asker is not None:
            self.prompt.editor.paste(text)
            self.prompt.show_text()
            self.asker.typed(self.prompt.editor.text)
        elif text.strip():
            self.moves.go(text.strip())

    def run(self, name: str) -> None:
        """Run an action by its name, wherever it was chosen."""
        self.footer.clear_notice()
        if self.session.machine is None and name not in WITHOUT_MACHINES:
            self.notice("no machine has connected yet")
            return
        self.commands[name]()

    def move(self, move: Move) -> None:
        """Take over a moved cursor, and say what there is to say."""
        self.session.opening = False
        if move.message:
            self.notice(move.message)
        before, self.session.cursor = self.session.cursor, move.cursor
        self.filtering.moved(before, move)
        self.playing.moved(before, move.cursor)
        self.places.moved(before, move.cursor)
        self.refresh_views()

    # -- events ----------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        """Remember which pane the keys are for, when the mouse chose it."""
        if isinstance(self.focused, LinePane):
            self.pane = self.focused.pane
            self._to_front(self.pane)
            self.footer.show_keys(self.pane, self.session.machine is None)

    @on(RowClicked)
    def _row_clicked(self, event: RowClicked) -> None:
        self.footer.clear_notice()
        self.rows.choose(event.pane, event.row, event.y)
        if event.twice:
            self.rows.enter()

    @on(TabClicked)
    def _tab_clicked(self, event: TabClicked) -> None:
        self.bring_to_front(event.pane)

    @on(LinkClicked)
    def _link_clicked(self, event: LinkClicked) -> None:
        if event.address.startswith("action:"):
            self.run(event.address.removeprefix("action:"))
        elif event.address.startswith(FOLD):
            self.logs.fold_by_link(event.address)
        else:
            self.moves.go(event.address)

    @on(PlaceClicked)
    def _place_clicked(self, event: PlaceClicked) -> None:
        self.grids.place_clicked(event)

    @on(WheelTurned)
    def _wheel_turned(self, event: WheelTurned) -> None:
        self.grids.wheel_turned(event)

    @on(CellClicked)
    def _cell_clicked(self, event: CellClicked) -> None:
        self.footer.clear_notice()
        (self.diagrams if event.pane == DIAGRAM else self.grids).cell_clicked(event)

    @on(ColumnsScrolled)
    def _columns_scrolled(self, event: ColumnsScrolled) -> None:
        if event.pane == DIAGRAM:
            self.diagrams.scroll(event.columns)
        else:
            self.grids.columns_scrolled(event)

    @on(BorderDragged)
    def _border_dragged(self, event: BorderDragged) -> None:
        self.layouts.drag(event)

    @on(BorderDropped)
    def _border_dropped(self) -> None:
        self.layouts.dropped()
