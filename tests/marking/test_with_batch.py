"""A class that is graded for real, marked, published, and graded again: no mark is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_folders import a_class, numpy_rubric
from click.testing import CliRunner

from grader.cli import main
from grader.marking import publishing
from grader.marking.course import Course


def run(*words: str) -> str:
    result = CliRunner().invoke(main, [*words, "--lang", "en"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_marks_outlive_a_regrade_and_stay_on_the_pages(tmp_path: Path) -> None:
    out = tmp_path / "out"
    grade = (
        *("batch", str(a_class(tmp_path / "class", 2)), "--out", str(out), "--jobs", "1"),
        *("--rubric", str(numpy_rubric(tmp_path / "rubric.yaml"))),
    )
    run(*grade)
    with Course(out) as course:
        for entry in course.snapshot.entries:
            for criterion in course.rubric.criteria:
                points = criterion.levels[1].points if criterion.levels else 1
                words = f"{criterion.id}={points}"
                run("mark", entry.id, words, "--comment", "没有坐标轴", "--out", str(out))
        assert not publishing.missing(course)
    run("finish", "--out", str(out))
    book = (out / "gradebook.csv").read_text("utf-8-sig")
    pages = {path: path.read_text("utf-8") for path in sorted(out.glob("*/feedback.html"))}
    assert len(pages) == 2
    assert all("没有坐标轴" in page for page in pages.values())

    run(*grade, "--again")

    assert (out / "gradebook.csv").read_text("utf-8-sig") == book
    for path, page in pages.items():
        again = path.read_text("utf-8")
        assert "没有坐标轴" in again
        assert [line for line in page.split("\n") if "criterion" in line] == [
            line for line in again.split("\n") if "criterion" in line
        ]
    with Course(out) as course:
        assert publishing.changes(course) == ()
