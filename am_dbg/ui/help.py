"""Screens over the main one: the help, made from the key table, and plain texts."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import ModalScreen

from am_dbg.model.search import matching
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.bars import Bar
from am_dbg.ui.keybook import Keymap
from am_dbg.ui.keymap import SECTIONS, KeyAction, applies, keys_shown
from am_dbg.ui.line_pane import FixedLines, LinePane
from am_dbg.ui.pane_help import PANE_HELP
from am_dbg.ui.prompt import LineEditor
from am_dbg.ui.themes import Palette

KEYS_WIDTH = 21
WORDS_WIDTH = 50
"""Cells before the names of the actions."""
NAMES_WIDTH = 172
"""Columns of a screen on which there is room for those names."""
SIGNS: tuple[tuple[str, Token, str], ...] = (
    ("●", Token.ACTIVE, "active"),
    ("○", Token.INACTIVE, "inactive"),
    ("◉", Token.MULTI, "active multi state"),
    ("▲", Token.ADDED, "activated in this transition"),
    ("▼", Token.REMOVED, "deactivated in this transition"),
    ("c", Token.CALLED, "called by this mutation"),
    ("A", Token.AUTO, "auto state"),
    ("M", Token.MULTI, "multi state"),
    ("R", Token.ACTIVE, "machine: Ready is active"),
    ("S", Token.ACTIVE, "machine: only Start is"),
    ("✓", Token.ACTIVE, "accepted transition"),
    ("✗", Token.CANCELED, "canceled transition"),
    ("!", Token.ERROR, "error"),
    ("◌", Token.QUEUED, "mutation being queued"),
    ("?", Token.CHECK, "check: asked only, nothing changed"),
    ("+A −B", Token.TEXT, "A activated, B deactivated"),
    ("┃", Token.STRONG, "timeline: where you are"),
    ("▁▃█", Token.TEXT, "timeline: few to many"),
    ("✗", Token.CANCELED, "timeline: one in eight canceled, or more"),
    ("!", Token.ERROR, "timeline: an error"),
    ("A", Token.AUTO, "timeline: most are automatic"),
    ("⋯", Token.WARNING, "timeline: messages were lost"),
    ("╺━╸", Token.ACTIVE, "activity: active from, to"),
    ("╋", Token.MULTI, "activity: entered again while active"),
    ("±", Token.ADDED, "activity: activated and deactivated at once"),
    ("▂▄█", Token.ACTIVE, "activity: changed twice, 8 times, 128 times or more"),
    ("┿ │", Token.TEXT, "activity: where you are"),
    ("△ ▽", Token.CALLED, "rain: activated, deactivated, and called"),
    ("◆ ◇", Token.ACTIVE, "rain: active, inactive, and looked at"),
    ("r a m f", Token.TEXT, "matrix: requires, adds, removes, is after"),
    ("R2", Token.CALLED, "matrix: looked at by the transition, twice"),
    ("ƒ", Token.TEXT, "matrix: a handler ran between the two"),
    ("◂ •", Token.STRONG, "while stepping: a line's target, its source"),
    ("◀ ▶", Token.KEY, "places visited: back, forward"),
    ("▶ PLAY", Token.LIVE, "it plays, and how fast; ◀ BACK: backward"),
    ("↗", Token.LINK, "a link: click, or enter"),
    ("▌", Token.LINK, "selected row"),
)


def key_lines(keymap: Keymap, needle: str, pane: str, names: bool = True) -> list[Line]:
    """The help of a pane, then the key table by section; what works only elsewhere is dim.

    ``needle`` searches keys, words and the names of actions, which are shown if ``names`` says so.
    """
    texts = [f"{keys_shown(a)} {a.words} {a.name}" for a in keymap.actions]
    found = [keymap.actions[i] for i in sorted(matching(texts, needle))]
    here = [a for a in found if pane in a.scope]
    lines: list[Line] = []
    if here or (pane in PANE_HELP and not needle):
        lines.append((Span(f"Here: {pane}", Token.TITLE),))
        lines += [(Span(text, Token.TEXT),) for text in PANE_HELP.get(pane, ()) if not needle]
        lines += [_key_line(a, pane, names) for a in here]
    for section in SECTIONS:
        actions = [a for a in found if a.section == section and a not in here]
        if actions:
            if lines:
                lines.append(())
            lines.append((Span(section, Token.TITLE),))
            lines += [_key_line(a, pane, names) for a in actions]
    return lines or [(Span(f"no key or action matches {needle}", Token.DIM),)]


def _key_line(action: KeyAction, pane: str, names: bool) -> Line:
    """Keys, what they do, where, and the name of the action, for the settings."""
    where = f"  ({', '.join(action.scope)})" if action.scope and pane not in action.scope else ""
    token = Token.TEXT if applies(action, pane) else Token.DIM
    keys = keys_shown(action).ljust(KEYS_WIDTH)
    words = action.words + where
    gap = " " * max(2, WORDS_WIDTH - len(words))
    return (
        Span(f"{keys} ", Token.KEY),
        Span(action.words, token),
        Span(where, Token.DIM),
        *((Span(f"{gap}{action.name}", Token.DIM),) if names else ()),
    )


def sign_lines(needle: str = "") -> list[Line]:
    """What the signs mean."""
    found = matching([f"{sign} {words}" for sign, _, words in SIGNS], needle)
    return [(Span(f"{SIGNS[i][0]:<8}", SIGNS[i][1]), Span(SIGNS[i][2], Token.TEXT)) for i in found]


class OverScreen(ModalScreen[None]):
    """A box over the main screen with one or more panes of lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "dismiss", "close", show=False),
    ]

    def make_pane(self, name: str, title: str, palette: Palette) -> LinePane:
        """A pane without a number."""
        pane = LinePane(name, 0, title)
        pane.palette = palette
        return pane

    def action_roll(self, rows: int) -> None:
        """Scroll the first pane."""
        self.query(LinePane).first().scroll_rows(rows)


class TextScreen(OverScreen):
    """Lines in a frame; any of the leaving keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,i,enter", "dismiss", "close", show=False),
        Binding("down,j", "roll(1)", "down", show=False),
        Binding("up,k", "roll(-1)", "up", show=False),
        Binding("pagedown,space", "roll(10)", "page down", show=False),
        Binding("pageup", "roll(-10)", "page up", show=False),
    ]

    def __init__(self, palette: Palette, title: str, lines: list[Line]) -> None:
        super().__init__()
        self._heading = title
        self._lines = lines
        self._pane = self.make_pane("text", title, palette)

    def compose(self) -> ComposeResult:
        """The frame and what is in it."""
        with Container(id="dialog"):
            yield self._pane

    def on_mount(self) -> None:
        """Fill it and take the keys."""
        self._pane.show(FixedLines(self._lines), title=(Span(self._heading, Token.TITLE),))
        self.set_focus(self._pane)


class HelpScreen(OverScreen):
    """All keys and signs; typing searches both, arrows scroll, escape closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "dismiss", "close", show=False),
        Binding("down", "roll(1)", "down", show=False),
        Binding("up", "roll(-1)", "up", show=False),
        Binding("pagedown", "roll(10)", "page down", show=False),
        Binding("pageup", "roll(-10)", "page up", show=False),
    ]

    def __init__(self, palette: Palette, keymap: Keymap, pane: str) -> None:
        super().__init__()
        self._keymap = keymap
        self._of = pane
        self._editor = LineEditor()
        self._pane = self.make_pane("keys", "Keys", palette)
        self._signs = self.make_pane("signs", "Signs", palette)
        self._typed = Bar(id="typed")
        self._typed.palette = palette

    def compose(self) -> ComposeResult:
        """The search, the keys, the signs."""
        with Container(id="dialog"):
            yield self._typed
            with Horizontal():
                yield self._pane
                yield self._signs

    def on_mount(self) -> None:
        """Fill it."""
        self._fill()

    def on_resize(self) -> None:
        """One or two columns."""
        self._fill()

    def on_key(self, event: events.Key) -> None:
        """What is typed searches."""
        if self._editor.press(event.key, event.character):
            event.stop()
            self._pane.top = self._signs.top = 0
            self._fill()

    def _fill(self) -> None:
        needle = self._editor.text.strip()
        keys, signs = (
            key_lines(self._keymap, needle, self._of, self.size.width >= NAMES_WIDTH),
            sign_lines(needle),
        )
        wide = self.size.width >= 110
        self._signs.display = wide
        if not wide and signs:
            keys = [*keys, (), (Span("Signs", Token.TITLE),), *signs]
        hint = Span("    type to search, ↑↓ scroll, esc closes", Token.DIM)
        self._typed.show((*self._editor.line("search keys and signs:"), hint))
        self._pane.show(FixedLines(keys), title=(Span("Keys", Token.TITLE),))
        self._signs.show(FixedLines(signs), title=(Span("Signs", Token.TITLE),))
