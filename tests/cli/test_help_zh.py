"""The command line's help in Chinese."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from grader.cli import help_zh, main

CHINESE = re.compile("[一-鿿]")


def commands_of(group: click.Group, path: str = "") -> dict[str, click.Command]:
    """All commands below `group`, by what is typed."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[path + name] = command
        if isinstance(command, click.Group):
            found |= commands_of(command, f"{path}{name} ")
    return found


ALL = commands_of(main)


def test_every_command_and_option_has_its_chinese() -> None:
    options = {"--version", "--help"}
    for command in ALL.values():
        named = (p for p in command.params if isinstance(p, click.Option))
        options |= {max(option.opts, key=len) for option in named}

    assert set(help_zh.COMMANDS) == {"main", *ALL}
    assert set(help_zh.OPTIONS) == options


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (command, asked)
        for command in ("", *ALL)
        for asked in ("--lang=zh", "--lang zh", "environment")
        # A group of commands has no language of its own: each of its commands has.
        if asked == "environment" or not isinstance(ALL.get(command), click.Group)
    ],
)
def test_help_is_chinese_where_it_is_asked_for(
    command: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_LANG", "zh" if asked == "environment" else "en")
    words = [*command.split(), "--help", *([] if asked == "environment" else asked.split())]

    said = CliRunner().invoke(main, words).output

    if command or asked == "environment":
        assert "显示这段说明并退出。" in said
        assert CHINESE.search(said.splitlines()[2])
    if not command and asked == "environment":
        assert "评一份作业" in said


def test_help_is_english_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_LANG", "en")
    for command in ("", *ALL):
        said = CliRunner().invoke(main, [*command.split(), "--help"]).output
        assert "Show this message and exit." in said
        assert not CHINESE.search(said)
