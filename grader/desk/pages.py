"""The pages that a browser gets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from grader.core.materials import is_log
from grader.feedback.clean import clean_line
from grader.marking import kept_materials, publishing, values
from grader.marking.course import Course
from grader.records.mark_events import WHOLE
from grader.scoring.points import decimal2

from . import fairness, hand_in, hiding, listing, pictures, platform, talk, words
from .facts import Fact, Flag
from .listing import Item, Wanted
from .room import Desk, current_desk, fact_at

routes = Blueprint("pages", __name__)

MOST_PAGES = 500
"""Of one report, that are shown."""


@routes.get("/")
def queue() -> str:
    """The hand-ins of a search, a page at a time."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    wanted = _wanted()
    found = listing.items(desk, course, present, g.marker, wanted, blind=g.blind)
    pages = max(1, math.ceil(len(found) / listing.PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = found[(page - 1) * listing.PAGE : page * listing.PAGE]
    criteria = [wanted.criterion] if wanted.criterion else _ids(course)
    everything = Wanted(criterion=wanted.criterion, everyone=wanted.everyone)
    mine = (
        found
        if wanted == everything
        else listing.items(desk, course, present, g.marker, everything, blind=g.blind)
    )
    own = fairness.progress_of(course, present, g.marker, mine)
    return render_template(
        "queue.html.j2",
        course=course,
        items=shown,
        criteria=criteria,
        count=len(found),
        everything=len(mine),
        page=page,
        pages=pages,
        wanted=wanted,
        own=own,
        time_left=_duration(own.seconds_left),
        next=next(listing.unmarked(found, criteria), None),
        flags=[flag for flag in Flag if any(flag in item.flags for item in mine)],
        link=lambda item: _link(item.alias, wanted.criterion),
        at_page=lambda n: url_for("pages.queue", **{**request.args.to_dict(), "page": n}),
        conflicts=len(present.open_conflicts),
        questions=len(present.open_questions),
        total=decimal2(course.rubric.total),
    )


@routes.get("/h/<alias>")
def one(alias: str) -> str:
    """One hand-in beside its criteria."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    fact = fact_at(desk, course, alias)
    criterion = _criterion(course)
    order = desk.order(course, present, g.marker)
    ids = order if fact.entry.id in order else (*order, fact.entry.id)
    at = ids.index(fact.entry.id)
    known = desk.facts(course).by_id
    around = [known[ids[i]].alias if 0 <= i < len(ids) else "" for i in (at - 1, at + 1)]
    show = hiding.hider(fact.entry) if g.blind else str
    paper = hand_in.paper(course, present, fact, show)
    item = listing.item(desk, course, present, fact, g.marker)
    doubles = any(present.is_blind((fact.entry.id, id), g.marker) for id in (*_ids(course), WHOLE))
    return render_template(
        "hand_in.html.j2",
        course=course,
        fact=fact,
        item=item,
        title=_title(item),
        paper=paper,
        rows=hand_in.rows(course, fact, paper.report),
        states=hand_in.states(course, present, fact, g.marker),
        criterion=criterion,
        earlier=around[0] and _link(around[0], criterion),
        later=around[1] and _link(around[1], criterion),
        position=words.POSITION.format(n=at + 1, count=len(ids)),
        show=show,
        double=doubles,
        total=decimal2(course.rubric.total),
        texts=_script_texts(),
        questions=talk.questions(desk, course, present, fact.entry.id),
        pictures=_pictures(desk, fact, paper.pages),
        materials=_materials(desk, fact, show),
        conflicts=len(present.open_conflicts),
        open_questions=len(present.open_questions),
    )


@routes.get("/p/<alias>/<tag>/<int:number>.png")
def picture(alias: str, tag: str, number: int) -> Response:
    """A page of a report, counted from 1."""
    desk = current_desk()
    fact = fact_at(desk, desk.course(), alias)
    path = pictures.path_of(desk.options.out, fact.entry.id)
    hidden = hiding.words(fact.entry) if g.blind else ()
    # The tag is of the file and of what is hidden in it, so a browser may keep the picture.
    if path is None or tag != pictures.tag(path, hidden) or not 1 <= number <= MOST_PAGES:
        abort(404)
    made = desk.pictures.page(path, number - 1, hidden)
    if made.problem is not None:
        abort(404)
    return _png(made.png)


@routes.get("/m/<alias>/<tag>/<int:number>.png")
def material(alias: str, tag: str, number: int) -> Response:
    """A picture of a hand-in's, counted from 0."""
    desk = current_desk()
    fact = fact_at(desk, desk.course(), alias)
    path = kept_materials.path_of(desk.options.out, fact.entry.id)
    if path is None or tag != pictures.tag(path, ()) or number >= MOST_PAGES:
        abort(404)
    made = desk.pictures.picture(path, number)
    if made is None or made.problem is not None:
        abort(404)
    return _png(made.png)


@routes.get("/next")
def next_unmarked() -> Response:
    """The next hand-in that lacks a mark."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    criterion = _criterion(course)
    found = listing.items(desk, course, present, g.marker, Wanted(), blind=g.blind)
    criteria = [criterion] if criterion else _ids(course)
    after = request.args.get("after", "")
    item = next(listing.unmarked(found, criteria, after), None)
    if item is None:
        return redirect(url_for("pages.queue", criterion=criterion or None, done=1), 303)
    return redirect(_link(item.alias, criterion), 303)


@routes.get("/conflicts")
def conflicts() -> str:
    """Marks of two people that differ."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    return render_template(
        "conflicts.html.j2",
        conflicts=talk.conflicts(desk, course, present),
        texts=_script_texts(),
    )


@routes.get("/comments")
def comments() -> str:
    """The reusable comments."""
    desk = current_desk()
    course = desk.course()
    people = desk.present(course).people
    uses = people.uses()
    listed = sorted(people.comments.latest(), key=lambda c: (-uses[c.id], c.at))
    return render_template("comments.html.j2", comments=listed, uses=uses, show=values.show)


@routes.get("/markers")
def markers() -> str:
    """How far each marker is, and how they agree."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    progress = fairness.progress(desk, course, present, g.marker)
    return render_template(
        "markers.html.j2",
        progress=progress,
        durations={p.marker: _duration(p.seconds_left) for p in progress},
        each={p.marker: _duration(p.seconds_each) for p in progress},
        agreements=fairness.agreements(course, present),
        means=fairness.means(course, present),
        titles={c.id: c.title for c in course.rubric.criteria},
        enough=words.NOT_ENOUGH.format(n=fairness.ENOUGH),
        shares=present.shares,
    )


@routes.get("/finish")
def finish() -> str:
    """What is missing, and what publishing would change."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    known = desk.facts(course)
    # Whoever publishes decides by what counts, not by what they alone may see.
    items = (listing.item(desk, course, present, fact, "") for fact in known.by_id.values())
    publications = course.marks.publications()
    return render_template(
        "finish.html.j2",
        missing=[
            (item.alias if g.blind else item.people[0], item.alias, what)
            for item in items
            for what in item.lacks
        ],
        last=publications[-1] if publications else None,
        offer=platform.offer(desk, course),
        made=platform.made(desk),
        changes=[
            (
                talk.who(known.by_id.get(change.move.hand_in), _mover(change)),
                _alias(known.by_id, change.move.hand_in),
                _points(change.move.before),
                _points(change.move.after),
                change.reasons,
            )
            for change in publishing.changes(course, talk.moved(course, present, publications))
        ],
    )


@routes.get("/questions")
def questions() -> str:
    """What students asked."""
    desk = current_desk()
    course = desk.course()
    present = desk.present(course)
    return render_template(
        "questions.html.j2", questions=talk.questions(desk, course, present, None)
    )


def _wanted() -> Wanted:
    args = request.args
    return Wanted(
        search=args.get("q", "").strip()[:100],
        flag=args.get("flag", ""),
        state=args.get("state", "") if args.get("state") in ("open", "done") else "",
        criterion=_criterion(current_desk().course()),
        everyone=args.get("everyone") == "1",
    )


def _criterion(course: Course) -> str:
    asked = request.args.get("criterion", "")
    return asked if asked in _ids(course) else ""


def _ids(course: Course) -> list[str]:
    return [criterion.id for criterion in course.rubric.criteria]


def _png(png: bytes) -> Response:
    answer = Response(png, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=3600, immutable"
    return answer


def _script_texts() -> dict[str, str]:
    """What the scripts of a page say."""
    return {name: text.pick(g.lang) for name, text in words.SCRIPT.items()}


def _link(alias: str, criterion: str) -> str:
    return url_for("pages.one", alias=alias, criterion=criterion or None)


def _title(item: Item) -> str:
    return item.alias if g.blind else "、".join(item.people)


def _alias(known: Any, id: str) -> str:
    return known[id].alias if id in known else ""


def _mover(change: publishing.Change) -> str:
    move = change.move
    return clean_line(f"{move.student_id} {move.name}".strip() or move.hand_in)


def _points(points: Any) -> str:
    return "–" if points is None else decimal2(points)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _materials(desk: Desk, fact: Fact, show: Callable[[str], str]) -> list[tuple[str, str]]:
    """Logs and pictures: the name of each, and where a picture is; a log has its number there."""
    path = kept_materials.path_of(desk.options.out, fact.entry.id)
    if path is None:
        return []
    tag = pictures.tag(path, ())
    return [
        (
            show(clean_line(name)),
            str(number)
            if is_log(name)
            else url_for("pages.material", alias=fact.alias, tag=tag, number=number),
        )
        for number, name in enumerate(kept_materials.names(path))
    ]


def _pictures(desk: Desk, fact: Fact, pages: int) -> str:
    """The address of the first page's picture; empty where there is none."""
    path = pictures.path_of(desk.options.out, fact.entry.id)
    if path is None or not pages:
        return ""
    tag = pictures.tag(path, hiding.words(fact.entry) if g.blind else ())
    return url_for("pages.picture", alias=fact.alias, tag=tag, number=1)
