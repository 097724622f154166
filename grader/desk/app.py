"""The web application of a desk: its routes, templates and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import jinja2
from flask import Flask, g, jsonify, render_template, request, session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from grader.core.errors import GraderError
from grader.feedback.clean import clean_line
from grader.feedback.html import formulas
from grader.scoring.points import decimal2, show_points
from kit.text import Text

from . import access, api, entering, pages, platform, words
from .room import Desk

HERE: Final = Path(__file__).parent


def create(desk: Desk) -> Flask:
    """The application; it serves this package's own files and what pages need, nothing else."""
    app = Flask(
        "grader.desk",
        static_folder=str(HERE / "static"),
        template_folder=str(HERE / "templates"),
    )
    app.extensions["desk"] = desk
    access.configure(app, desk)
    app.jinja_options = {
        "undefined": jinja2.StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        # Flask chooses by the name of a template; here everything is escaped.
        "autoescape": True,
    }
    app.jinja_env.filters.update(
        t=_pick, formulas=formulas, clean=clean_line, points=show_points, decimal=decimal2
    )
    app.jinja_env.globals["w"] = words

    @app.before_request
    def language() -> None:
        g.marker = None
        g.lang = session.get("lang") if session.get("lang") in Text._fields else desk.options.lang
        g.blind = desk.options.blind or bool(session.get("blind"))

    access.install(app, desk)

    @app.context_processor
    def shared() -> dict[str, Any]:
        return {
            "lang": g.lang,
            "blind": g.blind,
            "marker": g.marker,
            "always_blind": desk.options.blind,
            "logs_in": not desk.options.token,
        }

    for part in (entering, pages, api, platform):
        app.register_blueprint(part.routes)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(GraderError, _grader_error)
    return app


def _pick(text: Text) -> str:
    picked: str = text.pick(g.lang)
    return picked


def _http_error(error: HTTPException) -> Response | tuple[Any, int]:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    said = {401: words.CLOSED, 404: words.NOT_FOUND, 405: words.NOT_FOUND}.get(
        code, words.FORBIDDEN
    )
    return _said(said, code)


def _grader_error(error: GraderError) -> tuple[Any, int]:
    return _said(error.text, 422)


def _said(text: Text, code: int) -> tuple[Any, int]:
    # An error may come before the language is known.
    lang = getattr(g, "lang", "zh")
    if request.path.startswith("/api/"):
        return jsonify(error=text.pick(lang)), code
    if not hasattr(g, "blind"):
        g.lang, g.blind, g.marker = lang, False, None
    return render_template("error.html.j2", text=text), code
