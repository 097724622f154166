"""What the pages' scripts ask for and record: JSON in, JSON out."""

from __future__ import annotations

import re
from dataclasses import asdict
from fractions import Fraction
from typing import Any, Final

from flask import Blueprint, abort, g, jsonify, request
from werkzeug.wrappers import Response

from grader.core.errors import UsageError
from grader.feedback.clean import clean_line
from grader.marking import comments as reusable
from grader.marking import kept_materials, merging, one, platform_files, publishing, values
from grader.marking.course import Course
from grader.marking.platform_files import Choice
from grader.records.database import now
from grader.records.mark_events import WHOLE, Question
from grader.records.mark_store import Locked, Outdated
from kit.text import Text

from . import acts, hand_in, hiding, listing, pictures, text_search, words
from .facts import Fact
from .room import Desk, current_desk, fact_at

routes = Blueprint("api", __name__)

MOST_COMMENTS: Final = 50
"""That a search returns."""

_POINTS: Final = re.compile(r"[-+]?[0-9]{1,4}(\.[0-9]{1,4})?(/[1-9][0-9]{0,3})?")


@routes.post("/api/mark")
def mark() -> Response | tuple[Response, int]:
    """Record one mark and return the states of its hand-in."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    fact = _fact(desk, course, data)
    given = acts.Given(
        hand_in=fact.entry.id,
        criterion=_text(data, "criterion"),
        points=_text(data, "points"),
        note=_text(data, "note"),
        uses=_texts(data, "uses"),
        seen=_number(data, "seen"),
        settles=_texts(data, "settles"),
        why=_text(data, "why"),
    )
    try:
        acts.give(desk, course, g.marker, given)
    except Outdated as error:
        return _states(desk, course, fact, error=error.text.pick(g.lang)), 409
    except Locked as error:
        return _states(desk, course, fact, error=error.text.pick(g.lang)), 423
    return _states(desk, course, fact)


@routes.get("/api/hand-in/<alias>")
def state(alias: str) -> Response:
    """The states of a hand-in's criteria."""
    desk = current_desk()
    course = desk.course()
    fact = _fact(desk, course, {"hand_in": alias})
    return _states(desk, course, fact)


@routes.get("/api/report/<alias>")
def search_report(alias: str) -> Response:
    """Where the report holds some words."""
    desk = current_desk()
    fact = _fact(desk, desk.course(), {"hand_in": alias})
    path = pictures.path_of(desk.options.out, fact.entry.id)
    if path is None:
        abort(404)
    pages = desk.pictures.text(path)
    show = hiding.hider(fact.entry) if g.blind else str
    hits, count = text_search.search(pages, request.args.get("q", ""), show)
    said = words.HITS.format(count=count) if count else words.NO_HITS
    if not any(pages):
        said = words.NO_TEXT
    return jsonify(hits=[asdict(hit) for hit in hits], said=said.pick(g.lang))


@routes.get("/api/log/<alias>/<int:number>")
def log(alias: str, number: int) -> Response:
    """The text of a training log."""
    desk = current_desk()
    fact = _fact(desk, desk.course(), {"hand_in": alias})
    path = kept_materials.path_of(desk.options.out, fact.entry.id)
    text = None if path is None else desk.pictures.log(path, number)
    if text is None:
        abort(404)
    show = hiding.hider(fact.entry) if g.blind else str
    return jsonify(text=show(text))


@routes.get("/api/comments")
def search() -> Response:
    """The comments that hold all words, the most used first."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    uses = present.people.uses()
    asked = request.args.get("q", "").casefold().split()
    found = [
        comment
        for comment in present.people.comments.latest()
        if all(word in f"{comment.zh} {comment.en}".casefold() for word in asked)
    ]
    found.sort(key=lambda comment: -uses[comment.id])
    return jsonify(
        [
            hand_in.comment(present, comment.id, comment.version) | {"uses": uses[comment.id]}
            for comment in found[:MOST_COMMENTS]
        ]
    )


@routes.post("/api/comments")
def write() -> Response:
    """A new comment."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    new = reusable.write(_text(data, "zh"), _text(data, "en"), _points(data), author=g.marker)
    course.marks.add(comments=[new])
    return jsonify(hand_in.comment(desk.present(course), new.id, new.version))


@routes.post("/api/comments/<id>")
def revise(id: str) -> Response:
    """Change a comment; the marks that carry it move once they are confirmed."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    revision = reusable.revise(
        course,
        id,
        zh=_text(data, "zh"),
        en=_text(data, "en"),
        points=_points(data),
        author=g.marker,
        why=values.comment(_text(data, "why")),
    )
    facts = desk.facts(course).by_id
    moved = [
        {
            "hand_in": facts[move.event.hand_in].alias,
            "who": _name(facts[move.event.hand_in]),
            "criterion": move.event.criterion,
            "before": values.show(move.before),
            "after": values.show(move.after),
        }
        for move in revision.moved
        if move.event.hand_in in facts
    ]
    if data.get("confirmed") == [move.event.uid for move in revision.moved]:
        reusable.apply(course, revision, g.lang)
        return jsonify(done=True, moved=moved)
    # Confirmed are the marks that were listed; another one needs another look.
    return jsonify(done=False, moved=moved, confirm=[m.event.uid for m in revision.moved])


@routes.post("/api/decide")
def decide() -> Response:
    """Override what the machine said about a check, or the linter's share of a row."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    fact = _fact(desk, course, data)
    check = _text(data, "check")
    if check not in course.rubric.automatic:
        raise UsageError(Text(f"没有检查 {check}。", f"There is no check {check}."))
    points = _points(data) if _text(data, "points").strip() else ""
    word = f"{check}={points}"
    why = values.comment(_text(data, "why"))
    one.enter(course, fact.entry, [word], None, author=g.marker, why=why, lang=g.lang)
    return _states(desk, course, fact)


@routes.post("/api/questions")
def ask() -> Response:
    """Record a student's question, or the answer to one."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    text = values.comment(_text(data, "text"))
    answers = _text(data, "answers")
    criterion = _text(data, "criterion")
    if answers:
        asked = {q.uid: q for q in course.marks.questions() if not q.answers}
        if answers not in asked:
            abort(404)
        id, criterion = asked[answers].hand_in, asked[answers].criterion
    else:
        id = _fact(desk, course, data).entry.id
        if criterion not in {WHOLE, *(c.id for c in course.rubric.criteria)}:
            abort(404)
    problem = values.too_long(text)
    if not text or problem is not None:
        raise UsageError((problem or Text("请写下文字", "write something")).closed())
    course.marks.add_question(
        Question(
            hand_in=id,
            criterion=criterion,
            answers=answers,
            text=text,
            author=g.marker,
            at=now(),
        )
    )
    return jsonify(done=True)


@routes.post("/api/divide")
def divide() -> Response:
    """Share the hand-ins among markers."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    markers = _text(data, "markers").replace("，", ",").split(",")
    both, first = _number(data, "both"), _number(data, "first")
    shares = merging.divide(course, markers, both, desk.keeping.alias_key, first)
    course.marks.assign(shares)
    return jsonify(done=True)


@routes.post("/api/finish")
def publish() -> Response:
    """Publish all marks, if nothing is missing."""
    desk = current_desk()
    data = _body()
    course = desk.course()
    if lacking := publishing.missing(course):
        n = len(lacking)
        raise UsageError(
            Text(f"还缺 {n} 处，没有发布。", f"Nothing was published; still missing: {n}.")
        )
    choice = platform_files.checked(
        Choice(_text(data, "format"), values.comment(_text(data, "column")), _text(data, "pages"))
    )
    wanted = platform_files.platforms(desk.options.out, choice)
    # Before the marks are published: afterwards nothing is left that could fail.
    platform_files.keep_choice(desk.options.out, choice)
    why = values.comment(_text(data, "why"))
    desk.made = publishing.finish(course, g.marker, desk.options.lang, why=why, wanted=wanted)
    return jsonify(done=True)


def _states(desk: Desk, course: Course, fact: Fact, **more: Any) -> Response:
    present = desk.present(course)
    return jsonify(hand_in.states(course, present, fact, g.marker) | more)


def _body() -> dict[str, Any]:
    # Of this type alone: no form of another site can send it without asking first.
    if request.mimetype != "application/json":
        abort(415)
    try:
        data = request.get_json(silent=True)
    except RecursionError:  # brackets within brackets
        abort(400)
    if not isinstance(data, dict):
        abort(400)
    return data


def _fact(desk: Desk, course: Course, data: dict[str, Any]) -> Fact:
    return fact_at(desk, course, _text(data, "hand_in"))


def _name(fact: Fact) -> str:
    if g.blind:
        return fact.alias
    return listing.names(fact)[0]


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        abort(400)
    return value


def _texts(data: dict[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        abort(400)
    return tuple(value)


def _number(data: dict[str, Any], key: str) -> int:
    value = data.get(key, 0)
    # True is a number in Python.
    if type(value) is not int or not 0 <= value < 1 << 31:
        abort(400)
    return value


def _points(data: dict[str, Any]) -> Fraction:
    text = _text(data, "points").strip().replace("−", "-").replace(",", ".")
    # Bounded: a fraction of 1e999999999 would fill the memory.
    if text and not _POINTS.fullmatch(text):
        shown = clean_line(text, 20)
        raise UsageError(
            Text(
                f"分值写的是 {shown}，应如 -1、0.5 或 1/3。",
                f"The points are {shown}, expected as in -1, 0.5 or 1/3.",
            )
        )
    return Fraction(text or "0")
