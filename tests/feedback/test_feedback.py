"""What people and programs read of a report: complete, in both languages, safe, nothing hidden."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from made_reports import RUBRIC, report_of, result

from grader import ROOT
from grader.core.model import (
    Diagnosis,
    Evidence,
    GradeReport,
    LintFinding,
    Outcome,
    Pdf,
    Place,
    ReportEvidence,
    Tidiness,
)
from grader.export import gradescope
from grader.feedback import html, report_json, staff_links, terminal, words
from grader.feedback.clean import clean, clean_line
from grader.scoring.rubric import load
from grader.scoring.score import score
from kit.locate import Unparsed
from kit.text import Text

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egnp.exe\ud800\x00"
SECRET = "HIDDEN-0.123456789"


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PASSED])
def test_every_outcome_is_named_in_both_languages(outcome: Outcome) -> None:
    page = html.render(report_of(result("poems.public", outcome)), staff=False)

    assert words.OUTCOMES[outcome].zh in page
    assert words.OUTCOMES[outcome].en in page


def test_the_student_reads_the_message_and_the_hint_of_a_lost_point() -> None:
    hint = Diagnosis("m", Text("很可能是排序", "probably the sorting"))
    page = html.render(report_of(result("poems.public", diagnosis=(hint,))), staff=False)

    for sentence in ("中文说明", "the English sentence", "很可能是排序", "probably the sorting"):
        assert sentence in page


def test_one_mistake_is_explained_once_with_a_command_that_shows_it() -> None:
    hint = Diagnosis("m", Text("很可能是排序", "probably the sorting"))
    failing = [result(name, diagnosis=(hint,)) for name in RUBRIC.check_ids]
    page = html.render(report_of(*failing), staff=False)

    assert page.count("probably the sorting") == 1
    assert "3 checks, 6.00 points" in page
    assert "pytest -k poems.public" in page
    assert page.count('href="#cause-1"') == 3


def test_three_causes_are_open_and_the_rest_is_folded() -> None:
    failing = [result(name, message=Text(name, name)) for name in RUBRIC.check_ids]
    page = html.render(report_of(*failing), staff=False)

    assert page.count('class="cause"') == 3
    assert words.MORE_CAUSES.en + " <span" not in page


def test_staff_notes_are_on_the_page_of_the_staff_alone() -> None:
    report = report_of(result("poems.hidden", staff_note=SECRET))

    assert SECRET in html.render(report, staff=True)
    assert SECRET not in html.render(report, staff=False)
    assert SECRET not in gradescope.dumps(report)
    assert SECRET not in report_json.dumps(report)


def test_a_hostile_submission_can_put_no_code_and_no_control_characters_on_a_page() -> None:
    report = report_of(
        result("poems.public", message=Text(HOSTILE, HOSTILE)),
        id="alice",
        path=HOSTILE,
        notices=(Text(HOSTILE, HOSTILE),),
    )

    for page in (html.render(report, staff=False), html.render(report, staff=True)):
        page.encode("utf-8")
        assert "<script" not in page
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)
    for text in (report_json.dumps(report), gradescope.dumps(report)):
        text.encode("utf-8")
        assert "\\u202e" not in text.replace("\\\\", "")


def test_a_page_loads_nothing_from_anywhere() -> None:
    page = html.render(report_of(result("poems.public")), staff=False)

    assert "Content-Security-Policy" in page
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"(src|href)\s*=|url\(|@import", page)


def test_results_json_has_the_form_that_gradescope_takes() -> None:
    report = report_of(result("poems.public", Outcome.PARTIAL), result("poems.hidden"))
    data = json.loads(gradescope.dumps(report, "en"))

    assert data["score"] == 2.0  # half of 3, and the third check's 0.5
    names = [t["name"].split()[0] for t in data["tests"]]
    assert names == list(RUBRIC.check_ids)
    assert [t["score"] for t in data["tests"]] == [1.5, 0.0, 0.5]
    assert [t["max_score"] for t in data["tests"]] == [3.0, 2.5, 0.5]
    assert {t["status"] for t in data["tests"]} <= {"passed", "failed"}
    assert data["tests"][1]["visibility"] != "visible"
    assert "still to be marked" in data["output"] or "pending" in data["output"].lower()


def test_report_json_holds_what_the_design_promises() -> None:
    evidence = Evidence(
        Tidiness(10, 1, (LintFinding("poems.py", 3, "F401", "unused"),)),
        ReportEvidence("r.pdf", 5, 900),
    )
    data = json.loads(report_json.dumps(report_of(result("poems.public"), evidence=evidence)))

    assert data["schema"] == 1
    assert set(data["submission"]) >= {"id", "sha256", "files", "parts"}
    assert data["score"]["earned"] == "3.00"
    assert data["score"]["possible"] == "10.00"
    assert data["score"]["pending"] == "4.00"
    assert [row["id"] for row in data["score"]["rows"]] == ["code", "report"]
    assert isinstance(data["checks"][0]["diagnosis"], list)
    assert set(data["checks"][0]["message"]) == {"zh", "en"}
    assert data["environment"]["isolation"] == "full"
    assert data["evidence"]["report"] == {
        "path": "r.pdf", "pages": 5, "characters": 900, "problem": None,
    }  # fmt: skip


def test_the_same_report_gives_the_same_bytes() -> None:
    reports = [report_of(result("poems.public")) for _ in range(2)]

    for write in (report_json.dumps, gradescope.dumps):
        assert write(reports[0]) == write(reports[1])
    assert html.render(reports[0], staff=False) == html.render(reports[1], staff=False)


def test_a_refused_submission_says_why_on_every_form() -> None:
    why = Text("这不是 zip", "this is not a zip")
    missing = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
    report = report_of(*missing, refusal=why)

    assert report.status == "not_gradable"
    for text in (html.render(report, staff=False), report_json.dumps(report)):
        assert why.zh in text
        assert why.en in text
    assert why.en in gradescope.dumps(report, "en")


def printed(report: GradeReport, lang: str = "en") -> str:
    stream = io.StringIO()
    terminal.render(report, terminal.make_console(stream), lang)
    return stream.getvalue()


def test_a_refusal_is_said_once_to_people() -> None:
    """Not once for each of the checks that could not run."""
    why = Text("这不是 zip", "this is not a zip")
    missing = [result(c, Outcome.MISSING, message=why) for c in RUBRIC.check_ids]
    advice = result("poems.advice", Outcome.MISSING, message=why, advice=True)
    report = report_of(*missing, refusal=why)
    report = dataclasses.replace(report, advice=(advice,))

    for staff in (False, True):
        page = html.render(report, staff=staff)
        assert page.count(why.en) == 1
        assert words.NOT_FOUND.en not in page
        said = words.NO_MARK_STAFF if staff else words.NO_MARK
        assert said.en in page  # and no 0.00, which would read as a mark
        assert "0.00" not in page
    assert printed(report).count(why.en) == 1
    assert words.NO_MARK.en in printed(report)
    assert "0.00" not in printed(report)


def test_a_file_that_cannot_be_read_is_one_cause_and_one_line() -> None:
    messages = {
        "poems.public": "process_poems is not defined: syntax",
        "poems.hidden": "RNN",
    }
    missing = [
        result(id, Outcome.MISSING, message=Text(messages.get(id, id), messages.get(id, id)))
        for id in RUBRIC.check_ids
    ]
    report = report_of(*missing)
    why = Text("poems.py 第 3 行：语法错误。", "poems.py, line 3: syntax error.")
    submission = replace(report.submission, unparsed=(Unparsed("poems.py", 1, why),))
    page = html.render(replace(report, submission=submission), staff=False)
    causes, _, part = page.partition('id="part-poems"')

    assert causes.count("line 3: syntax error") == 1
    assert part.count("line 3: syntax error") == 1
    assert "3 checks, 6.00 points" in causes
    assert "The checks of this part" in part
    assert not any(message in page for message in messages.values())


@pytest.mark.parametrize("outcome", [Outcome.MISSING, Outcome.SKIPPED])
def test_a_part_that_was_not_handed_in_is_folded_on_the_page(outcome: Outcome) -> None:
    why = Text("没有交", "not handed in")
    report = report_of(*(result(c, outcome, message=why) for c in RUBRIC.check_ids))
    submission = replace(report.submission, parts={"poems": ()})
    page = html.render(replace(report, submission=submission), staff=False)
    part = page.partition('id="part-poems"')[2]

    assert part.count("not handed in") == 1
    assert "The checks of this part" in part
    assert '<span class="count">3</span>' in part
    assert all(id in part for id in RUBRIC.check_ids)


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        (Outcome.FAILED, True),
        (Outcome.TIMED_OUT, True),
        (Outcome.PASSED, False),
        (Outcome.NOT_ATTEMPTED, False),
        (Outcome.MISSING, False),
        (Outcome.BLOCKED, False),
    ],
)
def test_advice_is_shown_where_it_helps(outcome: Outcome, shown: bool) -> None:
    report = report_of(result("poems.advice", outcome, advice=True))

    assert ("poems.advice" in html.render(report, staff=False)) is shown


def test_several_lines_are_called_lines() -> None:
    found = Diagnosis("m", Text("提示", "hint"), (Place("a.py", 3, 7, "def f():"),))
    page = html.render(report_of(result("poems.public", diagnosis=(found,))), staff=False)

    assert "a.py, lines 3-7" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_part_that_was_not_handed_in_is_one_line_on_the_terminal(lang: str) -> None:
    why = Text("没有 poems", "there are no poems")
    ids = [c for c in RUBRIC.check_ids if c.startswith("poems.")]
    advice = result("poems.advice", Outcome.MISSING, message=why, advice=True)
    report = report_of(*(result(c, Outcome.MISSING, message=why) for c in ids))
    submission = dataclasses.replace(report.submission, parts={})
    report = dataclasses.replace(report, submission=submission, advice=(advice,))
    text = printed(report, lang)

    assert len(ids) > 1
    assert text.count(why.pick(lang)) == 1
    assert f"- {len(ids)} " in text
    assert "poems.advice" not in text


def linted(lines: int, count: int) -> GradeReport:
    """A report with the rows of Lab 6, where the linter found `count` on `lines`."""
    lab = load(ROOT / "rubric.yaml")
    passed = {name: result(name, Outcome.PASSED) for name in lab.check_ids}
    rows = score(lab, passed, tidiness=Tidiness(lines, count, ())).rows
    report = report_of()
    return dataclasses.replace(report, score=dataclasses.replace(report.score, rows=rows))


@pytest.mark.parametrize(
    ("count", "lines", "said"),
    [
        (0, 18, "gives 2.40 of 4.00: 0 findings on 18 lines of your own (up to 2 in 100 lines"),
        (0, 18, "; fewer than 30 lines of your own earn in proportion"),
        (8, 100, "gives 2.80 of 4.00: 8 findings on 100 lines"),
        (1, 18, "gives 1.97 of 4.00: 1 finding on 18 lines"),
    ],
)
def test_what_the_linter_took_is_explained(count: int, lines: int, said: str) -> None:
    report = linted(lines, count)
    assert said in html.render(report, staff=False)
    assert said in " ".join(printed(report).split())
    assert said in report_json.dumps(report)


def test_staff_read_whose_it_is_and_students_do_not() -> None:
    report = report_of()
    staff = html.render(report, staff=True, people=("张三 2023001", "<b> 2023002"))

    assert "张三 2023001, &lt;b&gt; 2023002" in staff
    assert 'href="../index.html"' in staff
    assert "张三" not in html.render(report, staff=False, people=("张三 2023001",))
    assert "../index.html" not in html.render(report, staff=True)


def test_staff_open_the_report_where_there_is_one() -> None:
    report = report_of()
    assert "report.pdf" not in html.render(report, staff=True)
    held = replace(report.submission, pdf=Pdf("a/报告.pdf", b"%PDF"))
    report = replace(report, submission=held)
    assert 'href="report.pdf"' in html.render(report, staff=True)
    assert 'href="report.pdf"' not in html.render(report, staff=False)


def pages_of(folder: Path, ids: Sequence[str]) -> None:
    for id in ids:
        (folder / id).mkdir()
        page = html.render(report_of(), staff=True, people=("张三",))
        (folder / id / "staff.html").write_text(page, "utf-8")


def led_to(folder: Path, id: str) -> list[str]:
    """Where the page before and the page after lie, of a staff page."""
    text = (folder / id / "staff.html").read_text("utf-8")
    links = re.findall(r'<a rel="(prev|next)" href="([^"]+)"', text)
    for _, link in links:
        assert (folder / id / unquote(link)).resolve().is_file()
    return [f"{relation} {unquote(link)}" for relation, link in links]


def test_a_staff_page_leads_to_the_one_before_and_the_one_after(tmp_path: Path) -> None:
    ids = ["a", r"李 \1 #2%41", "c"]
    pages_of(tmp_path, ids)

    # A group has several lines in the gradebook; who handed nothing in has no page.
    staff_links.connect(tmp_path, ["a", "a", "", ids[1], "nothing", "c"])

    assert led_to(tmp_path, "a") == [f"next ../{ids[1]}/staff.html"]
    assert led_to(tmp_path, ids[1]) == ["prev ../a/staff.html", "next ../c/staff.html"]
    assert led_to(tmp_path, "c") == [f"prev ../{ids[1]}/staff.html"]

    # One arrives between two others, and a page that is made again keeps its links.
    pages_of(tmp_path, ["b"])
    staff_links.connect(tmp_path, ["a", "b", ids[1], "c"])
    assert led_to(tmp_path, "a") == ["next ../b/staff.html"]
    page = tmp_path / "b" / "staff.html"
    again = html.render(report_of(), staff=True, people=("张三",))
    page.write_text(staff_links.keep(again, page), "utf-8")
    assert led_to(tmp_path, "b") == ["prev ../a/staff.html", f"next ../{ids[1]}/staff.html"]


def test_an_optional_row_says_so() -> None:
    lab = load(ROOT / "rubric.yaml")
    rows = score(lab, {c: result(c, Outcome.SKIPPED) for c in lab.check_ids}).rows
    notes = {row.id: row.note.en for row in rows if row.note is not None}
    assert notes == {"extensions": "optional: what passes earns, up to 10"}


def test_a_linter_that_took_nothing_is_not_in_the_terminal() -> None:
    report = linted(100, 1)
    assert "findings" not in printed(report)


def test_untouched_blanks_are_folded_behind_the_failures() -> None:
    blank = Text("未作答（a.py 第 3 行）f：写", "not attempted yet (a.py, line 3) f: write it")
    place = Text("未作答（a.py 第 3 行）", "not attempted yet (a.py, line 3)")
    report = report_of(
        result("poems.public", Outcome.NOT_ATTEMPTED, message=blank, blank="a.py:3"),
        result("poems.hidden", Outcome.NOT_ATTEMPTED, message=place, blank="a.py:3"),
        result("poems.third", message=Text("错", "wrong here")),
    )
    page = html.render(report, staff=False)

    assert page.count("not attempted yet") == 1
    assert page.index("wrong here") < page.index("<details") < page.index("not attempted yet")
    assert "0 / 5.50" in page
    assert "poems.hidden" in page
    assert page.count('class="check lost"') == 1
    text = printed(report)
    assert text.count("not attempted yet") == 1
    assert text.index("wrong here") < text.index("not attempted yet")


def test_blanks_of_other_places_stand_apart() -> None:
    report = report_of(
        result("poems.public", Outcome.NOT_ATTEMPTED, message=Text("一", "one"), blank="a.py:3"),
        result("poems.hidden", Outcome.NOT_ATTEMPTED, message=Text("二", "one"), blank="a.py:31"),
    )
    assert html.render(report, staff=False).count('class="check blank"') == 2


def test_the_terminal_begins_with_the_score() -> None:
    assert "total: 3.00 / 10.00 (pending 4.00)" in printed(report_of(result("poems.public")))[:200]


def test_a_formula_is_kept_on_one_line_and_escaped() -> None:
    said = html.formulas("dL/dh_{t-1} <b> x_{<i>} W_{hh}")
    assert said.count('<span class="formula">') == 2
    assert '<span class="formula">dL/dh_{t-1}</span>' in said
    assert "<b>" not in said
    assert "<i>" not in said


def test_a_fault_of_the_grader_shows_the_student_no_traceback() -> None:
    broken = result("poems.public", Outcome.GRADER_ERROR, staff_note="Traceback: judge.py")
    report = report_of(broken)

    assert report.status == "grader_error"
    assert "judge.py" not in html.render(report, staff=False)
    assert "judge.py" in html.render(report, staff=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_prints_plain_text_where_it_is_no_terminal(lang: str) -> None:
    stream = io.StringIO()
    console = terminal.make_console(stream)
    failed = result("poems.public", message=Text(HOSTILE, HOSTILE))
    with terminal.CheckProgress(console, lang) as progress:
        progress.start("alice", 3)
        progress.check_done(failed)
    terminal.render(report_of(failed), console, lang)
    printed = stream.getvalue()

    assert "\x1b" not in printed
    assert "\x00" not in printed
    assert "poems.public" in printed
    printed.encode("gbk")


def test_cleaning_keeps_chinese_and_bounds_what_is_long() -> None:
    assert clean("张三：第 3 行\n\t好") == "张三：第 3 行\n\t好"
    assert len(clean("x" * 10**6)) < 5000
    assert clean_line("a\nb\x1bc") == "a b\\x1bc"


def test_what_a_student_reads_does_not_say_how_long_anything_took() -> None:
    """Code that has seen a hidden input can take as long as it likes."""
    quick = report_of(result("poems.public"), result("poems.hidden"))
    checks = tuple(
        dataclasses.replace(check, result=dataclasses.replace(check.result, seconds=12.345))
        for check in quick.score.checks
    )
    slow = dataclasses.replace(
        quick, seconds=67.89, score=dataclasses.replace(quick.score, checks=checks)
    )

    assert gradescope.dumps(slow) == gradescope.dumps(quick)
    assert html.render(slow, staff=False) == html.render(quick, staff=False)
    assert html.render(slow, staff=True) != html.render(quick, staff=True)
