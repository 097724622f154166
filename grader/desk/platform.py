"""Publishing from the page: the files for the platform, and where they lie."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, abort, g, jsonify, request, send_file
from werkzeug.wrappers import Response

from grader.export.formats import FORMATS
from grader.export.report import ACTIONS, Action, ExportReport
from grader.feedback.clean import clean_line
from grader.marking import platform_files
from grader.marking.course import Course
from grader.marking.platform_files import Choice
from kit.text import Text

from .room import Desk, current_desk

routes = Blueprint("platform", __name__)

_DONE: Final = frozenset({Action.WRITTEN, Action.SAME})


@dataclass(frozen=True, slots=True)
class FormatView:
    """A format of which a file can be made; `kept` is the template that lies there."""

    id: str
    about: Text
    takes: bool  # a file that the platform exported
    kept: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be made when the marks are published, and what was chosen."""

    choice: Choice
    marks: tuple[FormatView, ...]
    pages: tuple[FormatView, ...]


@dataclass(frozen=True, slots=True)
class MadeView:
    """A file that was made last; `link` is empty for a folder."""

    path: str
    counts: Text
    link: bool
    lines: tuple[tuple[str, Text], ...]  # who is not in it, and why
    notices: tuple[Text, ...]


def offer(desk: Desk, course: Course) -> Offer:
    """For the page."""
    out = desk.options.out
    return Offer(
        platform_files.chosen(out, course.snapshot.layout),
        tuple(_format(out, name) for name in platform_files.MARKS),
        tuple(_format(out, name) for name in platform_files.PAGES),
    )


def _format(out: Path, name: str) -> FormatView:
    kept = platform_files.template(out, name)
    return FormatView(
        name, FORMATS[name].about, FORMATS[name].template, "" if kept is None else kept.name
    )


def made(desk: Desk) -> list[MadeView]:
    """What the last publication at this desk made."""
    return [_made(report) for report in desk.made]


def _made(report: ExportReport) -> MadeView:
    count = Counter(line.action for line in report.lines)
    both = [(ACTIONS[action], count[action]) for action in Action if count[action]]
    left = [line for line in report.lines if line.action not in _DONE]
    return MadeView(
        path=clean_line(str(report.out.resolve())),
        counts=Text(
            "；".join(f"{text.zh} {n}" for text, n in both),
            "; ".join(f"{text.en} {n}" for text, n in both),
        ),
        # The file names students, which whoever marks without names must not see.
        link=report.out.is_file() and not g.blind,
        lines=() if g.blind else tuple((line.who, line.why) for line in left),
        notices=report.notices,
    )


@routes.post("/api/template/<format>")
def keep(format: str) -> Response:
    """Keep a file that the platform exported, to be filled."""
    # Of this type alone: no form of another site can send it without asking first.
    if request.mimetype != "application/octet-stream":
        abort(415)
    _takes_a_template(format)
    request.max_content_length = platform_files.MAX_TEMPLATE
    name = request.args.get("name", "")
    platform_files.keep_template(current_desk().options.out, format, name, request.get_data())
    return jsonify(done=True)


@routes.post("/api/template/<format>/remove")
def remove(format: str) -> Response:
    """Forget a file that was kept: a wrong one would be filled again and again."""
    if request.mimetype != "application/json":
        abort(415)
    _takes_a_template(format)
    platform_files.remove_template(current_desk().options.out, format)
    return jsonify(done=True)


def _takes_a_template(format: str) -> None:
    if format not in FORMATS or not FORMATS[format].template:
        abort(404)


@routes.get("/made/<int:number>")
def download(number: int) -> Response:
    """A file that the last publication at this desk made."""
    desk = current_desk()
    if g.blind or number >= len(desk.made) or not desk.made[number].out.is_file():
        abort(404)
    path = desk.made[number].out
    return send_file(path.resolve(), as_attachment=True, download_name=path.name)
