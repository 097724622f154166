"""Writes the pages of marked hand-ins again, behind the marker's back.

A saved mark is a commit to the file of marks; the pages are made from it, so they can wait. What
a kill leaves stale is found at the next start by the times of the files.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from grader.core.errors import GraderError
from grader.feedback import STAFF_PAGE
from grader.marking.course import Course

log = logging.getLogger(__name__)

_PAUSE_S: Final = 3.0
"""For so long nobody has marked anything: pages must not slow a marker down."""


class Refresher:
    """A thread that makes pages; :meth:`wait` returns when none is left to make."""

    def __init__(self, out: Path, lang: str, pause_s: float = _PAUSE_S) -> None:
        self._out = out
        self._lang = lang
        self._pause_s = pause_s
        self._wanted: set[str] = set()
        self._busy = True  # until it knows what is stale
        self._ended = False
        self._hurry = False  # somebody waits for the pages
        self._last = 0.0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="pages", daemon=True)
        self._thread.start()

    def want(self, hand_ins: set[str]) -> None:
        """Have the pages of these hand-ins made."""
        with self._changed:
            self._wanted |= hand_ins
            self._last = time.monotonic()
            self._changed.notify_all()

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Whether all wanted pages were made in that time."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._wanted and not self._busy, timeout_s)
            self._hurry = False
            return done

    def close(self) -> None:
        """Make what is left, then end."""
        with self._changed:
            self._ended = self._hurry = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        # The connection belongs to this thread.
        with Course(self._out) as course:
            found = stale(course)
            with self._changed:
                self._wanted |= found
                self._busy = False
                self._changed.notify_all()
            revision = course.store.revision()
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._wanted or self._ended)
                    if not self._wanted:
                        return
                    while (
                        not self._hurry
                        and (left := self._last + self._pause_s - time.monotonic()) > 0
                    ):
                        self._changed.wait(left)
                    hand_in = self._wanted.pop()
                    self._busy = True
                try:
                    if course.store.revision() != revision:
                        course.reopen()
                        revision = course.store.revision()
                    course.refresh([hand_in], self._lang)
                except GraderError as error:
                    log.warning("%s: %s", hand_in, error)
                finally:
                    with self._changed:
                        self._busy = False
                        self._changed.notify_all()


def stale(course: Course) -> set[str]:
    """The hand-ins that were marked, or published, after their pages were written."""
    last = {event.hand_in: event.at for event in course.marks.marks()}
    published = course.marks.last_published_at() or ""
    found = set()
    for entry in course.snapshot.entries:
        at = max(last.get(entry.id, ""), published)
        try:
            # The last one that is written: a kill may come between two of them.
            written = (course.out / entry.id / STAFF_PAGE).stat().st_mtime
        except OSError:
            continue  # no page is there to be stale
        if at and written < datetime.fromisoformat(at).timestamp():
            found.add(entry.id)
    return found
