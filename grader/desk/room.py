"""One desk: the class it serves, what its threads share, and who may sit at it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import abort, current_app

from grader.core.closing import Closing
from grader.core.settings import Settings
from grader.export.report import ExportReport
from grader.marking.course import Course
from grader.records import similar

from . import facts
from .facts import Fact, Facts
from .keeping import Keeping
from .pictures import Pictures
from .present import Events, Present
from .refreshing import Refresher


@dataclass(frozen=True, slots=True)
class Options:
    """How a desk is served."""

    out: Path
    lang: str = "zh"
    author: str = "staff"  # who marks where nobody logs in
    origins: tuple[str, ...] = ("http://127.0.0.1:8765",)  # under which browsers reach it
    token: str = ""  # lets a browser in; empty: markers log in
    blind: bool = False  # nobody sees names
    settings: Settings = field(default_factory=Settings)  # how reports are confined

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS alone."""
        return all(origin.startswith("https://") for origin in self.origins)


class Desk(Closing):
    """What all requests share."""

    def __init__(self, options: Options) -> None:
        # First: it says best what is wrong with the folder.
        with Course(options.out):
            pass
        self.options = options
        self.keeping = Keeping.load(options.out)
        self.events = Events()
        self.items: dict[tuple[str, str], tuple[object, Any]] = {}
        """By marker and hand-in, what :func:`.listing.item` made last, and of what."""
        self.made: tuple[ExportReport, ...] = ()
        """Of the last publication from a page."""
        self.refresher = Refresher(options.out, options.lang)
        self.pictures = Pictures(options.settings)
        self._facts: tuple[tuple[int, ...], Facts] | None = None
        self._lock = threading.Lock()
        self._own = threading.local()

    def close(self) -> None:
        """Write the pages that are left; the connections of other threads end with them."""
        self.refresher.close()
        self.pictures.close()
        held: Course | None = getattr(self._own, "course", None)
        if held is not None:
            held.close()
            del self._own.course

    def course(self) -> Course:
        """The class, opened once for each thread, as the last grading left it."""
        held: Course | None = getattr(self._own, "course", None)
        if held is None:
            held = self._own.course = Course(self.options.out)
            self._own.revision = held.store.revision()
        elif (revision := held.store.revision()) != self._own.revision:
            held.reopen()
            self._own.revision = revision
        return held

    def present(self, course: Course) -> Present:
        """What people have done by now."""
        return self.events.look(course)

    def facts(self, course: Course) -> Facts:
        """What the machine left."""
        revision = (*self._own.revision, similar.changed_ns(course.out))
        with self._lock:
            if self._facts is None or self._facts[0] != revision:
                self._facts = revision, facts.gather(course, self.keeping.alias_key)
            return self._facts[1]

    def order(self, course: Course, present: Present, marker: str) -> tuple[str, ...]:
        """The hand-ins in the order in which `marker` takes them: their share, or all.

        Everybody has another order, so that no hand-in always comes last.
        """
        known = self.facts(course).by_id
        if marker in present.shares:
            return tuple(id for id in present.shares[marker] if id in known)
        drawn = sorted(known)
        random.Random(f"{self.keeping.alias_key} {marker}").shuffle(drawn)
        return tuple(drawn)


def current_desk() -> Desk:
    """The desk of the request."""
    desk: Desk = current_app.extensions["desk"]
    return desk


def fact_at(desk: Desk, course: Course, alias: str) -> Fact:
    """The hand-in of an alias; the request ends with 404 where there is none."""
    fact = desk.facts(course).by_alias.get(alias)
    if fact is None:
        abort(404)
    return fact
