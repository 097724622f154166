"""Laptops that are joined: nothing is lost, nothing is counted twice, no conflict is silent."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import pytest
from drawing import examples
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from marked_class import PEOPLE, graded_class, marked

from grader.core.errors import UsageError
from grader.marking import comments, merging, sheet
from grader.marking.course import Course
from grader.records.mark_events import MarkEvent, OverrideEvent, Use
from grader.records.mark_store import MarkStore
from grader.records.present_marks import Look

FIGURES, ESSAY = "report.figures", "essay"
MARKERS = ("li", "wang", "zhao")


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(graded_class(tmp_path / "out")) as opened:
        yield opened


def laptops(course: Course, folder: Path, markers: tuple[str, ...] = MARKERS) -> dict[str, Path]:
    """A results folder for each marker, with the file that split gave."""
    made = merging.split(course, markers, folder / "split")
    found = {}
    for name, (path, _) in made.items():
        found[name] = folder / name
        shutil.copytree(course.out, found[name])
        shutil.copy(path, found[name] / "marks.sqlite")
    return found


def join(course: Course, *outs: Path, why: str = "") -> list[merging.MergePlan]:
    plans = []
    for out in outs:
        path = out.parent / f"marks-{out.name}.sqlite"
        path.unlink(missing_ok=True)
        with Course(out) as other:
            other.marks.copy_to(path)
        plans.append(merging.plan(course, path))
        merging.apply(course, plans[-1], "en", why)
    return plans


def test_a_split_gives_every_hand_in_once_and_some_twice(course: Course, tmp_path: Path) -> None:
    made = merging.split(course, ("li", "wang", "zhao"), tmp_path / "a", both=2)
    again = merging.split(course, ("li", "wang", "zhao"), tmp_path / "b", both=2)

    given_out = [hand_in for _, share in made.values() for hand_in in share]
    assert len(given_out) == len(PEOPLE) + 2
    assert set(given_out) == {entry.id for entry in course.snapshot.entries}
    assert all(len(set(share)) == len(share) for _, share in made.values())
    assert [share for _, share in made.values()] == [share for _, share in again.values()]
    for name, (path, share) in made.items():
        assert course.share(name) == share
        with MarkStore(path) as own:
            assert own.assignments() == {name: share}
        assert [row.cells[sheet.HAND_IN] for row in sheet.build(course, "zh", name).rows] == [
            *share
        ]
    with pytest.raises(UsageError, match="No hand-ins were given to sun; there are: li, wang"):
        course.share("sun")


@pytest.mark.parametrize("markers", [("li", "li"), ("",), ("../x",), ("a b",)])
def test_markers_have_names_that_fit_files(
    course: Course, tmp_path: Path, markers: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="li,wang"):
        merging.split(course, markers, tmp_path)


def test_two_who_differ_make_a_conflict_that_counts_for_neither(
    course: Course, tmp_path: Path
) -> None:
    outs = laptops(course, tmp_path)
    for name, points in (("li", 3), ("wang", 4), ("zhao", 3)):
        with Course(outs[name]) as own:
            marked(own, "0023001", FIGURES, points, author=name)

    join(course, *outs.values())

    there = course.given(course.find("0023001").id)
    assert there.looks == ((FIGURES, Look.DISPUTED),)
    assert there.standings[FIGURES].points is None
    # Of those who agree, the history has both.
    authors = [e.author for e in course.marks.marks() if e.criterion == FIGURES]
    (conflict,) = course.marks.conflicts()
    assert (authors, conflict.theirs.author) == (["li", "zhao"], "wang")


def test_what_is_settled_stays_settled(course: Course, tmp_path: Path) -> None:
    outs = laptops(course, tmp_path)
    for name, points in (("li", 3), ("wang", 4)):
        with Course(outs[name]) as own:
            marked(own, "0023001", FIGURES, points, author=name)
    join(course, outs["li"], outs["wang"])
    marked(course, "0023001", FIGURES, 5)

    join(course, outs["li"], outs["wang"])

    assert course.marks.conflicts() == ()
    assert course.given(course.find("0023001").id).standings[FIGURES].points == 5


def test_a_comment_that_two_change_becomes_two(course: Course, tmp_path: Path) -> None:
    comment = comments.write("", "no axes", Fraction(-1), author="li")
    course.record("en", comments=[comment])
    outs = laptops(course, tmp_path)
    for name, points, who in (("li", -2, "0023001"), ("wang", -3, "0023002")):
        with Course(outs[name]) as own:
            marked(own, who, FIGURES, 5, uses=(Use(comment.id, 1),), author=name)
            comments.apply(
                own,
                comments.revise(own, comment.id, points=Fraction(points), author=name),
                "en",
            )

    for _ in range(2):
        join(course, outs["li"], outs["wang"])

    points = [
        course.given(course.find(who).id).standings[FIGURES].points
        for who in ("0023001", "0023002")
    ]
    assert points == [3, 2]
    assert len(course.present().comments.latest()) == 2


def test_after_publication_a_merge_needs_a_reason(course: Course, tmp_path: Path) -> None:
    from grader.records.mark_events import Publication

    outs = laptops(course, tmp_path, ("li",))
    with Course(outs["li"]) as own:
        marked(own, "0023001", FIGURES, 3)
    course.marks.publish(Publication(at="2026", author="li", finals={}))

    with pytest.raises(UsageError, match="needs a reason"):
        join(course, outs["li"])
    join(course, outs["li"], why="forgotten")

    assert course.marks.marks()[-1].why == "forgotten"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(MARKERS),
        st.sampled_from([p[0] for p in PEOPLE]),
        st.sampled_from([FIGURES, ESSAY]),
        st.integers(0, 3),
    ),
    max_size=14,
)


@pytest.mark.slow
@settings(
    max_examples=examples(12),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a run of laptops is too slow to be shrunk
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=ACTS, order=st.permutations(MARKERS))
@example(  # the third agrees with the first, which settles nothing
    acts=[("li", "A04", FIGURES, 2), ("wang", "A04", FIGURES, 2), ("zhao", "A04", FIGURES, 0)],
    order=["li", "zhao", "wang"],
)
@example(  # who agrees in the end took two steps: a second merge adds nothing
    acts=[("li", "A04", "essay", 3), ("wang", "A04", "essay", 3), ("wang", "A04", "essay", 3)],
    order=["li", "wang", "zhao"],
)
def test_three_markers_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[str, str, str, int]],
    order: list[str],
) -> None:
    """Where all who marked a criterion agree in the end it counts; where two differ it waits."""
    folder = tmp_path_factory.mktemp("merge")
    with Course(graded_class(folder / "out")) as course, ExitStack() as open_:
        outs = laptops(course, folder)
        own = {name: open_.enter_context(Course(out)) for name, out in outs.items()}
        last: dict[tuple[str, str], dict[str, int]] = {}
        for name, who, criterion, points in acts:
            marked(own[name], who, criterion, points, author=name)
            last.setdefault((who, criterion), {})[name] = points

        plans = join(course, *(outs[name] for name in order))
        again = join(course, *(outs[name] for name in order))

        assert not any(plan.left for plan in plans)
        disputed = {(c.hand_in, c.criterion) for c in course.marks.conflicts()}
        for (who, criterion), by in last.items():
            hand_in = course.find(who).id
            standing = course.given(hand_in).standings[criterion]
            agree = len(set(by.values())) == 1
            assert ((hand_in, criterion) in disputed) is not agree
            assert standing.points == (next(iter(by.values())) if agree else None)
        assert not any(plan.marks or plan.comments for plan in again)


def forged(course: Course, path: Path, **event: object) -> Path:
    """A file of marks with one event that somebody wrote by hand, on a hand-in without marks."""
    course.marks.copy_to(path)
    held = json.loads(json.dumps(marked_event(course).to_json())) | event
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute(
            "INSERT INTO mark (uid, hand_in, criterion, version, event) VALUES (?, ?, ?, 1, ?)",
            (uuid.uuid4().hex, held["hand_in"], held["criterion"], json.dumps(held)),
        )
    return path


def marked_event(course: Course) -> MarkEvent:
    entry = course.snapshot.entries[0]
    return course.mark(entry.id, FIGURES, Fraction(3), seen=0, author="li", note="")


@pytest.mark.parametrize("base", ["1e99999999", "1/0", "9" * 5000, [1], 7, "nan"])
def test_a_file_with_what_is_no_mark_is_refused(
    course: Course, tmp_path: Path, base: object
) -> None:
    path = forged(course, tmp_path / "marks-li.sqlite", base=base)
    with pytest.raises(UsageError, match="no record of marks"):
        merging.plan(course, path)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"base": "500"}, "cannot be 500"),
        ({"base": "-5"}, "cannot be -5"),
        ({"criterion": "", "base": "3"}, "cannot be 3"),
        ({"criterion": "nobody"}, "not in this class or rubric"),
        ({"hand_in": "../../etc"}, "not in this class or rubric"),
    ],
)
def test_what_nobody_could_have_given_stays_in_its_file(
    course: Course, tmp_path: Path, event: dict[str, object], words: str
) -> None:
    made = merging.plan(course, forged(course, tmp_path / "marks-li.sqlite", **event))

    assert (made.marks, made.conflicts) == ([], [])
    assert words in made.left[0].en


def test_a_decision_on_what_the_rubric_has_not_stays_in_its_file(
    course: Course, tmp_path: Path
) -> None:
    hand_in, path = course.snapshot.entries[0].id, tmp_path / "marks-li.sqlite"
    course.marks.copy_to(path)
    with MarkStore(path) as other:
        for number, (check, share) in enumerate((("poems.a", 5), ("nobody", 1)), start=1):
            decision = OverrideEvent(
                hand_in=hand_in, check=check, version=1, fraction=Fraction(share), author="li",
                at=f"2026-11-0{number}", why="because",
            )  # fmt: skip
            other.add(overrides=[decision])
    made = merging.plan(course, path)

    assert made.overrides == []
    assert [why.en.partition(" ")[2].split(":")[0] for why in made.left] == ["poems.a", "nobody"]
