"""The command palette's entries: the key table, as far as it applies now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from am_dbg.ui.entries import entry
from am_dbg.ui.footer import WITHOUT_MACHINES
from am_dbg.ui.keymap import KeyAction, keys_shown

if TYPE_CHECKING:
    from am_dbg.ui.app import DebuggerApp


class ActionProvider(Provider):
    """Every action of the key table that would do something now, but the palette itself."""

    def _entries(self) -> list[tuple[str, KeyAction]]:
        screen = cast("DebuggerApp", self.app).main
        nobody = screen.session.machine is None
        made = []
        for action in screen.session.keymap.actions:
            if action.name == "palette" or (nobody and action.name not in WITHOUT_MACHINES):
                continue
            text = entry(action, screen)
            if text is not None:
                made.append((text, action))
        return sorted(made, key=lambda each: each[0].partition(":")[0])

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for text, action in self._entries():
            yield DiscoveryHit(text, self._command(action), help=keys_shown(action))

    async def search(self, query: str) -> Hits:
        """Those that match, by their words or the action's name."""
        matcher = self.matcher(query)
        for text, action in self._entries():
            score = max(matcher.match(text), matcher.match(action.name.replace("_", " ")))
            if score > 0:
                yield Hit(
                    score, matcher.highlight(text), self._command(action), help=keys_shown(action)
                )

    def _command(self, action: KeyAction) -> partial[None]:
        app = cast("DebuggerApp", self.app)
        return partial(app.run_from_palette, action)
