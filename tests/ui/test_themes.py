"""Themes: every meaning can be read on every ground it stands on (WCAG's contrast ratio)."""

from __future__ import annotations

import pytest

from am_dbg.model.text import Token
from am_dbg.ui.themes import MONO_PALETTE, NAMES, PALETTES

READABLE = 4.5
"""What WCAG asks of text (AA)."""
QUIET = {Token.DIM, Token.INACTIVE, Token.DISCONNECTED}
QUIET_ON_A_BAR = 3.0
"""For what is meant to stand back: on the selection bar, where its row is marked anyway."""


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("token", Token)
def test_every_meaning_can_be_read(name: str, token: Token) -> None:
    palette = PALETTES[name]
    text, _, own = palette.tokens.get(token, palette.tokens[Token.TEXT]).partition(" on ")
    colour = text.split()[-1]
    for ground in [own] if own else [palette.background, palette.row, palette.row_focused]:
        quiet = token in QUIET and ground != palette.background
        assert contrast(colour, ground) >= (QUIET_ON_A_BAR if quiet else READABLE), ground


@pytest.mark.parametrize("name", NAMES)
def test_titles_and_the_focused_frame_can_be_read(name: str) -> None:
    palette = PALETTES[name]
    for style in (palette.title, palette.title_focused):
        assert contrast(style.split()[-1], palette.background) >= READABLE
    for style in (palette.frame_focused, palette.bar_focused):
        assert contrast(style, palette.background) >= 3.0


def test_without_colour_there_is_none() -> None:
    assert not any("#" in style for style in MONO_PALETTE.tokens.values())
