"""What the documents name exists: paths, links, make targets, commands and their options."""

from __future__ import annotations

import dataclasses
import re
import runpy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

from grader import ROOT
from grader.cli import main
from grader.core.settings import Settings

DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "starter")
    for path in folder.glob("*.md")
)  # fmt: skip
HISTORY = ROOT / "CHANGELOG.md"  # it names files that earlier versions had

TOPS = ("grader", "starter", "solutions", "presets", "tests", "bench", "docs", ".ci")
MADE = {"expected.npz", "points.json"}
TUTORIAL = "gru_cell"  # the part that docs/tutorial-part.md makes; a test of its own follows it


def code(path: Path) -> Iterator[str]:
    """The inline code and the lines of the code blocks of a document."""
    text = path.read_text("utf-8")
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.M | re.S)
    for block in blocks:
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S))


def words(path: Path) -> Iterator[str]:
    """The words of the code of a document, without the brackets of optional ones."""
    for line in code(path):
        yield from re.split(r"[\s\[\]|=,;:()：，。、（）]+", line.partition("  #")[0])


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    """Each document of the project in turn."""
    return request.param


def test_every_path_in_code_exists(document: Path) -> None:
    if document == HISTORY:
        pytest.skip("a history names what is gone")
    missing = []
    for word in words(document):
        if word.split("/")[0] in TOPS and "/" in word and TUTORIAL not in word:
            pattern = re.sub(r"<\w+>|\{[^}]*\}|\bNAME\b", "*", word.rstrip("/.").partition("::")[0])
            if not any(list(base.glob(pattern)) for base in (ROOT, document.parent)):
                missing.append(word)
    assert missing == []


def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8"))
    assert [n for n in links if "://" not in n and not (document.parent / n).exists()] == []


def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = {m for line in code(document) for m in re.findall(r"^make ([a-z-]+)", line.strip())}
    assert named <= targets


def test_every_command_and_option_of_the_grader_exists(document: Path) -> None:
    wrong = []
    for line in code(document):
        found = re.match(r"(?:\S*/)?grader ([a-z]+)\b(.*)", line.strip())
        if not found:
            continue
        command = main.commands.get(found[1])
        words = found[2].split()
        if isinstance(command, click.Group):  # `grader marks export`
            command = command.commands.get(words[0]) if words else None
        known = {o for p in command.params for o in p.opts} if command else set()
        options = set(re.findall(r"--[a-z][\w-]*", found[2].partition("  #")[0])) - {"--help"}
        if command is None or options - known:
            wrong.append(line)
    assert wrong == []


def test_every_option_is_one_of_the_program_that_is_named_with_it(document: Path) -> None:
    """`python numpy_rnn.py --lr 0.3`: the option stands in the text of that program."""
    wrong = []
    for line in code(document):
        for name, rest in re.findall(r"python (?:-m )?(\S+)((?: \S+)*)", line.partition("  #")[0]):
            file = name if name.endswith(".py") else name.replace(".", "/") + ".py"
            homes = [home / file for home in (ROOT, ROOT / "starter") if (home / file).exists()]
            if not homes:
                wrong.append(line)
                continue
            text = homes[0].read_text("utf-8")
            wrong += [line for option in re.findall(r"--\w+", rest) if option not in text]
    assert wrong == []


def test_every_table_is_whole(document: Path) -> None:
    """A row belongs to the table above it: a blank line would end the table."""
    lines = document.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        starts = line.startswith("|") and not (number and lines[number - 1].startswith("|"))
        if starts:
            assert re.fullmatch(r"\|[\s|:-]+\|", lines[number + 1]), f"line {number + 1}: {line}"
            columns = lines[number + 1].count("|")
            for row in lines[number:]:
                if not row.startswith("|"):
                    break
                cells = re.sub(r"`[^`]*`|\\\|", "", row).count("|")
                assert cells == columns, row


def test_the_settings_are_documented_as_they_are() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = [
        f"| `{s.name}` | {f'`{shown}`' if (shown := str(s.default)) else ''} "
        f"| {s.metadata['help'].en} | {s.metadata['help'].zh} |"
        for s in dataclasses.fields(Settings)
    ]
    assert [row for row in text.splitlines() if row.startswith("| `")] == rows


@pytest.mark.parametrize(
    ("heading", "files", "part"),
    [("Add a check", "CHECK", "theory"), ("Add a part", "PART", "scaling")],
)
def test_the_lists_are_those_by_which_a_test_adds(heading: str, files: str, part: str) -> None:
    added = runpy.run_path(str(ROOT / "tests" / "parts" / "test_adding.py"))[files]
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    listed = re.findall(r"`(\w+/[^`]+)`", section)
    paths = {path.replace(part, "<part>") for path in added}
    assert {path for path in paths if not any(fnmatchcase(path, n) for n in listed)} == set()


def test_the_history_says_whom_each_change_is_for_once() -> None:
    entries = re.findall(r"^\* (.*(?:\n  .*)*)", HISTORY.read_text("utf-8"), re.M)
    prefixes = ("grader: ", "rubric: ", "starter: ", "handout: ", "development: ")
    assert len(entries) > 30
    assert [entry for entry in entries if not entry.startswith(prefixes)] == []
    assert len({" ".join(entry.split()) for entry in entries}) == len(entries)
