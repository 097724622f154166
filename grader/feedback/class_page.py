"""``index.html``: what the class got wrong, on one self-contained page for the staff.

The page is complete without JavaScript; its one script, allowed by hash, sorts and filters the
table of students. Both languages are in the page; radio buttons choose which is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from grader.records.gradebook import Gradebook, StudentMark

from . import STAFF_PAGE, STUDENT_PAGE, class_view, class_words, staff_links
from .atomic import write_text
from .class_view import Pages
from .html import TEMPLATES, source_hash, template


def write_class_page(
    gradebook: Gradebook,
    path: Path,
    lang: str = "zh",
    links: Callable[[StudentMark], Pages] | None = None,
) -> None:
    """Write the page of the class, whole or not at all.

    `links` gives the pages of a student, as paths from `path`'s folder; by default those that
    exist in the student's folder there. The staff pages there lead to one another afterwards.
    """
    staff_links.connect(path.parent, [mark.submission_id for mark in gradebook.marks])
    write_text(path, render(gradebook, lang, links or pages_in(path.parent)))


def render(gradebook: Gradebook, lang: str, links: Callable[[StudentMark], Pages]) -> str:
    """The page as text; `lang` is what is shown first: zh, en or both."""
    template, style, script, policy = _page()
    return template.render(
        v=class_view.build(gradebook, links),
        w=class_words,
        lang=lang,
        style=style,
        script=script,
        policy=policy,
    )


def pages_in(folder: Path) -> Callable[[StudentMark], Pages]:
    """Links to the pages that exist in `folder`, so that no link is dead."""

    def pages(mark: StudentMark) -> Pages:
        def found(name: str) -> str:
            # With "/" on every system, because it becomes a link.
            place = f"{mark.submission_id}/{name}"
            return place if mark.submission_id and (folder / place).is_file() else ""

        return Pages(found(STUDENT_PAGE), found(STAFF_PAGE))

    return pages


@cache
def _page() -> tuple[jinja2.Template, Any, Any, str]:
    """The template, its style sheet and script, and the policy that allows no more than those."""
    style = "".join((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "class.css"))
    script = (TEMPLATES / "class.js").read_text("utf-8")
    # By hash, so that nothing that slips into the page can run or be loaded.
    policy = (
        f"default-src 'none'; style-src '{source_hash(style)}'; "
        f"script-src '{source_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return template("class.html.j2"), Markup(style), Markup(script), policy
