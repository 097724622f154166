"""The documentation site: it builds without a network, every link holds, nothing is fetched."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader import ROOT

PARTS = ("mkdocs.yml", "docs", "starter", "README.md", "README.zh.md", "SECURITY.md")
MORE = ("CONTRIBUTING.md", "CHANGELOG.md")

OFFLINE = """
import socket, sys

def refuse(*_):
    raise SystemExit("the site asked for the network")

socket.socket.connect = socket.getaddrinfo = refuse
from mkdocs.__main__ import cli
sys.exit(cli(sys.argv[1:]))
"""

needs_mkdocs = pytest.mark.skipif(
    find_spec("mkdocs") is None or find_spec("material") is None,
    reason="mkdocs-material is not installed: pip install -e .[docs]",
)


def build(project: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, "build", "--strict", "--site-dir", str(site)],
        cwd=project,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the checkout."""
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    return folder


@needs_mkdocs
@pytest.mark.slow
def test_every_document_is_a_page_and_nothing_is_fetched(site: Path) -> None:
    """`--strict` refuses a link that leads nowhere and a page that no menu names."""
    pages = {path.name: path.read_text("utf-8") for path in site.glob("*.html")}
    documents = {path.with_suffix(".html").name for path in (ROOT / "docs").glob("*.md")}
    outside = {"index.html", "index.zh.html", "student.html", "security.html", "changelog.html"}
    assert documents | outside <= set(pages)
    assert (site / "report.schema.json").read_bytes() == (
        ROOT / "docs" / "report.schema.json"
    ).read_bytes()
    for name, text in pages.items():
        tags = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", text)
        assert tags, name
        assert [tag for tag in tags if re.search(r"(?:src|href)=\W?(?:https?:)?//", tag)] == []
    sheets = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert sheets
    assert not any(re.search(r"url\(\W?(?:https?:)?//|@import", sheet) for sheet in sheets)


@needs_mkdocs
@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("docs/outcomes.md", "[no such page](nothing.md)"),
        ("docs/outcomes.md", "[no such heading](ta.md#nowhere)"),
        ("SECURITY.md", "[no page of the site](grader/core/model.py)"),
        ("docs/lonely.md", "in no menu"),
    ],
)
def test_a_link_that_leads_nowhere_fails(place: str, line: str, tmp_path: Path) -> None:
    for name in (*PARTS, *MORE):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    with (tmp_path / place).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    built = build(tmp_path, tmp_path / "site")

    assert built.returncode != 0
    assert "strict mode" in built.stderr + built.stdout


def test_the_reference_of_the_commands_is_not_stale() -> None:
    # In a process of its own: click keeps what `--help` is called by the first context that asks.
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli.commands_doc", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_page_of_the_report_names_its_keys() -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
    text = (ROOT / "docs" / "report.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == list(schema["properties"])


def test_the_first_page_is_one_screen() -> None:
    for name in ("README.md", "README.zh.md"):
        assert len((ROOT / name).read_text("utf-8").splitlines()) <= 65, name
