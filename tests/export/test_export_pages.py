"""Students' pages for those who give them out: a folder and a table, and Sakai's archive."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from export_cases import book, mark, person

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.export.formats import export
from grader.export.report import Action


def with_email(student_id: str, name: str, email: str) -> Any:
    return mark(replace(person(student_id, name), email=email))


CLASS = book(
    with_email("0023001", "=张三", "z@x.cn"),
    with_email("0023002", "李四", "=HYPERLINK(0)"),
    mark(person("../../etc", "王五"), submission_id="0023001"),
    mark(person("0023004", "赵六"), None, Status.MISSING, submission_id=""),
    mark(person("0023005", "钱七"), None, Status.GRADER_ERROR, submission_id="0023002"),
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in ("0023001", "0023002"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        (folder / "feedback.html").write_text(f"<p>{name}</p>", "utf-8")
        (folder / "staff.html").write_text("for staff", "utf-8")
        (folder / "report.json").write_text("{}", "utf-8")
    return tmp_path / "results"


def test_a_folder_holds_students_pages_and_whom_they_go_to(tmp_path: Path, results: Path) -> None:
    out = tmp_path / "pages"
    report = export(CLASS, "pages", out=out, feedback_dir=results, lang="en")

    assert sorted(path.name for path in out.iterdir()) == [
        *("0023001.html", "0023002.html", "etc.html", "mail.csv"),
    ]
    assert (out / "0023002.html").read_text("utf-8") == "<p>0023002</p>"
    rows = list(csv.DictReader(io.StringIO((out / "mail.csv").read_text("utf-8-sig"))))
    assert [(row["address"], row["file"]) for row in rows] == [
        ("z@x.cn", "0023001.html"),
        ("'=HYPERLINK(0)", "0023002.html"),
        ("", "etc.html"),
    ]
    assert rows[0]["name"] == "'=张三"
    assert len(report.of(Action.LEFT)) == 2
    assert "no address" in report.render("en")


def test_an_earlier_folder_is_replaced_and_nothing_else_is(tmp_path: Path, results: Path) -> None:
    out = tmp_path / "pages"
    export(CLASS, "pages", out=out, feedback_dir=results)
    fewer = book(*CLASS.marks[:1])

    export(fewer, "pages", out=out, feedback_dir=results)
    assert sorted(path.name for path in out.iterdir()) == ["0023001.html", "mail.csv"]
    (out / "staff.html").write_text("for staff", "utf-8")
    with pytest.raises(UsageError, match="other files"):
        export(fewer, "pages", out=out, feedback_dir=results)
    with pytest.raises(UsageError, match="other files"):
        export(fewer, "pages", out=results, feedback_dir=results)
    assert (results / "0023001" / "staff.html").exists()


SAKAI = (
    "Lab 6/grades.csv",
    "Lab 6/Zhang, San(0023001)/Submission attachment(s)/rnn.py",
    "Lab 6/Zhang, San(0023001)/Feedback Attachment(s)/",
    "Lab 6/, (0023002)/timestamp.txt",
    "Lab 6/Strange (x9)/timestamp.txt",
    "../Evil (0023001)/timestamp.txt",
)


def sakai(path: Path, names: tuple[str, ...]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


def test_sakai_gets_each_page_in_the_folder_that_it_gave(tmp_path: Path, results: Path) -> None:
    marks = book(
        mark(person("0023001", "San Zhang", sakai="0023001")),
        mark(person("0023002", "李四", sakai="0023002")),
    )
    out, template = tmp_path / "back.zip", sakai(tmp_path / "all.zip", SAKAI)
    options: dict[str, Any] = {"template": template, "feedback_dir": results}
    report = export(marks, "sakai-feedback", out=out, **options)

    with zipfile.ZipFile(out) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "Lab 6/Zhang, San(0023001)/Feedback Attachment(s)/feedback.html": b"<p>0023001</p>",
            "Lab 6/, (0023002)/Feedback Attachment(s)/feedback.html": b"<p>0023002</p>",
        }
    assert len(report.of(Action.ROW_ONLY)) == 1
    assert "in English" not in report.render("en")
    sakai(template, (SAKAI[3],))
    assert "in English" in export(marks, "sakai-feedback", out=out, **options).render("en")


ILIAS = (
    "multi_feedback_Lab_6/",
    "multi_feedback_Lab_6/Zhang_San_zhangs_4711/",
    "multi_feedback_Lab_6/Li_Si_li_si_4712/",
    "multi_feedback_Lab_6/Nobody_At_all_4713/",
    "multi_feedback_Lab_6/../Evil_E_evil_4711/",
    "other/Zhang_San_zhangs_4711/",
)


def test_ilias_gets_each_page_in_the_folder_of_the_members_number(
    tmp_path: Path, results: Path
) -> None:
    marks = book(
        mark(person("0023001", "San Zhang", ilias="4711")),
        mark(person("0023002", "Si Li", ilias="4712")),
    )
    out, template = tmp_path / "back.zip", sakai(tmp_path / "structure.zip", ILIAS)
    report = export(marks, "ilias-feedback", out=out, template=template, feedback_dir=results)

    with zipfile.ZipFile(out) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "multi_feedback_Lab_6/Zhang_San_zhangs_4711/feedback.html": b"<p>0023001</p>",
            "multi_feedback_Lab_6/Li_Si_li_si_4712/feedback.html": b"<p>0023002</p>",
        }
    assert len(report.of(Action.ROW_ONLY)) == 1
    assert "tick all files" in report.render("en")


@pytest.mark.parametrize("names", [(), ("rnn.py",), ("Zhang_San_zhangs_4711/rnn.py",)])
def test_what_ilias_did_not_give_is_no_template(
    tmp_path: Path, results: Path, names: tuple[str, ...]
) -> None:
    template = sakai(tmp_path / "structure.zip", names)
    with pytest.raises(UsageError, match="Multi Feedback"):
        export(
            CLASS,
            "ilias-feedback",
            out=tmp_path / "back.zip",
            template=template,
            feedback_dir=results,
        )


@pytest.mark.parametrize("names", [(), ("rnn.py",), ("实验/张三/rnn.py",)])
def test_what_sakai_did_not_give_is_no_template(
    tmp_path: Path, results: Path, names: tuple[str, ...]
) -> None:
    template = sakai(tmp_path / "all.zip", names)
    with pytest.raises(UsageError, match="download all"):
        export(
            CLASS,
            "sakai-feedback",
            out=tmp_path / "back.zip",
            template=template,
            feedback_dir=results,
        )
