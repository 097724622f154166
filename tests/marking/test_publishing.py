"""From marks to what students see: nothing missing, nothing too early, every change explained."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from marked_class import PEOPLE, RUBRIC, graded_class, mark_several, marked, moodle_worksheet

from grader.cli import main
from grader.core.errors import UsageError
from grader.core.model import Outcome
from grader.marking import comments, publishing
from grader.marking.course import Course
from grader.records.mark_events import Use
from grader.records.mark_store import Outdated

MODULES, FIGURES, ESSAY = "report.modules", "report.figures", "essay"


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(graded_class(tmp_path / "out")) as opened:
        yield opened


def mark_all(course: Course) -> None:
    points = ((MODULES, 4), (FIGURES, 3), (ESSAY, "22/3"))
    mark_several(course, [(who, *given) for who, _ in PEOPLE for given in points])


def run(out: Path, *words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, [*words, "--out", str(out), "--lang", "en"], input=input)


def page(course: Course, who: str, name: str = "feedback.html") -> str:
    return (course.out / course.find(who).id / name).read_text("utf-8")


def test_what_is_missing_is_said_and_nothing_is_published(course: Course) -> None:
    mark_all(course)
    marked(course, "0023001", FIGURES, None)

    lacking = publishing.missing(course)

    assert [(one.who, one.what.en) for one in lacking] == [
        ("0023001 张三", "not marked: Figures (report.figures)")
    ]
    said = run(course.out, "finish")
    assert said.exit_code == 2
    assert "0023001 张三  not marked: Figures (report.figures)" in said.output
    assert lacking[0].what.zh == "待评：图表（report.figures）"
    assert not course.marks.published


def test_checks_without_an_outcome_are_missing_too(tmp_path: Path) -> None:
    with Course(graded_class(tmp_path / "out", outcomes={"poems.a": Outcome.SKIPPED})) as course:
        mark_all(course)

        assert {one.what.en.partition(":")[0] for one in publishing.missing(course)} == {
            "checks worth 1.50 points have no outcome"
        }


def test_a_student_reads_marks_and_comments_once_they_are_published(course: Course) -> None:
    mark_all(course)
    marked(course, "0023001", FIGURES, 3, note="<script>坐标轴没有名称</script>")

    assert "坐标轴没有名称" not in page(course, "0023001")
    assert "坐标轴没有名称" in page(course, "0023001", "staff.html")
    assert "Figures" not in page(course, "0023001")
    said = run(course.out, "finish")

    assert said.exit_code == 0, said.output
    student = page(course, "0023001")
    assert "&lt;script&gt;坐标轴没有名称" in student
    assert "<script>" not in student
    assert "all, and clear" in student
    report = json.loads(page(course, "0023001", "report.json"))
    assert report["score"]["earned"] == "17.33"
    assert report["score"]["fraction"] == "52/3"
    results = json.loads(page(course, "0023001", "results.json"))
    assert results["score"] == 17.33
    book = (course.out / "gradebook.csv").read_text("utf-8-sig")
    assert "17.33" in book
    assert list((course.out / "backups").glob("marks-*.sqlite"))


def test_a_folder_of_pages_has_what_was_just_published(course: Course) -> None:
    mark_all(course)

    assert run(course.out, "finish", "--format", "pages").exit_code == 0

    (page_,) = (course.out / "marks-pages").glob("0023001*.html")
    assert page_.read_text("utf-8") == page(course, "0023001")
    assert "17.33" in page_.read_text("utf-8")


def test_one_run_makes_the_marks_and_the_zip(course: Course, tmp_path: Path) -> None:
    mark_all(course)
    template = tmp_path / "all.zip"
    with zipfile.ZipFile(template, "w") as archive:
        archive.writestr("Lab/San(0023001)/Feedback Attachment(s)/", b"")
    words = ("--format", "csv", "--format", "sakai-feedback", "--format", "csv")

    refused = run(course.out, "finish", *words, "--template", str(tmp_path / "none.zip"))
    assert refused.exit_code == 2
    assert not course.marks.published
    for more in (
        ("--format", "csv", "--template", str(template)),
        ("--format", "csv", "--column", "x"),
        ("--format", "csv", "--format", "xlsx", "--to", str(tmp_path / "x.csv")),
        ("--template", str(template)),
    ):
        assert "does not fit --format" in run(course.out, "finish", *more).output, more
    assert not course.marks.published

    said = run(course.out, "finish", *words, "--template", str(template))
    assert said.exit_code == 0, said.output
    assert "17.33" in (course.out / "marks.csv").read_text("utf-8-sig")
    with zipfile.ZipFile(course.out / "marks-sakai-feedback.zip") as archive:
        (name,) = archive.namelist()
        assert archive.read(name).decode() == page(course, "0023001")
        assert "17.33" in archive.read(name).decode()


def test_moodles_worksheet_serves_both_in_one_run(course: Course, tmp_path: Path) -> None:
    mark_all(course)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(moodle_worksheet(), "utf-8")
    words = ("--format", "moodle", "--format", "moodle-feedback", "--template", str(sheet))

    assert run(course.out, "finish", *words).exit_code == 0
    with zipfile.ZipFile(course.out / "marks-moodle-feedback.zip") as archive:
        assert len(archive.namelist()) == 3
        before = archive.namelist()
    assert "17.33" in (course.out / "marks-moodle.csv").read_text("utf-8")
    # As it was asked for before formats could be repeated.
    old = ("--format", "moodle", "--template", str(sheet), "--feedback-template", str(sheet))
    assert run(course.out, "finish", *old).exit_code == 0
    with zipfile.ZipFile(course.out / "marks-moodle-feedback.zip") as archive:
        assert archive.namelist() == before


def test_an_export_of_pages_says_that_they_are_behind_the_marks(course: Course) -> None:
    assert publishing.behind(course) is None  # nobody has given a mark

    mark_all(course)
    said = run(course.out, "export", "--format", "pages")
    assert "These pages show no marks by people" in said.output
    assert "These pages" not in run(course.out, "export", "--format", "csv").output

    assert run(course.out, "finish").exit_code == 0
    assert publishing.behind(course) is None
    marked(course, "0023001", FIGURES, 4, why="counted again")
    behind = publishing.behind(course)
    assert behind is not None
    assert "marks have changed since" in behind.en


def test_after_publication_a_change_has_a_reason_and_is_listed(course: Course) -> None:
    mark_all(course)
    assert run(course.out, "finish").exit_code == 0
    assert publishing.changes(course) == ()

    refused = run(course.out, "mark", "0023001", f"{FIGURES}=5")
    assert refused.exit_code == 2
    assert "needs a reason" in refused.output
    assert run(course.out, "mark", "0023001", f"{FIGURES}=5", "--why", "recount").exit_code == 0
    words = ("mark", "0023002", "poems.a=0.5", "--why", "copied")
    assert run(course.out, *words).exit_code == 0

    listed = run(course.out, "diff").output
    assert "0023001 张三  17.33 -> 19.33  (report 7.00 -> 9.00)" in listed
    assert "report.figures" in listed
    assert "recount" in listed
    assert "0023002 =李四  17.33 -> 16.33  (code 3.00 -> 2.00)" in listed
    assert "copied" in listed
    # Published again, nothing is left to list.
    assert run(course.out, "finish").exit_code == 0
    assert publishing.changes(course) == ()
    assert len(course.marks.publications()) == 2


def test_a_regrade_after_publication_is_listed_and_keeps_the_marks(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with Course(out) as course:
        mark_all(course)
        publishing.finish(course, "li", "en")
    graded_class(out, outcomes={"theory.b": Outcome.FAILED})

    with Course(out) as course:
        moved = publishing.changes(course)
        assert [c.move.after for c in moved] == [Fraction(50, 3)] * len(PEOPLE)
        assert [c.reasons for c in moved] == [()] * len(PEOPLE)
        assert not publishing.missing(course)
        # By the grading's own files, since students handed in nothing new.
        lines = list(publishing.change_lines(moved, "en"))
        assert lines[0].endswith("by machine, or by the late policy")


def test_a_comment_moves_every_mark_that_carries_it(course: Course) -> None:
    comment = comments.write("没有坐标轴", "no axes", Fraction(-1), author="li")
    course.record("en", comments=[comment])
    for who, base in (("0023001", 5), ("0023002", 1)):
        marked(course, who, FIGURES, base, uses=(Use(comment.id, 1),))
    marked(course, "23003", FIGURES, 5)

    revision = comments.revise(course, comment.id, points=Fraction(-2), author="wang")

    assert [(m.before, m.after) for m in revision.moved] == [(4, 3), (0, 0)]
    listed = list(comments.revision_lines(course, revision, "en"))
    assert listed[2].endswith("report.figures 4 -> 3")
    assert course.given(course.find("0023001").id).standings[FIGURES].points == 4
    comments.apply(course, revision, "en")

    standing = course.given(course.find("0023001").id).standings[FIGURES]
    assert (standing.points, standing.event.author) == (3, "wang")
    assert [e.uses[0].version for e in course.marks.marks() if e.uses] == [1, 1, 2, 2]
    assert course.present().uses() == {comment.id: 2}
    assert course.given(course.find("23003").id).standings[FIGURES].points == 5


def test_after_publication_a_comment_moves_marks_with_a_reason_alone(course: Course) -> None:
    mark_all(course)
    run(course.out, "marks", "comment", "--en", "no axes", "--points", "-1")
    (comment,) = course.present().comments.latest()
    run(course.out, "mark", "0023001", f"{FIGURES}=5", "--use", comment.id)
    assert run(course.out, "finish").exit_code == 0
    before = course.gradebook().marks[0].raw
    assert before is not None

    said = run(course.out, "marks", "comment", comment.id, "--points", "-2", "--yes")
    assert said.exit_code == 2
    assert "--why" in said.output
    assert course.gradebook().marks[0].raw == before

    words = (
        "marks",
        "comment",
        comment.id,
        "--points",
        "-2",
        "--yes",
        "--why",
        "agreed",
        "--author",
        "li",
    )
    assert run(course.out, *words).exit_code == 0
    assert course.gradebook().marks[0].raw == before - 1
    assert [c.reasons for c in publishing.changes(course)] == [("report.figures (li): agreed",)]


def test_a_comment_is_not_moved_over_a_mark_that_changed_meanwhile(course: Course) -> None:
    comment = comments.write("", "no axes", Fraction(-1), author="li")
    course.record("en", comments=[comment])
    marked(course, "0023001", FIGURES, 5, uses=(Use(comment.id, 1),))
    revision = comments.revise(course, comment.id, en="no axis", author="wang")
    marked(course, "0023001", FIGURES, 2)

    with pytest.raises(Outdated):
        comments.apply(course, revision, "en")

    assert course.present().comments.latest()[0].en == "no axes"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("0023001", "report.figure=3"), "No criterion or check is report.figure. Did you mean"),
        (("0023001", f"{FIGURES}=9"), "report.figures is 9, expected a number from 0 to 5"),
        (("0023001", FIGURES), "report.figures should be CRITERION=POINTS"),
        (("0023001", "poems.a=1"), "needs a reason (--why)"),
        (("0023001", "poems.a=2", "--why", "x"), "poems.a is 2, expected points from 0 to 1.5"),
        (
            ("0023009", f"{FIGURES}=3"),
            "No hand-in of this class is of 0023009. Did you mean 002300",
        ),
        (("0023001", f"{FIGURES}=3", "--use", "c1"), "There is no comment c1."),
    ],
)
def test_a_wrong_word_is_refused_and_nothing_is_recorded(
    course: Course, words: tuple[str, ...], said: str
) -> None:
    result = run(course.out, "mark", *words, *() if "--why" in words else ())

    assert result.exit_code == 2
    assert said in result.output
    assert course.marks.marks() == ()


def test_one_hand_in_is_marked_by_words(course: Course) -> None:
    words = (f"{FIGURES}=３", f"{MODULES}=8/3", "--comment", "坐标轴没有名称", "--author", "li")
    said = run(course.out, "mark", "0023001", *words)

    assert said.exit_code == 0, said.output
    assert "report.figures  3 / 5  坐标轴没有名称" in said.output
    assert "8.67 / 20.00  pending 8.00" in said.output
    events = course.marks.marks()
    assert [(e.criterion, e.author, e.level) for e in events] == [
        (FIGURES, "li", None),
        (MODULES, "li", 1),
    ]
    assert run(course.out, "mark", "张三", f"{FIGURES}=").exit_code == 0
    assert course.given(course.find("0023001").id).standings[FIGURES].points is None


def test_the_commands_of_sheets(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    assert run(course.out, "marks", "export", str(path)).exit_code == 0
    text = path.read_text("utf-8-sig")
    line = next(line for line in text.split("\n") if line.startswith('"A04'))
    cells = line.split('","')
    cells[5] = "2.5"
    path.write_text(text.replace(line, '","'.join(cells)), "utf-8-sig")

    refused = run(course.out, "marks", "import", str(path), input="n\n")
    assert "A04 赵六  report.figures: – -> 2.5" in refused.output
    assert course.marks.marks() == ()
    taken = run(course.out, "marks", "import", str(path), "--yes", "--author", "wang")
    assert taken.exit_code == 0, taken.output
    assert [(e.author, e.base) for e in course.marks.marks()] == [("wang", Fraction(5, 2))]
    assert "Nothing has changed." in run(course.out, "marks", "import", str(path)).output


def test_a_folder_without_a_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No class was graded into"):
        Course(tmp_path)


def test_an_unreadable_hand_in_is_decided_by_a_person(tmp_path: Path) -> None:
    """Nothing could be opened, the report came by mail: a person marks what there is."""
    from dataclasses import replace

    from grader.core.model import Status
    from grader.export.report import given

    with Course(graded_class(tmp_path / "out", RUBRIC)) as course:
        mark_all(course)
        mark = course.gradebook().marks[0]
    refused = replace(mark, status=Status.NOT_GRADABLE)
    assert given(refused, False) == "17.33"
    assert "a person decides" in given(replace(refused, decided=False), False).en  # type: ignore[union-attr]


def test_what_a_person_took_from_a_passed_check_is_not_folded_away(course: Course) -> None:
    words = ("mark", "0023001", "poems.a=0", "--why", "copied from a neighbour")
    assert run(course.out, *words).exit_code == 0

    page_ = page(course, "0023001", "staff.html")

    folded = page_.index("<details")
    assert page_.index("copied from a neighbour") < folded
    assert '<li class="check lost">' in page_[:folded]


def test_a_fault_of_the_grader_keeps_the_marks_and_is_missing(tmp_path: Path) -> None:
    """People may go on marking; the hand-in has no total until it is graded again."""
    out = graded_class(tmp_path / "out", outcomes={"poems.a": Outcome.GRADER_ERROR})
    with Course(out) as course:
        mark_all(course)
        assert [one.what.en for one in publishing.missing(course)] == [
            "a fault of the grader; see staff.html"
        ] * len(PEOPLE)
        assert run(out, "mark", "0023001", f"{FIGURES}=5").exit_code == 0
    graded_class(out)
    with Course(out) as course:
        assert not publishing.missing(course)
        assert course.gradebook().marks[0].raw == 3 + 4 + 5 + Fraction(22, 3)
