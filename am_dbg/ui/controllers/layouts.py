"""Sizes of panes and which are seen: by keys and by dragging borders; remembered by arrangement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual import events

from am_dbg.settings import Settings
from am_dbg.ui.borders import dragged, grown
from am_dbg.ui.grid import WHOLE, Chosen
from am_dbg.ui.layout import NAMES, PANES, arrangement_name
from am_dbg.ui.messages import BorderDragged
from am_dbg.ui.remembered import recall, remember

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

KIND = "layout"
"""Under what the choices are remembered."""
COLUMNS, ROWS = 4, 2
"""Cells that a key press moves a border by."""
WORDS = "arrows change the size, Z hides, 0 puts all back, any other key ends"


class Layouts(msgspec.Struct, frozen=True):
    """What the user made of each arrangement (its name: the choice), and of the timeline."""

    chosen: dict[str, Chosen] = {}
    timeline: bool | None = None


class LayoutController:
    """Actions of the section *Layout*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._usual = usual(screen.session.settings)
        settings = screen.session.settings
        insisted = settings.insists_on("sizes", "view.hidden", "view.timeline")
        known = Layouts() if insisted else recall(KIND, Layouts)
        self.chosen: dict[str, Chosen] = {**self._usual, **known.chosen}
        view = screen.session.settings.view
        self.timeline: bool = view.timeline if known.timeline is None else known.timeline
        self.asking = False

    # -- actions ---------------------------------------------------------------------------------

    def wider(self) -> None:
        """The focused pane wider."""
        self._grow(COLUMNS, 0)

    def narrower(self) -> None:
        """The focused pane narrower."""
        self._grow(-COLUMNS, 0)

    def taller(self) -> None:
        """The focused pane taller."""
        self._grow(0, ROWS)

    def shorter(self) -> None:
        """The focused pane shorter."""
        self._grow(0, -ROWS)

    def sizes(self) -> None:
        """Take arrow keys as sizes, until another key comes: for terminals that keep ctrl+shift."""
        self.asking = True
        self._screen.ask_key(self._size_key, f"size of {self._screen.pane}: {WORDS}")

    def hide_pane(self) -> None:
        """The focused pane out of sight; its number brings it back."""
        screen, made = self._screen, self._screen.arrangement
        if screen.maximised:
            screen.zooming.zoom()
            return
        if made is None:
            return
        choice = self.chosen.get(made.name, Chosen())
        seen = [name for name in PANES if name not in (*choice.hidden, screen.pane)]
        if not seen:
            screen.notice("the last pane stays")
            return
        pane = screen.pane
        self._take(made.name, msgspec.structs.replace(choice, hidden=(*choice.hidden, pane)))
        at = PANES.index(pane)
        following = [name for name in (*PANES[at:], *PANES[:at]) if name in seen]
        screen.bring_to_front(next((n for n in following if n in made.boxes), following[0]))
        number = at + 1
        screen.notice(f"{pane} hidden; {number} shows it again")

    def reset_layout(self) -> None:
        """All panes, at their usual sizes, in this arrangement."""
        screen, made = self._screen, self._screen.arrangement
        if screen.maximised:
            screen.zooming.zoom()
            made = screen.arrangement
        if made is not None:
            self._take(made.name, None)
            screen.lay_out()
            screen.notice(f"usual sizes ({made.name})")

    def toggle_timeline(self) -> None:
        """The timeline, or its rows for the panes."""
        self.timeline = not self.timeline
        self._keep()
        self._screen.refresh_views()

    @property
    def changed(self) -> bool:
        """Whether anything in this arrangement is other than usual."""
        choice = self.chosen.get(self._name, Chosen())
        return choice != self._usual.get(self._name, Chosen())

    # -- what the screen asks --------------------------------------------------------------------

    def unhide(self, pane: str) -> None:
        """A pane was asked for: it is seen again, in this arrangement."""
        choice = self.chosen.get(self._name, Chosen())
        if pane in choice.hidden:
            hidden = tuple(name for name in choice.hidden if name != pane)
            self._take(self._name, msgspec.structs.replace(choice, hidden=hidden))

    def hidden(self) -> tuple[str, ...]:
        """Panes that are not seen in this arrangement, not even behind others."""
        return self.chosen.get(self._name, Chosen()).hidden

    @property
    def _name(self) -> str:
        return arrangement_name(*self._screen.area.size)

    def drag(self, event: BorderDragged) -> bool:
        """Move the border at an edge of a pane to where the mouse is; False when it can't go."""
        made = self._screen.arrangement
        if made is None or event.pane not in made.boxes:
            return False
        pane, edge, box, area = (
            event.pane,
            event.edge,
            made.boxes[event.pane],
            self._screen.area.region,
        )
        borders = {
            "left": event.x - area.x - box.x,
            "right": event.x - area.x - box.x - box.width + 1,
            "top": event.y - area.y - box.y,
            "bottom": event.y - area.y - box.y - box.height + 1,
        }
        by = borders[edge]
        choice = dragged(made, self.chosen.get(made.name, Chosen()), pane, edge, by)
        if choice is None:
            return False
        self.chosen[made.name] = choice
        self._screen.lay_out()
        return True

    def dropped(self) -> None:
        """The mouse let a border go."""
        self._keep()

    # -- inside ----------------------------------------------------------------------------------

    def _size_key(self, event: events.Key) -> None:
        self.asking = False
        name = event.key.removeprefix("ctrl+").removeprefix("shift+")
        action = {
            "left": self.narrower,
            "h": self.narrower,
            "right": self.wider,
            "l": self.wider,
            "up": self.taller,
            "k": self.taller,
            "down": self.shorter,
            "j": self.shorter,
            "Z": self.hide_pane,
            "0": self.reset_layout,
        }.get(name)
        if action is not None:
            action()
            self.sizes()

    def _grow(self, wider: int, taller: int) -> None:
        screen, made = self._screen, self._screen.arrangement
        if made is None:
            return
        if screen.maximised:
            screen.notice("the pane is maximised; z puts it back")
            return
        choice = self.chosen.get(made.name, Chosen())
        grown_choice = grown(made, choice, screen.pane, wider, taller)
        if grown_choice is None:
            way = "width" if wider else "height"
            screen.notice(f"the {way} of {screen.pane} can't change further")
            return
        self._take(made.name, grown_choice)
        screen.lay_out()

    def _take(self, name: str, choice: Chosen | None) -> None:
        if choice is None:
            self.chosen.pop(name, None)
            if name in self._usual:
                self.chosen[name] = self._usual[name]
        else:
            self.chosen[name] = choice
        self._keep()

    def _keep(self) -> None:
        chosen = {
            name: choice
            for name, choice in self.chosen.items()
            if choice != self._usual.get(name, Chosen())
        }
        wanted = self._screen.session.settings.view.timeline
        remember(KIND, Layouts(chosen, None if self.timeline == wanted else self.timeline))


def usual(settings: Settings) -> dict[str, Chosen]:
    """The sizes and hidden panes that the settings begin with, by arrangement."""
    made: dict[str, Chosen] = {}
    for name in NAMES:
        sizes = {str(key): share for key, share in settings.sizes.get(name, {}).items()}
        widths = {key: share * WHOLE // 100 for key, share in sizes.items() if "_" not in key}
        heights = {
            key.removesuffix("_height"): share * WHOLE // 100
            for key, share in sizes.items()
            if "_" in key
        }
        if sizes or settings.view.hidden:
            made[name] = Chosen(widths, heights, tuple(settings.view.hidden))
    return made
