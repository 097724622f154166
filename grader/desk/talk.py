"""What people have to talk about: conflicts, students' questions, marks that moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from grader.marking import values
from grader.marking.course import Course
from grader.records.mark_events import Publication
from grader.records.present_marks import points_of

from . import hand_in, hiding, listing, words
from .facts import Fact
from .present import Present
from .room import Desk


def who(fact: Fact | None, name: str) -> str:
    """How a hand-in is called on a page; without names, by its alias or not at all."""
    if g.blind:
        return fact.alias if fact is not None else hiding.MASK
    return name


def conflicts(desk: Desk, course: Course, present: Present) -> list[dict[str, Any]]:
    """Each place in dispute once, with every mark that was given there."""
    known = desk.facts(course).by_id
    titles = {criterion.id: criterion for criterion in course.rubric.criteria}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for conflict in present.open_conflicts:
        place = conflict.hand_in, conflict.criterion
        if place[0] not in known or place in found:
            continue
        fact = known[place[0]]
        standing = present.standing(place)
        here = [c for c in present.open_conflicts if (c.hand_in, c.criterion) == place]
        given = {} if standing is None else {standing.author: standing}
        given |= {c.theirs.author: c.theirs for c in here}
        criterion = titles.get(place[1])
        found[place] = {
            "alias": fact.alias,
            "who": who(fact, listing.names(fact)[0]),
            "criterion": place[1],
            "title": words.WHOLE if criterion is None else criterion.title,
            "most": "" if criterion is None else values.show(criterion.points),
            "seen": 0 if standing is None else standing.version,
            "settles": [c.uid for c in here],
            "given": [
                hand_in.said(present, event)
                | {
                    "points": ""
                    if criterion is None
                    else values.show(points_of(event, criterion, present.people.comments))
                }
                for event in given.values()
            ],
        }
    return list(found.values())


def questions(
    desk: Desk, course: Course, present: Present, only: str | None
) -> list[dict[str, Any]]:
    known = desk.facts(course).by_id
    titles = {criterion.id: criterion.title for criterion in course.rubric.criteria}
    answers = {q.answers: q for q in present.questions if q.answers}
    found = []
    for question in present.questions:
        if question.answers or question.hand_in not in known:
            continue
        if only is not None and question.hand_in != only:
            continue
        fact = known[question.hand_in]
        show = hiding.hider(fact.entry) if g.blind else str
        answer = answers.get(question.uid)
        found.append(
            {
                "uid": question.uid,
                "alias": fact.alias,
                "who": who(fact, listing.names(fact)[0]),
                "about": titles.get(question.criterion, words.ABOUT_WHOLE),
                "text": show(question.text),
                "author": question.author,
                "at": question.at,
                "answer": None if answer is None else show(answer.text),
                "by": "" if answer is None else answer.author,
            }
        )
    # Those that wait come first.
    return sorted(found, key=lambda q: q["answer"] is not None)


def moved(
    course: Course, present: Present, publications: Sequence[Publication]
) -> frozenset[str] | None:
    """The hand-ins whose marks may have moved since they were published; None: any."""
    if not publications:
        return frozenset()
    at = publications[-1].at
    if course.store.classes_since(at):
        return None  # another rubric, or other people
    graded = {id for id, info in course.latest.items() if info.created_at > at}
    decided = {event.hand_in for event in course.marks.overrides() if event.at > at}
    return present.regraded | graded | decided
