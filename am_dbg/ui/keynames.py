"""Names of keys: as people write them, as Textual calls them, as screens show them."""

from __future__ import annotations

import unicodedata

from textual.keys import KEY_NAME_REPLACEMENTS

MODIFIERS = ("alt", "ctrl", "shift")
"""In the order in which Textual writes them."""
NAMED = (
    *("left", "right", "up", "down", "home", "end", "pageup", "pagedown", "insert", "delete"),
    *("enter", "escape", "tab", "space", "backspace"),
    *(f"f{number}" for number in range(1, 25)),
)
"""Keys without a character, and those whose character can't be seen."""
_OTHER_NAMES = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
    "ins": "insert",
    "control": "ctrl",
    "meta": "alt",
    "option": "alt",
    " ": "space",
}
_SHOWN = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
FORM = "a character, a name such as left, pageup, f5, or one of them behind ctrl+, alt+ or shift+"


def _name_of(character: str) -> str:
    """Textual's name of a printable character."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


_CHARACTERS = {_name_of(chr(code)): chr(code) for code in range(33, 127)}
"""Textual's names -> characters of the usual keyboard."""


def parse_key(text: str) -> str | None:
    """Textual's name of a key as somebody wrote it (``ctrl+pgup``, ``?``); None: there is none."""
    parts = text.split("+") if len(text) > 1 else [text]
    if text.endswith("++"):  # ctrl++
        parts = [*text[:-2].split("+"), "+"]
    *modifiers, base = (_OTHER_NAMES.get(part.lower(), part) for part in parts)
    modifiers = [modifier.lower() for modifier in modifiers]
    if len(base) == 1:
        if not base.isprintable():
            return None
        base = _name_of(base)
    elif base.lower() in NAMED:
        base = base.lower()
    if base not in NAMED and base not in _CHARACTERS and len(base) != 1:
        return None
    if len(base) == 1 and base.isalpha():  # terminals say A for shift+a, and know no ctrl+A
        if "shift" in modifiers and len(modifiers) == 1:
            modifiers, base = [], base.upper()
        elif "ctrl" in modifiers:
            base = base.lower()
    if not set(modifiers) <= set(MODIFIERS) or len(set(modifiers)) != len(modifiers):
        return None
    return "+".join([*sorted(modifiers), base])


def shown(key: str) -> str:
    """A key as people write it: ``shift+←``, ``?``."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, _SHOWN.get(last) or _CHARACTERS.get(last, last)])
