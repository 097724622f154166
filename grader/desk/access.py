"""Who may use the desk, and what every answer carries.

A page of another site must reach nothing here, whatever a browser sends along; a name that an
attacker's DNS points at this machine must not either.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from .room import Desk

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: a browser would then send forms without the origin that is checked here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN: Final = frozenset({"static", "entering.login", "entering.enter"})
"""What a browser reaches that has not been let in."""

SESSION_S: Final = 7 * 24 * 3600
_TRIES: Final = 5
_WAIT_S: Final = 30.0


@dataclass(slots=True)
class Tries:
    """Failed logins, by name: after a few of them nobody gets in by that name for a while."""

    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def blocked(self, name: str) -> bool:
        """Whether `name` has to wait."""
        with self._lock:
            count, last = self._failed.get(name, (0, 0.0))
            return count >= _TRIES and time.monotonic() - last < _WAIT_S

    def note(self, name: str, right: bool) -> None:
        """Remember how a try ended."""
        with self._lock:
            if right:
                self._failed.pop(name, None)
                return
            if len(self._failed) > 1000:  # names that were made up
                self._failed.clear()
            self._failed[name] = self._failed.get(name, (0, 0.0))[0] + 1, time.monotonic()


def tries() -> Tries:
    """Those of this server."""
    found: Tries = current_app.extensions["tries"]
    return found


def install(app: Flask, desk: Desk) -> None:
    """Guard every request of `app`."""
    app.extensions["tries"] = Tries()
    options = desk.options
    hosts = {urlsplit(origin).netloc for origin in options.origins}

    @app.before_request
    def guard() -> AnyResponse | None:
        # By the name in the request, not by the address it came to: DNS may lie.
        if request.host not in hosts:
            abort(403)
        if request.method not in SAFE and request.headers.get("Origin") not in options.origins:
            abort(403)
        # A page of another site must not even have our pages loaded.
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not (
            request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        ):
            abort(403)
        token = request.args.get("token")
        if token is not None and options.token:
            if not hmac.compare_digest(token.encode(), options.token.encode()):
                abort(403)
            admit(options.author, "")
            # Without the token, which would stay in the browser's history.
            return redirect(url_for("pages.queue"), 303)
        g.marker = marker(desk)
        if g.marker is None and request.endpoint not in OPEN:
            if not options.token and not request.path.startswith("/api/"):
                return redirect(url_for("entering.login"), 303)
            abort(401)
        return None

    @app.after_request
    def carry(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "no-cache"
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def configure(app: Flask, desk: Desk) -> None:
    """The cookie: only over this connection, never readable by a script, never sent along."""
    port = urlsplit(desk.options.origins[0]).port or 0
    app.config.update(
        SECRET_KEY=desk.keeping.cookie_key,
        # Ports of one machine share their cookies.
        SESSION_COOKIE_NAME=f"desk-{port}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=desk.options.secure,
        PERMANENT_SESSION_LIFETIME=SESSION_S,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
    )


def admit(name: str, password_hash: str) -> None:
    """Let this browser in as `name`."""
    kept = {key: session[key] for key in ("lang", "blind") if key in session}
    session.clear()
    session.update(kept, marker=name, proof=_proof(password_hash))
    session.permanent = True


def marker(desk: Desk) -> str | None:
    """Who sits at this browser; None for nobody."""
    name: Any = session.get("marker")
    if not isinstance(name, str):
        return None
    if desk.options.token:
        # A cookie of a login counts nothing here, and the other way round.
        held = "" if name == desk.options.author else None
    else:
        held = desk.keeping.passwords.get(name)
    # A new password ends the sessions of the old one.
    right = held is not None and hmac.compare_digest(session.get("proof", ""), _proof(held))
    return name if right else None


def _proof(password_hash: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, password_hash.encode(), hashlib.sha256).hexdigest()
