"""Tidiness by ruff on the student's own lines, and what is known of the PDF."""

from __future__ import annotations

import dataclasses
import re
import time
from fractions import Fraction

import pytest
from fpdf import FPDF

from grader import ROOT
from grader.core.model import CheckResult, Outcome, Pdf, Source, Submission, Visibility
from grader.isolation.reading import HandInReader
from grader.judging import evidence, linting
from grader.judging.judge import Judge
from grader.reader import tidiness as of_reader
from grader.reader.own_lines import own_lines
from grader.scoring import rubric
from grader.scoring.rubric_schema import Linter
from grader.scoring.score import score
from kit.contracts import BY_ID
from kit.text import Text

PARTS = tuple(BY_ID)


@pytest.fixture(scope="module")
def reader(judge: Judge) -> HandInReader:
    """The reader of the run."""
    return judge.reader


def submission(text: str, pdf: bytes | None = None) -> Submission:
    """One file that holds a part, and perhaps a report."""
    return Submission(
        id="s",
        sha256="",
        sources=(Source("numpy_rnn.py", (text,), "utf-8"),),
        parts={"numpy_rnn": ("numpy_rnn.py",)},
        pdf=None if pdf is None else Pdf("report.pdf", pdf),
    )


def test_the_untouched_starter_has_no_lines_of_its_own(reader: HandInReader) -> None:
    found = evidence.tidiness(
        submission((ROOT / "starter" / "numpy_rnn.py").read_text("utf-8")), reader
    )

    assert (found.lines, found.count) == (0, 0)


def test_findings_on_given_lines_do_not_count(reader: HandInReader) -> None:
    found = evidence.tidiness(submission(with_forward("import colorsys", "mine = 1")), reader)

    assert found.lines == 2
    assert {f.code for f in found.findings} >= {"F401"}
    assert {f.line for f in found.findings} <= lines_with(with_forward(*BODY), *BODY)


def test_chinese_comments_and_mathematical_names_are_fine(reader: HandInReader) -> None:
    text = "# 前向传播：h_t = tanh(…)\nW_hh, l, O = 1, 2, 3\n张量 = W_hh\nf = lambda x: x\n"

    assert evidence.tidiness(submission(text), reader).count == 0


def test_a_noqa_of_the_students_has_no_say(reader: HandInReader) -> None:
    found = evidence.tidiness(submission("# ruff: noqa\nimport os  # noqa\n"), reader)

    assert [f.code for f in found.findings] == ["F401"]


def with_tabs(text: str) -> str:
    """The same, indented by an editor that writes tabs."""
    return re.sub(
        r"^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text, flags=re.MULTILINE
    )


@pytest.mark.parametrize("part", ["numpy_rnn", "poems"])
def test_tabs_are_one_habit_and_not_a_finding_on_every_line(
    reader: HandInReader, part: str
) -> None:
    text = (ROOT / "solutions" / f"{part}.py").read_text("utf-8")
    worse = text.replace("return", "import colorsys; return", 2)  # two lines with more findings
    plain, tabs, both = (
        evidence.tidiness(submission(each), reader)
        for each in (text, with_tabs(text), with_tabs(worse))
    )

    assert tabs.lines == plain.lines > 20
    assert tabs.count == plain.count + 1
    assert [f.code for f in tabs.findings if f not in plain.findings] == ["W191"]
    assert both.count > tabs.count + 1
    # The linter itself finds one on nearly every line, which cost all points.
    output = linting.lint({"a.py": with_tabs(text)}, reader.tier)
    assert output is not None
    assert output.data.count(b" W191 ") > plain.lines / 2


def test_each_file_with_mixed_indentation_is_one_finding(reader: HandInReader) -> None:
    texts = dict.fromkeys(("a.py", "b.py"), "if 1:\n" + "\tif 2:\n\t    x = 1\n" * 20)
    sources = tuple(Source(name, (text,), "utf-8") for name, text in texts.items())
    handed_in = dataclasses.replace(
        submission(""), sources=sources, parts={"poems": ("a.py", "b.py")}
    )

    found = evidence.tidiness(handed_in, reader)

    assert sorted((f.path, f.code) for f in found.findings) == [
        (name, code) for name in texts for code in ("E101", "W191")
    ]


STARTER = (ROOT / "starter" / "numpy_rnn.py").read_text("utf-8")
BODY = ("import colorsys", "mine = 1")


def with_forward(*lines: str) -> str:
    """The starter, in which ``RNN.forward`` is filled with `lines`."""
    stub = r'raise NotImplementedError\(\s*"RNN\.forward: .*?\n {8}\)'
    text, count = re.subn(stub, ("\n" + " " * 8).join(lines), STARTER, flags=re.DOTALL)
    assert count == 1
    return text


def lines_with(text: str, *texts: str) -> set[int]:
    """The lines of `text` that are one of `texts`."""
    return {n for n, line in enumerate(text.split("\n"), 1) if line.strip() in texts}


@pytest.mark.parametrize(
    "added",
    [
        "# a comment\n" * 30,
        "\n" * 30,
        '"""A docstring.\n\nOver some lines.\n"""\n' * 10,
        "'one string'\n" * 30,
        "def odd():\n    raise NotImplementedError(\n        'f: 旧的 | an older text'\n    )\n",
        "x = 1  # a comment\n" + "# more\n" * 40,
        "x = '''\nline\nline\n'''\n",
    ],
)
def test_comments_blanks_and_docstrings_add_nothing_to_the_lines(
    added: str, reader: HandInReader
) -> None:
    assert evidence.tidiness(submission(STARTER + added), reader).lines == 0
    found = evidence.tidiness(submission(added), reader)

    assert found.lines == added.count("x = ") + added.count("def ")


@pytest.mark.parametrize(
    "added",
    [
        "".join(f"CONSTANT_{i} = {i}\n" for i in range(40)),
        "def unused():\n" + "    pass\n" * 40,
        "class Mine:\n" + "    pass\n" * 40,
        "if __name__ == '__main__':\n" + "    pass\n" * 40,
        "for i in range(3):\n" + "    i += 1\n" * 40 + "(\n",  # does not parse
    ],
)
def test_code_that_no_blank_uses_earns_no_tidiness(added: str, reader: HandInReader) -> None:
    for text in (STARTER + added, added + STARTER):
        assert evidence.tidiness(submission(text), reader).lines == 0


@pytest.mark.parametrize(
    "lines",
    [
        tuple(f"a{i} = {i}" for i in range(40)),
        ("for i in range(3):", *(f"    a{i} = {i}" for i in range(40))),
        ('"""Text."""', *(f"a{i} = {i}" for i in range(40))),
    ],
    ids=["before", "in a loop", "below a docstring"],
)
def test_a_blank_that_still_raises_earns_no_tidiness(
    lines: tuple[str, ...], reader: HandInReader
) -> None:
    left = with_forward(*lines, "raise NotImplementedError")
    returned = with_forward(*lines, "return 1")

    assert evidence.tidiness(submission(left), reader).lines == 0
    assert evidence.tidiness(submission(returned), reader).lines > 40


@pytest.mark.parametrize("line", ["pass", "count = 1", "...", "1,"])
def test_one_line_many_times_adds_little(line: str, reader: HandInReader) -> None:
    long = ("a=1;b=2" + " " * 120 + "+3", "c = a", "return c")
    many = ["d = [", *[line] * 1500, "]"] if line == "1," else [line] * 1500
    once = evidence.tidiness(submission(with_forward(*long)), reader)
    often = evidence.tidiness(submission(with_forward(*many, *long)), reader)

    assert once.count > 0
    assert once.lines < often.lines <= once.lines + of_reader.REPEATS + 2


def test_what_a_filled_blank_uses_counts_with_it(reader: HandInReader) -> None:
    helpers = """
FIRST = 1


def deeper():
    return FIRST


class Steps:
    def run(self):
        return deeper()


def unused():
    return FIRST
"""
    text = with_forward("steps = Steps()", "return steps.run()") + helpers
    found = evidence.tidiness(submission(text), reader)

    assert found.lines == 2 + 1 + 2 + 3
    assert not found.count


@pytest.mark.parametrize("part", PARTS)
def test_all_lines_of_a_solution_count(part: str, reader: HandInReader) -> None:
    text = (ROOT / "solutions" / f"{part}.py").read_text("utf-8")
    own = own_lines(text, evidence.given()).statements

    assert evidence.tidiness(submission(text), reader).lines == len(own) > 10


def test_a_blank_of_another_name_hides_no_work(reader: HandInReader) -> None:
    text = (ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8")
    before = evidence.tidiness(submission(text), reader).lines
    for old in ("forward_all", "backward_all", "forward", "backward", "gradient_check", "sample"):
        text = re.sub(rf"\b{old}\b", f"my_{old}", text)

    assert evidence.tidiness(submission(text), reader).lines >= before


def test_an_older_starter_with_other_comments_and_words_has_no_lines_of_its_own(
    reader: HandInReader,
) -> None:
    older = re.sub(r"  # .*", "  # an older comment", STARTER)
    older = re.sub(r'print\(f".*"\)', 'print(f"an older text {x}")', older)
    assert older != STARTER

    assert evidence.tidiness(submission(older), reader).lines == 0


@pytest.mark.parametrize("end", ["\f", "\v", "\x85", "\u2028", "\x1c"])
def test_lines_are_the_linters(end: str, reader: HandInReader) -> None:
    text = f"# {end * 9}\n{with_forward('import colorsys')}"
    found = evidence.tidiness(submission(text), reader)

    assert found.lines == 1
    assert {f.line for f in found.findings if f.code == "F401"} == lines_with(text, BODY[0])


def test_a_statement_counts_by_each_line_with_a_part_of_it() -> None:
    text = (
        'y = [\n    "a"\n    "b",\n    # no\n\n    2,\n]\nz = y + \\\n    [3]\nif z: y = 1; w = 2\n'
    )

    # The starter has lines of "]" and of '"",' too.
    assert own_lines(text, evidence.given()).statements >= {1, 6, 8, 9, 10}
    assert not own_lines(text, evidence.given()).statements & {4, 5}


@pytest.mark.parametrize(
    "text", ["'''" * 200_001, "'" * 600_000, "\\'" * 300_000, "rb" * 300_000, "(" * 600_000]
)
def test_own_lines_are_found_in_linear_time(text: str) -> None:
    start = time.process_time()
    own_lines(text, evidence.given())

    assert time.process_time() - start < 5


def test_findings_beyond_the_limit_count_for_every_line(
    monkeypatch: pytest.MonkeyPatch, reader: HandInReader
) -> None:
    text = "".join(f"a{n} = 1;\n" for n in range(2000))
    text += "".join(f"b{n} = 2\n" for n in range(2000))
    limits = dataclasses.replace(linting.LIMITS, output_bytes=20_000)
    monkeypatch.setattr(linting, "LIMITS", limits)
    found = evidence.tidiness(submission(text), reader)

    assert (found.lines, found.count) == (4000, 4000)
    assert 0 < len(found.findings) <= of_reader.MAX_FINDINGS


def test_a_syntax_error_is_a_finding(reader: HandInReader) -> None:
    found = evidence.tidiness(submission("x = )\n"), reader)

    assert "invalid-syntax" in {f.code for f in found.findings}


def test_texts_of_fixes_are_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, reader: HandInReader
) -> None:
    # The fix of each of these findings is as long as the line: together they are 28 MB.
    text = "a == " + "None == " * 2000 + "a\n"
    outputs = []
    ruff = linting._ruff
    monkeypatch.setattr(linting, "_ruff", lambda *args: outputs.append(ruff(*args)) or outputs[0])
    found = evidence.tidiness(submission(text), reader)

    assert found.count >= 2000
    assert len(outputs[0].data) < 1_000_000


@pytest.mark.parametrize(
    ("count", "lines", "earned"),
    [(0, 100, "4"), (2, 100, "4"), (12, 100, "2"), (22, 100, "0"), (90, 100, "0"), (0, 0, "0")],
)
def test_the_share_falls_in_a_straight_line(count: int, lines: int, earned: str) -> None:
    linter = Linter(points="4", full="2", zero="22")

    assert Fraction(earned) == linter.earned(count, lines)


def pdf_of(pages: int, text: str) -> bytes:
    """A PDF with the same text on each page."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for _ in range(pages):
        pdf.add_page()
        pdf.cell(text=text)
    return bytes(pdf.output())


def test_pages_and_characters_of_a_report_are_counted(reader: HandInReader) -> None:
    found = evidence.report(submission("", pdf_of(3, "loss over epochs")), reader)

    assert found is not None
    assert (found.pages, found.characters, found.problem) == (3, 42, None)


@pytest.mark.parametrize("data", [b"%PDF-1.7 nothing", b"%PDF-1.4\n" + bytes(range(256)) * 50])
def test_a_broken_pdf_is_said_to_be_unreadable(data: bytes, reader: HandInReader) -> None:
    found = evidence.report(submission("", data), reader)

    assert found is not None
    assert found.problem is not None
    assert "open it by hand" in found.problem.en


def test_no_report_is_no_evidence(reader: HandInReader) -> None:
    assert evidence.report(submission(""), reader) is None


def test_where_the_linter_gives_no_result_a_person_marks_the_row(
    monkeypatch: pytest.MonkeyPatch, reader: HandInReader
) -> None:
    monkeypatch.setattr(linting, "_ruff", lambda folder, tier: None)
    lab = rubric.load(ROOT / "rubric.yaml")
    passed = {
        check: CheckResult(
            check, lab.part_of(check), Visibility.PUBLIC, Text("", ""), Outcome.PASSED
        )
        for check in lab.check_ids
    }

    found = evidence.tidiness(submission("x = 1\n"), reader)

    assert found is None
    row = score(lab, passed, tidiness=found).rows[-1]
    assert (row.id, row.earned, row.pending) == ("tidiness", 0, 10)
