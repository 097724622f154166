"""Tidiness by ruff on the student's own lines, and what is known of the PDF."""

from __future__ import annotations

from fractions import Fraction

import pytest
from fpdf import FPDF

from grader import ROOT
from grader.core.model import CheckResult, Outcome, Pdf, Source, Submission, Visibility
from grader.isolation.servers import GUEST
from grader.judging import evidence
from grader.sandbox import ForkServer
from grader.scoring import rubric
from grader.scoring.rubric_schema import Linter
from grader.scoring.score import score
from kit.text import Text


def submission(text: str, pdf: bytes | None = None) -> Submission:
    """One file that holds a part, and perhaps a report."""
    return Submission(
        id="s",
        sha256="",
        sources=(Source("numpy_rnn.py", (text,), "utf-8"),),
        parts={"numpy_rnn": ("numpy_rnn.py",)},
        pdf=None if pdf is None else Pdf("report.pdf", pdf),
    )


def test_the_untouched_starter_has_no_lines_of_its_own() -> None:
    found = evidence.tidiness(submission((ROOT / "starter" / "numpy_rnn.py").read_text("utf-8")))

    assert (found.lines, found.count) == (0, 0)


def test_findings_on_given_lines_do_not_count() -> None:
    given = (ROOT / "starter" / "numpy_rnn.py").read_text("utf-8")
    found = evidence.tidiness(submission(given + "\nimport colorsys\nmine = 1\n"))

    assert found.lines == 2
    assert [f.code for f in found.findings] == ["F401"]


def test_chinese_comments_and_mathematical_names_are_fine() -> None:
    text = "# 前向传播：h_t = tanh(…)\nW_hh, l, O = 1, 2, 3\n张量 = W_hh\nf = lambda x: x\n"

    assert evidence.tidiness(submission(text)).count == 0


def test_a_noqa_of_the_students_has_no_say() -> None:
    found = evidence.tidiness(submission("# ruff: noqa\nimport os  # noqa\n"))

    assert [f.code for f in found.findings] == ["F401"]


@pytest.mark.parametrize(
    ("count", "lines", "earned"),
    [(0, 100, "4"), (2, 100, "4"), (12, 100, "2"), (22, 100, "0"), (90, 100, "0"), (0, 0, "0")],
)
def test_the_share_falls_in_a_straight_line(count: int, lines: int, earned: str) -> None:
    linter = Linter(points="4", full="2", zero="22")

    assert Fraction(earned) == linter.earned(count, lines)


@pytest.fixture(scope="module")
def server():
    with ForkServer("numpy", hash_seed=1, guest=GUEST) as made:
        made.start()
        made.wait_ready(60)
        yield made


def pdf_of(pages: int, text: str) -> bytes:
    """A PDF with the same text on each page."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for _ in range(pages):
        pdf.add_page()
        pdf.cell(text=text)
    return bytes(pdf.output())


def test_pages_and_characters_of_a_report_are_counted(server: ForkServer) -> None:
    found = evidence.report(submission("", pdf_of(3, "loss over epochs")), server)

    assert found is not None
    assert (found.pages, found.characters, found.problem) == (3, 42, None)


@pytest.mark.parametrize("data", [b"%PDF-1.7 nothing", b"%PDF-1.4\n" + bytes(range(256)) * 50])
def test_a_broken_pdf_is_said_to_be_unreadable(server: ForkServer, data: bytes) -> None:
    found = evidence.report(submission("", data), server)

    assert found is not None
    assert found.problem is not None
    assert "open it by hand" in found.problem.en


def test_no_report_is_no_evidence(server: ForkServer) -> None:
    assert evidence.report(submission(""), server) is None


def test_where_the_linter_gives_no_result_a_person_marks_the_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "_ruff", lambda folder: None)
    lab = rubric.load(ROOT / "rubric.yaml")
    passed = {
        check: CheckResult(
            check, lab.part_of(check), Visibility.PUBLIC, Text("", ""), Outcome.PASSED
        )
        for check in lab.check_ids
    }

    found = evidence.tidiness(submission("x = 1\n"))

    assert found is None
    row = score(lab, passed, tidiness=found).rows[-1]
    assert (row.id, row.earned, row.pending) == ("tidiness", 0, 10)
