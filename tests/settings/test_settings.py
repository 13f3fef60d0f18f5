"""The settings file: found, checked, explained; wrong ones are one line that helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from am_dbg.cli import cli
from am_dbg.errors import UserError
from am_dbg.settings import Settings, as_toml, load_settings, rows, settings_path
from am_dbg.settings.checking import Row
from am_dbg.ui.keybook import Keymap
from am_dbg.ui.keymap import BY_NAME

DOC = Path("docs/settings.md")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("AM_DBG_SETTINGS", str(path))
    return path


def test_without_a_file_everything_is_as_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AM_DBG_SETTINGS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_settings() == Settings()
    assert settings_path() == tmp_path / "am-dbg" / "settings.toml"


def test_a_file_gives_what_it_gives(file: Path) -> None:
    file.write_text(
        'theme = "light"\n[keep]\ngigabytes = 1\n[view]\nfocus = "log"\n[keys]\nnext = ["n"]\n'
    )
    settings = load_settings()
    assert (settings.theme, settings.listen) == ("light", Settings().listen)
    assert (settings.keep.gigabytes, settings.keep.recordings) == (1, 20)
    assert settings.view.focus == "log"
    assert settings.keys == {"next": ["n"]}


def test_the_command_line_goes_over_the_file(file: Path) -> None:
    file.write_text('theme = "light"\n[filter]\nlog_level = 2\nchecks = true\n')
    settings = load_settings(("filter.log_level=4", "theme=dark", "listen=unix:/run/x"))
    assert (settings.filter.log_level, settings.filter.checks) == (4, True)
    assert (settings.theme, settings.listen) == ("dark", "unix:/run/x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theem = "dark"', "no setting theem; did you mean theme?"),
        ("[filter]\nlog_levle = 3", "no setting filter.log_levle; did you mean log_level?"),
        ("[veiw]\nx = 1", "no setting veiw; did you mean view?"),
        ("xyzzy = 1", "no setting xyzzy; there are theme, listen"),
        ('theme = "drak"', "theme = 'drak' is not allowed; did you mean dark?; it is one of dark"),
        (
            "[filter]\nlog_level = 9",
            "filter.log_level = 9 is not allowed; it is a whole number",
        ),
        ('[view]\nhidden = ["lgo"]', "view.hidden = ['lgo'] is not allowed; did you mean log?"),
        ("mouse = 1", "mouse = 1 is not allowed; it is true or false"),
        ("keep = 3", "keep = 3 is not allowed; it is a table"),
        ("[keep]\nrecordings = 0", "it is a whole number, 1 or more"),
        ('[keys]\nnext = "n"', "it is a table, each value a list, each a text"),
        ("theme = ", "not TOML: Invalid value (at end of document)"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        load_settings()
    line = str(raised.value)
    assert line.startswith(f"{file}: ")
    assert said in line
    assert "\n" not in line


def test_a_wrong_override_is_named_as_such() -> None:
    with pytest.raises(UserError, match=r"--set view.follow=maybe: view.follow = 'maybe'"):
        load_settings(("view.follow=maybe",))
    with pytest.raises(UserError, match="write NAME=VALUE"):
        load_settings(("follow",))


def test_a_file_that_was_asked_for_must_be_there(file: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        load_settings()
    file.mkdir()
    with pytest.raises(UserError, match="can't be read"):
        load_settings()


def test_a_wrong_file_ends_the_command_with_one_line(file: Path) -> None:
    file.write_text('theme = "drak"')
    result = CliRunner().invoke(cli, ["view", "x.mcap"])
    assert isinstance(result.exception, UserError)
    assert "did you mean dark?" in str(result.exception)


def test_what_the_command_prints_is_a_file_of_the_same_settings(file: Path) -> None:
    text = 'listen = "unix:/a \\"b\\""\n[view]\nhidden = ["rain"]\n[keys]\nnext = ["n", "l"]\n'
    file.write_text(text)
    before = load_settings()
    printed = CliRunner().invoke(cli, ["settings"]).output
    file.write_text(printed)
    assert load_settings() == before
    file.write_text(re.sub(r"(?m)^# (\w+ = )", r"\1", printed))  # the comments are settings too
    assert load_settings() == before
    assert CliRunner().invoke(cli, ["settings", "--path"]).output == f"{file}\n"


def test_the_keys_that_the_command_prints_are_keys_as_they_are(file: Path) -> None:
    file.write_text('[keys]\nnext = ["f9"]\n')
    printed = CliRunner().invoke(cli, ["settings", "--keys"]).output
    assert 'next = ["f9"]  # next transition of the machine' in printed
    file.write_text(printed)
    keys = load_settings().keys
    assert set(keys) == set(BY_NAME)
    assert Keymap(keys).actions == Keymap({"next": ["f9"]}).actions


def test_the_document_has_every_setting_as_it_is() -> None:
    table = [row for row in DOC.read_text("utf-8").splitlines() if row.startswith("| `")]
    assert table == [documented(row) for row in rows()]


def documented(row: Row) -> str:
    """The line of the table; one that has changed can be copied from the test's output."""
    default = "none" if row.default == {} else f"`{as_toml(row.default)}`"
    return f"| `{row.name}` | {row.allowed} | {default} | {row.words} |"
