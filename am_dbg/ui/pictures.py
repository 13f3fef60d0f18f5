"""The screen as an SVG that needs nothing from the network."""

from __future__ import annotations

import re

from textual.app import App

FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"
"""Fonts with all the signs that the screens use, and as wide as the cells of the picture."""


def svg_of(app: App[None]) -> str:
    """What the app shows, as SVG. Textual's own asks for a web font, which few viewers load."""
    svg = app.export_screenshot()
    svg = re.sub(r"@font-face \{[^}]*\}", "", svg)
    return re.sub(r"font-family: (\"?)Fira Code[^;]*;", f"font-family: {FONTS};", svg)
