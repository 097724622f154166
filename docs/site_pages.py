"""A hook of MkDocs: documents outside ``docs/`` are pages, and every link fits the site.

The documents link each other by their places in the checkout, so that the links work in an editor
and on a repository's page too. Here each link becomes one between pages of the site.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

OUTSIDE = {
    "README.md": "index.md",
    "README.zh.md": "index.zh.md",
    "starter/README.md": "student.md",
    "starter/README.zh.md": "student.zh.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Place in the checkout -> page of the site."""

HOMES = {page: place for place, page in OUTSIDE.items()}

LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"(^ *```.*?^ *```)", re.M | re.S)
CHINESE = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
BREAK = re.compile(f"(?<=[{CHINESE}])\n(?=[{CHINESE}])")


ABOVE = {
    "student.md": "!!! note\n    This page is about the parts of every course. Students of one "
    "course get the folder that [`grader handout`](instructor.md) makes; its README covers "
    "only their parts and points.\n\n",
    "student.zh.md": '!!! note "说明"\n    本页包含所有课程的部分。一门课的学生拿到的是 '
    "[`grader handout`](instructor.zh.md) 生成的文件夹，其中的 README 只有他们的部分和分值。\n\n",
}
"""Page -> what the site says above it: a document outside ``docs/`` has other readers, too."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents outside ``docs/``."""
    for place, page in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / place)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give every link the place and the name that its target has in the site."""
    name = page.file.src_uri
    if name.startswith("index."):
        page.meta["hide"] = ["navigation", "toc"]  # its tables need the width
    home = posixpath.dirname(HOMES.get(name, f"docs/{name}"))
    titles = dict(_titles(config.nav or []))

    def moved(found: re.Match[str]) -> str:
        text, link, heading = found[1], found[2], found[3] or ""
        if "://" in link or link.startswith("mailto:"):
            return found[0]
        place = posixpath.normpath(posixpath.join(home, link))
        # Every page lies at the top of the site. What is no page of it fails `--strict`.
        target = OUTSIDE.get(place, place.removeprefix("docs/"))
        if text.endswith(".md"):
            text = titles.get(target, text)
        return f"[{text}]({target}{heading})"

    def prose(text: str) -> str:
        # A browser shows the end of a line as a blank, which Chinese does not have.
        return BREAK.sub("", LINK.sub(moved, text))

    parts = FENCE.split(markdown)
    text = "".join(part if n % 2 else prose(part) for n, part in enumerate(parts))
    if name not in ABOVE:
        return text
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{ABOVE[name]}{rest}"


def _titles(nav: list[Any]) -> Iterator[tuple[str, str]]:
    """Page -> what the menu calls it."""
    for entry in nav:
        for title, below in entry.items():
            if isinstance(below, str):
                yield below, title
            else:
                yield from _titles(below)
