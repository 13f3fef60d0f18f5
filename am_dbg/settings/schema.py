"""The schema of the settings: types, bounds, defaults and words; nothing needs to be given.

Error messages, ``am-dbg settings`` and the table in ``docs/settings.md`` are made from it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from telemetry.messages import DEFAULT_ADDR

ThemeName = Literal["dark", "light"]
NAMES = ("dark", "light")
"""Of themes."""
PaneName = Literal[
    "machines", "states", "history", "log", "details", "activity", "rain", "matrix", "diagram"
]


def _says(text: str) -> Meta:
    return Meta(description=text)


class Keep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of live sessions; the oldest recordings make room for a new one."""

    recordings: Annotated[
        Annotated[int, Meta(ge=1)], _says("how many recordings are kept, the new one included")
    ] = 20
    gigabytes: Annotated[
        Annotated[float, Meta(gt=0)], _says("how large they may be together, in GiB")
    ] = 2.0


class View(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is seen at the start, and how."""

    focus: Annotated[PaneName, _says("the pane that has the keys at first")] = "machines"
    front: Annotated[PaneName, _says("the pane seen at first of those that share a place")] = (
        "history"
    )
    hidden: Annotated[list[PaneName], _says("panes hidden until their key is pressed")] = []
    maximised: Annotated[bool, _says("the focused pane takes the whole screen")] = False
    timeline: Annotated[bool, _says("the timeline below the panes")] = True
    log_times: Annotated[bool, _says("times in the log")] = False
    log_wrap: Annotated[bool, _says("long lines of the log are broken, not cut")] = False
    follow: Annotated[bool, _says("a live session follows the newest transition")] = True
    select_connected: Annotated[
        bool, _says("while following, a machine that is the only one connected is selected")
    ] = False
    time_zone: Annotated[
        str, _says("of all times shown: `local`, `UTC`, or a name such as `Europe/Berlin`")
    ] = "local"


class Filter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shown of transitions and machines as long as no filter was ever changed inside."""

    canceled: Annotated[bool, _says("canceled transitions are shown")] = True
    queued: Annotated[
        Literal["waiting", "all", "none"],
        _says("records of mutations being queued: those not executed, all, none"),
    ] = "waiting"
    auto: Annotated[
        Literal["accepted", "all", "none"], _says("automatic transitions: accepted ones, all, none")
    ] = "accepted"
    empty: Annotated[bool, _says("accepted transitions without change are shown")] = True
    health: Annotated[bool, _says("calls of only Healthcheck or Heartbeat are shown")] = False
    checks: Annotated[bool, _says("checks are shown")] = False
    group: Annotated[bool, _says("what is outside the selected group is hidden")] = True
    log_level: Annotated[
        Annotated[int, Meta(ge=0, le=5)], _says("most detailed level of the log that is shown")
    ] = 3
    disconnected: Annotated[bool, _says("machines that aren't connected are listed")] = True


ArrangementName = Literal["wide", "medium", "narrow", "small"]
SizeName = Literal[
    "machines", "states", "shared", "machines_height", "states_height", "history_height"
]


Sizes = dict[SizeName, Annotated[int, Meta(ge=5, le=90)]]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings."""

    theme: Annotated[ThemeName, _says("colours; `NO_COLOR` wins")] = "dark"
    listen: Annotated[str, _says("where machines connect: HOST:PORT or unix:PATH")] = DEFAULT_ADDR
    recording_dir: Annotated[
        str, _says("where live sessions are recorded; empty: the user's state folder")
    ] = ""
    mouse: Annotated[bool, _says("the mouse works in the debugger, not in the terminal")] = True
    confirm: Annotated[bool, _says("ask before something is lost, such as a live session")] = True
    max_mem: Annotated[
        Annotated[int, Meta(ge=0)],
        _says("memory of a live session, in MB, above which its oldest part is only in the file"),
    ] = 1000
    keep: Annotated[Keep, _says("what is kept of live sessions")] = Keep()
    view: Annotated[View, _says("what is seen at the start, and how")] = View()
    filter: Annotated[Filter, _says("what is shown as long as no filter was changed")] = Filter()
    sizes: Annotated[
        dict[ArrangementName, Sizes],
        _says("sizes of panes, by arrangement, in percent of the width or height of all"),
    ] = {}
    given: tuple[str, ...] = ()
    """Names that the command line gave with ``--set``: they go over what is remembered, too."""
    keys: Annotated[
        dict[str, list[str]], _says("keys of actions, instead of those in the key table (`?`)")
    ] = {}

    def insists_on(self, *names: str) -> bool:
        """Whether the command line gave one of these settings, or one of such a table."""
        return any(f"{given}.".startswith(f"{name}.") for given in self.given for name in names)


INTERNAL = ("given",)
"""Fields that are no settings."""
