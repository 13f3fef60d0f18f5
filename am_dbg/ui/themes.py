"""What each meaning looks like: tokens to styles, dark, light, and without colour.

Both palettes keep saturated colour for what needs an eye (errors, cancels, what changed just now);
the rest is text, dim text and one accent. Whatever has a colour has a sign in the text too, so the
third palette, for ``NO_COLOR``, loses nothing but looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.style import Style
from textual.theme import Theme

from am_dbg.model.text import Token

DARK = "dark"
LIGHT = "light"
NAMES = (DARK, LIGHT)


@dataclass(frozen=True)
class Palette:
    """The styles of one theme.

    ``tokens`` gives a meaning's style as rich writes it, without a background; the backgrounds are
    those of a row: plain, selected in a pane without focus, selected in the focused pane.
    """

    name: str
    tokens: dict[Token, str]
    background: str
    row: str
    row_focused: str
    frame: str
    frame_focused: str
    title: str
    title_focused: str
    bar: str
    bar_focused: str
    colour: bool = True
    _styles: dict[tuple[Token, int], Style] = field(default_factory=dict, repr=False)

    def style(self, token: Token, state: int = 0) -> Style:
        """The style of a token in a row: plain (0), selected (1), selected with focus (2)."""
        found = self._styles.get((token, state))
        if found is None:
            found = self._styles[token, state] = self._make(token, state)
        return found

    def _make(self, token: Token, state: int) -> Style:
        style = Style.parse(self.tokens.get(token, self.tokens[Token.TEXT]))
        behind = (self.background, self.row, self.row_focused)[state]
        ground = Style.parse(f"on {behind}") if self.colour else Style.parse(behind or "none")
        # a token with a background of its own (a match, LIVE) keeps it in a selected row
        return ground + style

    def bar_style(self, state: int) -> Style:
        """The sign before a selected row."""
        if not state:
            return self.style(Token.TEXT)
        ground = self.style(Token.TEXT, state)
        return ground + Style.parse(self.bar if state == 1 else self.bar_focused)

    def plain(self, definition: str) -> Style:
        """A style on the screen's background, for frames and the like."""
        base = Style.parse(f"on {self.background}") if self.colour else Style.null()
        return base + Style.parse(definition)


DARK_PALETTE = Palette(
    name=DARK,
    background="#10131a",
    row="#1b212c",
    row_focused="#263349",
    frame="#2e3646",
    frame_focused="#6f9fe8",
    title="#8a94a6",
    title_focused="bold #dbe6f7",
    bar="#4b576b",
    bar_focused="#82b1ff",
    tokens={
        Token.TEXT: "#c3cad6",
        Token.DIM: "#808b9f",
        Token.STRONG: "bold #eef2f8",
        Token.TITLE: "bold #9fb4d6",
        Token.KEY: "bold #d9b876",
        Token.LINK: "#7fb2ff",
        Token.NUMBER: "#a9b9d1",
        Token.TIME: "#92a0b5",
        Token.ACTIVE: "#7ccf9b",
        Token.INACTIVE: "#808b9f",
        Token.MULTI: "#5cc7c2",
        Token.ADDED: "bold #8fdd86",
        Token.REMOVED: "bold #e0a070",
        Token.CALLED: "bold #f0d999",
        Token.AUTO: "#b49cf2",
        Token.QUEUED: "#74b6e8",
        Token.CHECK: "#8e9db3",
        Token.CANCELED: "#e58fb8",
        Token.ERROR: "bold #ff7373",
        Token.CONNECTED: "#7ccf9b",
        Token.DISCONNECTED: "#808b9f",
        Token.LIVE: "bold #0f1a13 on #7ccf9b",
        Token.PAUSED: "bold #1c170c on #d9b876",
        Token.MATCH: "bold underline #f4dba0 on #40371f",
        Token.NAMED: "bold underline #eef2f8",
        Token.WARNING: "#e3c177",
        Token.ARG_NAME: "#8fa6c4",
        Token.ARG_VALUE: "#d5be91",
    },
)

LIGHT_PALETTE = Palette(
    name=LIGHT,
    background="#fbfaf7",
    row="#efece4",
    row_focused="#dbe6f8",
    frame="#d3cfc5",
    frame_focused="#3f74c9",
    title="#66635c",
    title_focused="bold #1c3a6b",
    bar="#a9a598",
    bar_focused="#2f66c2",
    tokens={
        Token.TEXT: "#33363d",
        Token.DIM: "#6c6962",
        Token.STRONG: "bold #101216",
        Token.TITLE: "bold #35588f",
        Token.KEY: "bold #8a5d00",
        Token.LINK: "#1f5fbf",
        Token.NUMBER: "#4b5870",
        Token.TIME: "#5f636b",
        Token.ACTIVE: "#176c3a",
        Token.INACTIVE: "#6c6962",
        Token.MULTI: "#0a6e6c",
        Token.ADDED: "bold #1a7027",
        Token.REMOVED: "bold #9a4b0c",
        Token.CALLED: "bold #7a5400",
        Token.AUTO: "#6b45c4",
        Token.QUEUED: "#17689c",
        Token.CHECK: "#596371",
        Token.CANCELED: "#b0307a",
        Token.ERROR: "bold #c41a1a",
        Token.CONNECTED: "#176c3a",
        Token.DISCONNECTED: "#6c6962",
        Token.LIVE: "bold #ffffff on #1a7a42",
        Token.PAUSED: "bold #ffffff on #9a6a00",
        Token.MATCH: "bold underline #5c4100 on #f6e6b4",
        Token.NAMED: "bold underline #101216",
        Token.WARNING: "#8a5d00",
        Token.ARG_NAME: "#46628a",
        Token.ARG_VALUE: "#7a5a1c",
    },
)

_MONO = {
    Token.TEXT: "none",
    Token.DIM: "dim",
    Token.STRONG: "bold",
    Token.TITLE: "bold",
    Token.KEY: "bold",
    Token.LINK: "underline",
    Token.INACTIVE: "dim",
    Token.ADDED: "bold",
    Token.REMOVED: "bold",
    Token.CALLED: "bold",
    Token.CANCELED: "bold",
    Token.ERROR: "bold",
    Token.DISCONNECTED: "dim",
    Token.LIVE: "bold reverse",
    Token.PAUSED: "reverse",
    Token.MATCH: "reverse",
    Token.NAMED: "bold underline",
}

MONO_PALETTE = Palette(
    name="mono",
    background="",
    row="",
    row_focused="bold",
    frame="dim",
    frame_focused="bold",
    title="none",
    title_focused="bold reverse",
    bar="dim",
    bar_focused="bold",
    tokens=_MONO,
    colour=False,
)

PALETTES = {DARK: DARK_PALETTE, LIGHT: LIGHT_PALETTE}


def palette_for(name: str, no_color: bool) -> Palette:
    """The palette of a theme; without colour there is one for both."""
    return MONO_PALETTE if no_color else PALETTES[name]


def textual_theme(name: str) -> Theme:
    """The same colours for Textual's own widgets (palette, inputs, help)."""
    palette = PALETTES[name]
    return Theme(
        name=f"am-dbg-{name}",
        dark=name == DARK,
        primary=palette.frame_focused,
        secondary=_colour(palette, Token.TITLE),
        accent=_colour(palette, Token.KEY),
        foreground=_colour(palette, Token.TEXT),
        background=palette.background,
        surface=palette.background,
        panel=palette.row,
        boost=palette.row,
        success=_colour(palette, Token.ACTIVE),
        warning=_colour(palette, Token.WARNING),
        error=_colour(palette, Token.ERROR),
        variables={
            "block-cursor-background": palette.row_focused,
            "block-cursor-foreground": _colour(palette, Token.STRONG),
            "block-cursor-text-style": "bold",
            "input-selection-background": palette.row_focused,
            "scrollbar": palette.frame,
            "scrollbar-background": palette.background,
        },
    )


def _colour(palette: Palette, token: Token) -> str:
    return palette.tokens[token].split(" on ")[0].split()[-1]
