"""Events of people: added, never changed; found out where two people did not see each other."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from grader import ROOT
from grader.core.errors import MachineError
from grader.records.mark_events import (
    WHOLE,
    CommentVersion,
    Conflict,
    MarkEvent,
    OverrideEvent,
    Publication,
    PublishedMark,
    Use,
)
from grader.records.mark_store import Locked, MarkStore, Outdated

AT = "2026-11-01T08:00:00.000+00:00"


def event(version: int = 1, base: str | None = "3", **more: object) -> MarkEvent:
    values: dict[str, object] = {
        "hand_in": "0023001-张三",
        "criterion": "report.figures",
        "author": "li",
        "at": AT,
    }
    points = None if base is None else Fraction(base)
    return MarkEvent(version=version, base=points, **(values | more))  # type: ignore[arg-type]


COMMENT = CommentVersion(
    id="c1",
    version=1,
    zh="没有坐标轴",
    en="",
    points=Fraction(-1, 2),
    owner="li",
    author="li",
    at=AT,
)
OVERRIDE = OverrideEvent(
    hand_in="0023001-张三",
    check="poems.a",
    version=1,
    fraction=Fraction(1, 3),
    author="li",
    at=AT,
    why="his own convention",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MarkStore]:
    with MarkStore(tmp_path / "marks.sqlite") as opened:
        yield opened


def test_events_are_read_back_as_they_were(store: MarkStore) -> None:
    full = event(base="8/3", level=1, uses=(Use("c1", 1),), note="=x\n'", why="w", worth="4 0")
    conflict = Conflict(
        hand_in=full.hand_in,
        criterion=full.criterion,
        version=1,
        theirs=event(base="1"),
        source="f",
        at=AT,
    )
    publication = Publication(
        at=AT, author="li", finals={"0023001": PublishedMark(final=Fraction(8, 3))}
    )
    store.add(marks=[full], overrides=[OVERRIDE], comments=[COMMENT], conflicts=[conflict])
    store.publish(publication)

    with MarkStore(store.path) as again:
        assert again.marks() == (full,)
        assert again.overrides() == (OVERRIDE,)
        assert again.comments() == (COMMENT,)
        assert again.conflicts() == (conflict,)
        assert again.publications() == (publication,)


def test_a_mark_that_was_made_without_seeing_another_is_not_recorded(store: MarkStore) -> None:
    store.add(marks=[event()])
    li, wang = event(2, "4", author="li"), event(2, "5", author="wang")
    other = event(criterion="essay")
    store.add(marks=[li])

    with pytest.raises(Outdated) as caught:
        store.add(marks=[other, wang], comments=[COMMENT])

    assert caught.value.present == (li,)
    assert store.marks()[1:] == (li,)  # nothing of the act, not `other` either
    assert store.comments() == ()


@pytest.mark.parametrize(
    "table", ["mark", "override", "comment", "conflict", "publication", "assignment"]
)
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET seq = seq + 1"])
def test_the_file_itself_refuses_to_change_an_event(store: MarkStore, table: str, act: str) -> None:
    conflict = Conflict(hand_in="h", criterion="c", version=0, theirs=event(), source="f", at=AT)
    store.add(marks=[event()], overrides=[OVERRIDE], comments=[COMMENT], conflicts=[conflict])
    store.publish(Publication(at=AT, author="li", finals={}))
    store.assign({"li": ("h",)})

    with sqlite3.connect(store.path) as db, pytest.raises(sqlite3.IntegrityError, match="added"):
        db.execute(act.format(table))
    db.close()


def test_after_publication_a_mark_needs_a_reason(store: MarkStore) -> None:
    store.publish(Publication(at=AT, author="li", finals={}))

    with pytest.raises(Locked):
        store.add(marks=[event()])
    store.add(marks=[event(why="recount")])

    assert store.marks()[-1].why == "recount"


def test_a_decision_without_a_reason_is_refused_by_the_file(store: MarkStore) -> None:
    with pytest.raises(MachineError):
        store.add(overrides=[replace(OVERRIDE, why="")])


def test_a_copy_holds_what_the_file_held(store: MarkStore) -> None:
    store.add(marks=[event()])
    first = store.back_up()
    store.add(marks=[event(2, "5")])
    second = store.back_up()

    with MarkStore(first) as one, MarkStore(second) as two:
        assert (len(one.marks()), len(two.marks())) == (1, 2)


def test_a_conflict_is_open_until_somebody_marks_again(store: MarkStore) -> None:
    store.add(marks=[event()])
    conflict = Conflict(
        hand_in=event().hand_in,
        criterion=event().criterion,
        version=1,
        theirs=event(base="1"),
        source="f",
        at=AT,
    )
    store.add(conflicts=[conflict])
    store.add(conflicts=[conflict])  # the same file, merged twice

    assert store.conflicts() == (conflict,)
    store.add(marks=[event(2, "2")])  # of somebody who has not seen it
    assert store.conflicts() == (conflict,)
    store.add(marks=[event(3, "2", settles=(conflict.uid,))])
    assert store.conflicts() == ()
    assert store.conflicts(settled=True) == (conflict,)


def test_a_file_of_the_first_schema_opens_with_every_event(tmp_path: Path) -> None:
    """The dump is never edited: a later schema must still read it."""
    dump = (Path(__file__).parent / "marks_of_schema_1.sql").read_text("utf-8")
    with sqlite3.connect(tmp_path / "marks.sqlite") as db:
        db.executescript(dump)
    db.close()

    with MarkStore(tmp_path / "marks.sqlite") as store:
        assert [(e.hand_in, e.criterion, e.base, e.note) for e in store.marks()] == [
            ("0023001-张三", "report.figures", Fraction(8, 3), ""),
            ("0023001-张三", "report.figures", None, "坐标轴没有名称"),
            ("0023001-张三", WHOLE, None, "整体不错"),
        ]
        assert store.overrides() == (replace(OVERRIDE, uid=store.overrides()[0].uid),)
        assert store.comments()[0].points == Fraction(-1, 2)
        assert len(store.conflicts()) == 1
        assert store.publications()[0].finals == {"0023001": PublishedMark(final=Fraction(8, 3))}
        assert store.assignments() == {"li": ("0023001-张三",)}
        store.add(marks=[event(3, "1", why="recount")])


def test_a_file_of_a_newer_grader_is_refused(store: MarkStore) -> None:
    with sqlite3.connect(store.path) as db:
        db.execute("INSERT INTO migration VALUES ('9999_later', 'now')")
    db.close()

    with pytest.raises(MachineError, match="newer grader"):
        MarkStore(store.path)


_MARKER = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_mark_store import event
from grader.records.mark_store import MarkStore
store = MarkStore(Path(sys.argv[1]))
for version in range(1, 10_000):
    store.add(marks=[event(version, str(version % 8))])
    print(version, flush=True)
"""


@pytest.mark.parametrize("milliseconds", [30, 90, 170])
def test_a_kill_loses_no_mark_that_was_confirmed(tmp_path: Path, milliseconds: int) -> None:
    code = _MARKER.format(tests=str(Path(__file__).parent))
    path = tmp_path / "marks.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'starter' / 'tests'}"},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(milliseconds / 1000)
    os.kill(process.pid, signal.SIGKILL)
    confirmed = [int(line) for line in (first, *process.stdout.read().split())]
    process.stdout.close()
    process.wait()

    with MarkStore(path) as store:
        versions = [mark.version for mark in store.marks()]
    assert versions[: len(confirmed)] == confirmed
    assert len(versions) - len(confirmed) in (0, 1)  # one may have been confirmed to nobody


def test_several_processes_share_a_file(tmp_path: Path) -> None:
    MarkStore(tmp_path / "marks.sqlite").close()
    code = _MARKER.format(tests=str(Path(__file__).parent)).replace("10_000", "31")
    code = code.replace("event(version,", "event(version, hand_in=sys.argv[2], base=")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "marks.sqlite"), f"h{i}"],
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'starter' / 'tests'}"},
        )
        for i in range(3)
    ]

    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with MarkStore(tmp_path / "marks.sqlite") as store:
        assert len(store.marks()) == 90
