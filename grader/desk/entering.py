"""How a browser gets in and out, and what it chooses for its session."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from kit.text import Text

from . import access, words
from .room import current_desk

routes = Blueprint("entering", __name__)

_ADDRESS: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f-\xa0]*")
"""Of a page of ours: two slashes lead to another host, and browsers take a backslash for one and
leave out control characters between them."""


@routes.get("/login")
def login() -> str | Response:
    """Where a marker says who it is."""
    desk = current_desk()
    if desk.options.token:
        abort(401)
    return render_template("login.html.j2", problem=None)


@routes.post("/login")
def enter() -> tuple[str, int] | Response:
    """Let a marker in by a password."""
    desk = current_desk()
    tries = access.tries()
    if desk.options.token:
        abort(401)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if tries.blocked(name):
        return render_template("login.html.j2", problem=words.WAIT), 429
    right = desk.keeping.right(name, password)
    tries.note(name, right)
    if not right:
        return render_template("login.html.j2", problem=words.WRONG), 403
    access.admit(name, desk.keeping.passwords[name])
    return redirect(url_for("pages.queue"), 303)


@routes.post("/logout")
def leave() -> Response:
    """End a marker's session."""
    desk = current_desk()
    session.clear()
    return redirect(url_for("entering.login" if not desk.options.token else "pages.queue"), 303)


@routes.post("/choose")
def choose() -> Response:
    """Another language, or names hidden or shown."""
    desk = current_desk()
    if request.form.get("lang") in Text._fields:
        session["lang"] = request.form["lang"]
    if "blind" in request.form and not desk.options.blind:
        session["blind"] = request.form["blind"] == "1"
    back = request.form.get("back", "/")
    return redirect(back if _ADDRESS.fullmatch(back) else "/", 303)
