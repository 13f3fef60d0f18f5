"""``am-dbg settings``: the settings that hold, as a file that could be kept."""

from __future__ import annotations

import click

from am_dbg.settings import as_file, as_toml, load_settings, settings_path


@click.command("settings")
@click.option("--path", "only_path", is_flag=True, help="Print only where the file is looked for.")
@click.option("--keys", is_flag=True, help="Print all actions with the keys they have.")
def command(only_path: bool, keys: bool) -> None:
    """Show every setting: what it is for, what it may be, what it is.

    The output is a settings file; what is as it would be anyway is commented out. To begin one of
    your own: am-dbg settings > "$(am-dbg settings --path)"
    """
    path = settings_path()
    if only_path:
        click.echo(str(path))
        return
    if keys:
        click.echo(key_table())
        return
    click.echo(as_file(load_settings(), f"{path}{'' if path.exists() else ' (not there yet)'}"))


def key_table() -> str:
    """All actions with their keys, as the settings have them. Raises UserError for wrong ones."""
    from am_dbg.ui.keybook import Keymap
    from am_dbg.ui.keymap import SECTIONS

    keymap = Keymap(load_settings().keys, str(settings_path()))
    lines = ["[keys]"]
    for section in SECTIONS:
        lines += ["", f"# {section}"]
        for action in keymap.actions:
            if action.section == section:
                where = f" ({', '.join(action.scope)})" if action.scope else ""
                lines.append(
                    f"{action.name} = {as_toml(list(action.keys))}  # {action.words}{where}"
                )
    return "\n".join(lines)
