"""``am-dbg settings``: the settings that hold, as a file that could be kept."""

from __future__ import annotations

import click

from am_dbg.settings import as_file, load_settings, settings_path


@click.command("settings")
@click.option("--path", "only_path", is_flag=True, help="Print only where the file is looked for.")
def command(only_path: bool) -> None:
    """Show every setting: what it is for, what it may be, what it is.

    The output is a settings file; what is as it would be anyway is commented out. To begin one of
    your own: am-dbg settings > "$(am-dbg settings --path)"
    """
    path = settings_path()
    if only_path:
        click.echo(str(path))
        return
    click.echo(as_file(load_settings(), f"{path}{'' if path.exists() else ' (not there yet)'}"))
