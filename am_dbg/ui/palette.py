"""The command palette's entries: the key table, as far as it applies now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from am_dbg.ui.keymap import KeyAction, keys_shown

if TYPE_CHECKING:
    from am_dbg.ui.app import DebuggerApp

NAMED_BY_PLACE = "focus_"
"""How the names of actions begin whose words are only a pane."""


def entry(action: KeyAction) -> str:
    """The words under which an action stands in the palette, verb and pane included."""
    if action.name.startswith(NAMED_BY_PLACE):
        return f"focus {action.words}"
    where = f"{action.scope[0]}: " if len(action.scope) == 1 else ""
    return f"{where}{action.words}"


class ActionProvider(Provider):
    """Every action of the key table but the palette itself."""

    def _actions(self) -> list[KeyAction]:
        keymap = cast("DebuggerApp", self.app).session.keymap
        return [action for action in keymap.actions if action.name != "palette"]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(entry(action), self._command(action), help=keys_shown(action))

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action in self._actions():
            text = entry(action)
            if (score := matcher.match(text)) > 0:
                yield Hit(
                    score, matcher.highlight(text), self._command(action), help=keys_shown(action)
                )

    def _command(self, action: KeyAction) -> partial[None]:
        app = cast("DebuggerApp", self.app)
        return partial(app.run_from_palette, action)
