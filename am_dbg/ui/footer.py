"""The footer: keys that work here, from the key table; for a moment, what there is to say."""

from __future__ import annotations

from collections.abc import Callable

from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.bars import Bar
from am_dbg.ui.keybook import Keymap
from am_dbg.ui.keymap import FOOTER_KEYS, KeyAction, applies
from am_dbg.ui.keynames import shown
from am_dbg.ui.strips import plain, width_of

WITHOUT_MACHINES = ("help", "quit", "palette", "connections", "theme", "recordings")
"""Actions that make sense before anything has connected."""


class FooterBar(Bar):
    """One row; a click on a key does what the key does."""

    _keys: Line = ()
    _aside = ""
    _notice: Line = ()

    def __init__(self, keymap: Keymap, *, id: str) -> None:  # noqa: A002 (Textual's)
        super().__init__(id=id)
        self._keymap = keymap
        self._of = ("", False)

    def show_keys(self, pane: str, nobody: bool) -> None:
        """Show the keys that apply to a pane; ``nobody``: no machine has connected yet."""
        self._of = (pane, nobody)
        self._keys = footer_line(self._keymap, pane, nobody, self.columns, self._aside)
        self.show(self._notice or self._keys)

    def on_resize(self) -> None:
        """As many keys as fit now: none fitted while a prompt stood here."""
        self.show_keys(*self._of)

    def aside(self, text: str) -> None:
        """Say something small beside the keys, until the next move; "" for nothing."""
        self._aside = text

    def notice(self, text: str, token: Token) -> None:
        """Show a text instead of the keys."""
        self._notice = (Span(text, token),)
        self.show(self._notice)

    def clear_notice(self) -> None:
        """Show the keys again."""
        if self._notice:
            self._notice = ()
            self.show(self._keys)

    def forget(self) -> Callable[[], None]:
        """What clears the notice of now, unless another one has taken its place by then."""
        notice = self._notice

        def clear() -> None:
            if self._notice is notice:  # one of the same words may be newer
                self.clear_notice()

        return clear


def footer_line(keymap: Keymap, pane: str, nobody: bool, width: int, aside: str = "") -> Line:
    """As many keys as fit, by rank; quit stands at the right end, before it an aside."""
    actions = [a for a in keymap.actions if a.footer and a.keys and applies(a, pane)]
    if nobody:
        actions = [a for a in actions if a.name in WITHOUT_MACHINES]
    actions.sort(key=lambda a: a.rank)
    left = width - (width_of(aside) + 2 if aside else 0)
    chosen: list[KeyAction] = []
    for action in actions:
        needed = width_of(plain(_entry(keymap, action))) + 2
        if needed <= left:
            chosen.append(action)
            left -= needed
    ends = [a for a in chosen if a.name in ("help", "quit")]
    middle = [a for a in chosen if a not in ends]
    spans: list[Span] = []
    for action in middle:
        spans += [*_entry(keymap, action), Span("  ")]
    tail = [Span(aside, Token.WARNING)] if aside else []
    tail += [span for action in ends for span in (Span("  "), *_entry(keymap, action))]
    gap = width - width_of(plain(tuple(spans))) - width_of(plain(tuple(tail)))
    return (*spans, Span(" " * max(0, gap)), *tail)


def _entry(keymap: Keymap, action: KeyAction) -> Line:
    link = f"action:{action.name}"
    pair = "" if keymap.changed(action.name) else FOOTER_KEYS.get(action.name)
    key = pair or shown(action.keys[0])
    return (Span(key, Token.KEY, link), Span(f" {action.footer}", Token.DIM, link))
