"""A hook of MkDocs: documents outside ``docs/`` are pages, and every link fits the site.

The documents link each other by their places in the checkout, so that the links work in an editor
and on a repository's page too. Here each link becomes one between pages of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

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

LINK = re.compile(r"(?<=\]\()([^)#\s]+)(#[^)\s]*)?(?=\))")
FENCE = re.compile(r"(^ *```.*?^ *```)", re.M | re.S)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents outside ``docs/``."""
    for place, page in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / place)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give every link the place that its target has in the site."""
    name = page.file.src_uri
    if name.startswith("index."):
        page.meta["hide"] = ["navigation", "toc"]  # its tables need the width
    home = posixpath.dirname(HOMES.get(name, f"docs/{name}"))

    def moved(found: re.Match[str]) -> str:
        if "://" in found[1] or found[1].startswith("mailto:"):
            return found[0]
        place = posixpath.normpath(posixpath.join(home, found[1]))
        target = OUTSIDE.get(place, place.removeprefix("docs/"))
        # Every page lies at the top of the site. What is no page of it fails `--strict`.
        return target + (found[2] or "")

    parts = FENCE.split(markdown)
    return "".join(p if n % 2 else LINK.sub(moved, p) for n, p in enumerate(parts))
