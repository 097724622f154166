"""Prepare what the first pages need while the browser opens: a class may be large, and the process
that reads reports takes a second to start."""

from __future__ import annotations

import logging
import threading

from grader.core.errors import GraderError

from . import listing
from .listing import Wanted
from .room import Desk

log = logging.getLogger(__name__)


def start(desk: Desk) -> threading.Thread:
    """Start the thread that does it. A request meanwhile waits only for what it needs itself."""
    thread = threading.Thread(target=_warm, args=(desk,), name="warming", daemon=True)
    thread.start()
    return thread


def _warm(desk: Desk) -> None:
    try:
        desk.pictures.start()
        course = desk.course()
        present = desk.present(course)
        listing.items(desk, course, present, desk.options.author, Wanted(), blind=False)
        desk.pictures.warm()
    except GraderError as error:  # the page that needs it says so
        log.info("not ready yet: %s", error)
