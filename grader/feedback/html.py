"""``feedback.html`` for the student and ``staff.html``: one self-contained file each.

No script and no request: the content policy in the page allows its own style sheet, by hash,
and nothing more. Both languages are in the page; radio buttons choose which is shown.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from grader.core.model import GradeReport

from . import view, words
from .clean import clean_line

TEMPLATES: Final = Path(__file__).parent / "templates"

_FORMULA: Final = re.compile(r"[A-Za-z0-9/'^]{0,12}_\{[^{}&<>\s]{1,16}\}")
"""A symbol with an index, such as h_{t-1}, at whose hyphen a browser would break the line."""


def render(
    report: GradeReport, *, staff: bool, lang: str = "zh", people: Sequence[str] = ()
) -> str:
    """The page as text; `lang` is what is shown first: zh, en or both.

    `people` are those who handed it in, where it is one of a class: staff read their names.
    """
    # Read once for a whole class, whose pages differ only in the view.
    page, style, policy = _page()
    return page.render(
        v=view.build(report, staff=staff),
        w=words,
        lang=lang,
        style=style,
        policy=policy,
        people=[clean_line(name) for name in people] if staff else [],
    )


def formulas(text: str) -> Markup:
    """`text` escaped, with each indexed symbol of a formula kept on one line."""
    # Escaped first: the pattern then finds only text, and no other tags are let through.
    return Markup(_FORMULA.sub(r'<span class="formula">\g<0></span>', str(escape(text))))


def template(name: str, folder: Path = TEMPLATES) -> jinja2.Template:
    """A page's template; every value is escaped, and an undefined one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder, encoding="utf-8"),
        autoescape=True,
        # A misspelt field must fail a test, and not leave a gap on a student's page.
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["formulas"] = formulas
    return environment.get_template(name)


def source_hash(text: str) -> str:
    """The source expression by which a content policy allows an inline style sheet or script."""
    # Of the exact text between the tags: a browser ignores a style that differs in one blank.
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _page() -> tuple[jinja2.Template, Any, str]:
    """The template, its style sheet and the content policy that allows no more than that."""
    style = (TEMPLATES / "style.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return template("page.html.j2"), Markup(style), policy
