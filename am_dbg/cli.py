"""The ``am-dbg`` command: finds the subcommand and loads only that one.

Without a subcommand it is ``view``: listening live without files, replaying with them.
"""

from __future__ import annotations

import sys
from importlib import import_module, metadata

import click
from click_default_group import DefaultGroup

from am_dbg.errors import UserError

COMMANDS = {
    "view": "am_dbg.commands.view",
    "record": "am_dbg.commands.record",
    "info": "am_dbg.commands.info",
    "log": "am_dbg.commands.log",
    "import": "am_dbg.commands.import_",
    "export": "am_dbg.commands.export",
    "demo": "am_dbg.commands.demo",
    "settings": "am_dbg.commands.settings",
}
"""Name of each command -> the module whose ``command`` it is."""

DEFAULT = "view"


class LazyGroup(DefaultGroup):
    """Imports a command's module when it is needed, so that ``info`` never loads the TUI."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which ``--help`` shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; anything else is the first argument of the default one."""
        name = cmd_name if cmd_name in COMMANDS else DEFAULT
        self.add_command(import_module(COMMANDS[name]).command, name)
        found: click.Command | None = super().get_command(ctx, cmd_name)
        return found


@click.group(
    cls=LazyGroup,
    default=DEFAULT,
    default_if_no_args=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(metadata.version("am-dbg"), prog_name="am-dbg")
def cli() -> None:
    """See your state machines live, travel through their history, replay recorded sessions.

    am-dbg alone listens on localhost:6831 and shows what connects; am-dbg FILE replays a recording.
    Options of both: am-dbg view --help.
    """


def main() -> None:
    """Entry point of the script. Exit status: 0 fine, 1 wrong input, 2 wrong usage."""
    try:
        cli(prog_name="am-dbg")
    except UserError as error:
        click.echo(f"am-dbg: {error}", err=True)
        sys.exit(1)
