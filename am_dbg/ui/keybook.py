"""The key table with the user's own keys in it: what bindings, footer, help and palette go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from am_dbg.errors import UserError, nearest
from am_dbg.ui.keymap import BY_NAME, KEYMAP, KeyAction, applies
from am_dbg.ui.keynames import FORM, NAMED, parse_key, shown
from am_dbg.ui.layout import PANES

ALWAYS_REACHABLE = "quit"
"""The action that can't be left without a key."""


class Keymap:
    """All actions with the keys that hold; ``own`` (action -> keys) replaces those of the table.

    Raises UserError, one line, for an action or a key that doesn't exist and for a key of two
    actions in one pane. ``file`` is where ``own`` came from.
    """

    def __init__(self, own: Mapping[str, Sequence[str]] | None = None, file: str = "") -> None:
        self._file = file
        self._own = {name: self._keys_of(name, keys) for name, keys in (own or {}).items()}
        self.actions: tuple[KeyAction, ...] = tuple(
            action._replace(keys=self._own.get(action.name, action.keys)) for action in KEYMAP
        )
        self.by_name = {action.name: action for action in self.actions}
        self._by_key: dict[str, list[KeyAction]] = {}
        for action in self.actions:
            for key in action.keys:
                self._by_key.setdefault(key, []).append(action)
        self._refuse_conflicts()

    def action_for(self, keys: Iterable[str], pane: str) -> KeyAction | None:
        """The action of a key (under any of its names) while that pane has the focus."""
        for key in keys:
            for action in self._by_key.get(key, ()):
                if applies(action, pane):
                    return action
        return None

    def changed(self, name: str) -> bool:
        """Whether the user gave that action other keys."""
        return name in self._own

    def _keys_of(self, name: str, keys: Sequence[str]) -> tuple[str, ...]:
        if name not in BY_NAME:
            raise self._error(f"no action {name}{nearest(name, BY_NAME)}; ? lists them all")
        if name == ALWAYS_REACHABLE and not keys:
            raise self._error(f"{name} needs a key")
        made = []
        for key in keys:
            parsed = parse_key(key)
            if parsed is None:
                near = nearest(key.rpartition("+")[2], NAMED)
                raise self._error(f"{name}: no key {key!r}{near}; a key is {FORM}")
            made.append(parsed)
        return tuple(made)

    def _refuse_conflicts(self) -> None:
        for key, actions in self._by_key.items():
            for pane in PANES:
                here = [action.name for action in actions if applies(action, pane)]
                if len(here) > 1 and self._own.keys() & set(here):
                    given, other = sorted(here[:2], key=lambda name: name not in self._own)
                    raise self._error(
                        f"{shown(key)} would be the key of {given} and of {other}"
                        f"; give {other} another one ({other} = [] for none)"
                    )

    def _error(self, text: str) -> UserError:
        return UserError(f"{self._file}{': ' if self._file else ''}[keys] {text}")
