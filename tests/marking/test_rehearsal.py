"""What cannot be written is found before the marks are published, for every format."""

from __future__ import annotations

import errno
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from marked_class import PEOPLE, finished_class, moodle_worksheet

from grader.core.errors import MachineError, UsageError
from grader.export import formats
from grader.export.formats import FORMATS
from grader.marking import publishing
from grader.marking.course import Course
from grader.marking.publishing import Platform

FOLDERS = [name for name, format in FORMATS.items() if not format.suffix]
FILES = [name for name, format in FORMATS.items() if format.suffix]
WITH_TEMPLATE = [name for name, format in FORMATS.items() if format.template]


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(finished_class(tmp_path / "out")) as opened:
        yield opened


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["学号", "姓名", "状态", "分数"])
    for student_id, name in PEOPLE:
        sheet.append([student_id, name, "待批阅", ""])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, b"")
    return buffer.getvalue()


def good_template(format: str) -> tuple[str, bytes]:
    """The name and content of a file as the platform exports it."""
    if format == "canvas":
        text = "Student,ID,SIS User ID,Section,Lab 6 (77)\nPoints Possible,,,,20.00\n"
        return "x.csv", f"{text}张三,1,0023001,A,\n".encode()
    if format == "blackboard":
        headers = "Last Name\tFirst Name\tUsername\tStudent ID\tLab [Total Pts: 20 Score] |12"
        return "x.xls", f"{headers}\n张\t三\tzs\t0023001\t\n".encode("utf-16")
    if format == "tronclass":
        return "x.csv", "人员编号,姓名,成绩\n0023001,张三,\n".encode()
    if format == "chaoxing":
        return "x.xls", workbook()
    if format == "sakai-feedback":
        return "x.zip", archive("Lab 6/Zhang, San(0023001)/Feedback Attachment(s)/")
    if format == "ilias-feedback":
        return "x.zip", archive("multi_feedback_Lab_6/Zhang_San_0023001_4711/")
    assert format in ("moodle", "moodle-feedback")
    return "x.csv", moodle_worksheet().encode()


def platform(folder: Path, format: str, to: Path | None = None) -> Platform:
    if format not in WITH_TEMPLATE:
        return Platform(format, to=to)
    name, data = good_template(format)
    path = folder / name
    path.write_bytes(data)
    return Platform(format, path, to=to)


def tree(folder: Path) -> dict[str, bytes]:
    """All but what SQLite keeps, which every reading changes."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"/"
        for path in folder.rglob("*")
        if ".sqlite" not in path.name
    }


def refused(course: Course, wanted: Platform) -> None:
    """Nothing is published, and nothing is written or left over."""
    before = tree(course.out)
    # With another that could be made: it is not made either.
    both = [Platform("csv"), wanted] if wanted.format != "csv" else [wanted, Platform("xlsx")]
    with pytest.raises((UsageError, MachineError)):
        publishing.finish(course, "li", "en", wanted=both)
    assert not course.marks.published
    assert tree(course.out) == before


def made(course: Course, wanted: Platform) -> None:
    (report,) = publishing.finish(course, "li", "en", wanted=[wanted])
    assert course.marks.published
    assert len(course.marks.publications()) == 1
    assert report.out.is_dir() if wanted.format in FOLDERS else report.out.stat().st_size > 0
    assert not list(course.out.rglob(".draft-*"))


@pytest.mark.parametrize("format", FILES)
def test_a_folder_in_place_of_the_file(course: Course, tmp_path: Path, format: str) -> None:
    wanted = platform(tmp_path, format)
    target = formats.target(format, course.out, wanted.template)
    (target / "mine").mkdir(parents=True)

    refused(course, wanted)
    (target / "mine").rmdir()
    target.rmdir()
    made(course, wanted)


@pytest.mark.parametrize(
    ("format", "foreign"),
    [
        ("pages", "marks-pages/mine.txt"),
        ("pages", "marks-pages/mail.csv/mine.txt"),
        ("pages", "marks-pages"),
        ("gradescope", "marks-gradescope/0023001"),
        ("gradescope", "marks-gradescope/0023001/results.json/mine.txt"),
        ("gradescope", "marks-gradescope"),
    ],
)
def test_a_foreign_file_in_the_folder(course: Course, format: str, foreign: str) -> None:
    path = course.out / foreign
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")

    refused(course, Platform(format))
    path.unlink()
    while path.parent != course.out:
        path = path.parent
        path.rmdir()
    made(course, Platform(format))


def test_every_format_is_tried() -> None:
    assert {*FILES, *FOLDERS} == {*FORMATS}
    assert FOLDERS == ["gradescope", "pages"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_folder_that_cannot_be_written(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    """As on a file system that is mounted read-only, where permissions say nothing."""
    fixed = tmp_path / "fixed"
    fixed.mkdir()
    to = fixed / formats.target(format, Path(), None).name
    wanted = platform(tmp_path, format, to)
    with monkeypatch.context() as patched:
        for name in ("NamedTemporaryFile", "TemporaryDirectory"):
            patched.setattr(tempfile, name, read_only(getattr(tempfile, name), fixed))
        refused(course, wanted)
        assert not list(fixed.iterdir())
    made(course, wanted)


def read_only(make: Any, folder: Path) -> Any:
    def tried(*args: Any, dir: Path, **options: Any) -> Any:
        if dir == folder or folder in dir.parents:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return make(*args, dir=dir, **options)

    return tried


@pytest.mark.parametrize("format", WITH_TEMPLATE)
def test_a_template_that_does_not_fit(course: Course, tmp_path: Path, format: str) -> None:
    wanted = platform(tmp_path, format)
    assert wanted.template is not None
    good = wanted.template.read_bytes()
    wanted.template.write_bytes(b"nothing,here\n1,2\n")

    refused(course, wanted)
    wanted.template.unlink()
    refused(course, wanted)
    wanted.template.write_bytes(good)
    made(course, wanted)


@pytest.mark.parametrize("format", WITH_TEMPLATE)
def test_the_template_in_place_of_the_file(course: Course, tmp_path: Path, format: str) -> None:
    wanted = platform(tmp_path, format)
    assert wanted.template is not None
    target = formats.target(format, course.out, wanted.template)
    target.symlink_to(wanted.template)

    refused(course, wanted)
    target.unlink()
    made(course, wanted)


def test_an_unknown_column(course: Course, tmp_path: Path) -> None:
    good = platform(tmp_path, "canvas")

    refused(course, Platform("canvas", good.template, "Lab 7"))
    made(course, good)


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    wanted = platform(tmp_path, format)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        refused(course, wanted)
    made(course, wanted)


def full(file: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "name", ["gradebook.csv", "index.html", "A04-赵六/feedback.html", "A04-赵六/staff.html"]
)
def test_a_folder_in_place_of_a_page(course: Course, name: str) -> None:
    path = course.out / name
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)

    refused(course, Platform("xlsx"))
    path.rmdir()
    made(course, Platform("xlsx"))
