"""A class of the lab with code, outcomes and causes, made without grading: to mark at the desk."""

from __future__ import annotations

import functools
import io
import random
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

from fpdf import FPDF
from marked_class import made_key
from PIL import Image

from grader import ROOT
from grader.core.materials import Material
from grader.core.model import (
    CheckResult,
    Diagnosis,
    Environment,
    Evidence,
    LintFinding,
    Outcome,
    Place,
    ReportEvidence,
    Source,
    Submission,
    Tidiness,
)
from grader.core.report_evidence import EXPECTED, Claim, Finding, Passage, ReportReading
from grader.handins.records import Person
from grader.marking import kept_materials
from grader.marking.pages import Lateness, keep_pdf, pages
from grader.parts import checks
from grader.records import gradebook_builder, kept_report
from grader.records.marks import Marks
from grader.records.present_marks import PresentMarks
from grader.records.roster_snapshot import RosterSnapshot, SnapshotEntry
from grader.records.store import Store
from grader.scoring import rubric as rubrics
from grader.scoring.rubric import Rubric
from grader.scoring.score import build_report
from kit.text import Text

HOSTILE_NAME: Final = "<img src=x onerror=alert(1)>\"'‮gpj"
HOSTILE_CODE: Final = "</code></td><script>document.title='owned'</script>\nx = '{{ 7*7 }}'\n"
FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
ENVIRONMENT: Final = Environment("3.11", "2.0", "2.13", "cpu", "full")
HINT: Final = Diagnosis(
    "previous_state",
    Text(
        "你的 dWhh 与用 h_t 代替 h_{t-1} 得到的完全一致。",
        "Your dWhh is what you get when h_t is used in place of h_{t-1}.",
    ),
    (Place("numpy_rnn.py", 40, 40, "dWhh += dz.T @ h[t]"),),
)
_BAD: Final = (Outcome.FAILED, Outcome.PARTIAL, Outcome.CRASHED, Outcome.NOT_ATTEMPTED)


def desk_class(out: Path, size: int = 12, *, written: bool = False, reports: bool = False) -> Path:
    """A results folder of `size` hand-ins; `written`: with their pages, as a batch leaves them.

    The first are perfect, poor, empty and hostile. Each folder is a copy of one that is made once.
    """
    made = _made(size, written, reports)
    return shutil.copytree(made.name, out, dirs_exist_ok=True)


@functools.cache
def _made(size: int, written: bool, reports: bool) -> tempfile.TemporaryDirectory[str]:
    """The results folder that the others are copies of; it goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="desk-class-")
    _make(Path(folder.name), size, written=written, reports=reports)
    return folder


def _make(out: Path, size: int, *, written: bool, reports: bool) -> None:
    text = (ROOT / "rubric.yaml").read_text("utf-8")
    rubric = rubrics.parse(text.encode("utf-8"))
    infos = {info.id: info for info in checks.checks_of(checks.part_names())}
    entries = []
    with Store(out / gradebook_builder.DATABASE) as store:
        for number in range(size):
            draw = random.Random(number)
            name = HOSTILE_NAME if number == 3 else draw.choice(FAMILY) + draw.choice(GIVEN)
            person = Person(f"20230{number:03d}", name, email=f"s{number:03d}@school.example")
            hand_in = f"{person.student_id}-{'hostile' if number == 3 else name}"
            at = datetime(2026, 11, 20, 8, tzinfo=UTC) + timedelta(hours=number)
            entries.append(SnapshotEntry(hand_in, (person,), at, number % 9 == 5))
            share = {0: 1.0, 1: 0.2, 2: 0.0}.get(number, draw.uniform(0.5, 1))
            results = [_result(infos[id], _outcome(draw, share)) for id in rubric.check_ids]
            _grade(store, hand_in, person, rubric, results, number)
        store.keep_class(RosterSnapshot("plain", tuple(entries), (), (), text).to_json())
        for number, entry in enumerate(entries if reports else ()):
            if number != 2:
                (out / entry.id).mkdir(parents=True, exist_ok=True)
                keep_pdf(out / entry.id, pdf_of(entry.people[0]))
                kept_materials.keep(out / entry.id, _materials(entry.people[0], number))
        if written:
            people = PresentMarks(rubric)
            for entry in entries:
                _write(out, entry, store, people)


def pdf_of(person: Person, pages: int = 3) -> bytes:
    """A report that names its author."""
    made = FPDF()
    made.set_font("helvetica", size=18)
    for number in range(pages):
        made.add_page()
        made.cell(
            text=f"Lab 6, page {number + 1}, by {person.student_id}", new_x="LMARGIN", new_y="NEXT"
        )
        for line in range(30):
            made.cell(
                text=f"{line}: the loss falls from 4.2 to 1.8 in ten epochs.",
                new_x="LMARGIN",
                new_y="NEXT",
            )
    return bytes(made.output())


def _materials(person: Person, number: int) -> tuple[Material, ...]:
    """A log and a picture, named by their author."""
    log = f"{person.name} {person.student_id}\nepoch 1 loss 4.2\nepoch 25 loss 1.534\n"
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), (20 * number, 90, 160)).save(picture, "PNG")
    return (
        Material(f"图/{person.name}.png", picture.getvalue()),
        Material(f"logs/{person.name}.txt", (log + (HOSTILE_CODE if number == 3 else "")).encode()),
    )


def _outcome(draw: random.Random, share: float) -> Outcome:
    if share == 0:
        return Outcome.NOT_ATTEMPTED
    return Outcome.PASSED if draw.random() < share else draw.choice(_BAD)


def _result(info: checks.CheckInfo, outcome: Outcome) -> CheckResult:
    backward = info.id.startswith("numpy_rnn.backward")
    failed = outcome is Outcome.FAILED
    return CheckResult(
        id=info.id,
        part=info.part,
        visibility=info.visibility,
        title=info.title,
        outcome=outcome,
        message=Text(
            "dWhh 与参考值不同：最大差 0.31。", "dWhh differs from the reference by up to 0.31."
        )
        if failed
        else Text("", ""),
        fraction=Fraction(1, 3) if outcome is Outcome.PARTIAL else Fraction(0),
        diagnosis=(HINT,) if failed and backward else (),
        seconds=0.02,
    )


def _grade(
    store: Store,
    hand_in: str,
    person: Person,
    rubric: Rubric,
    results: Sequence[CheckResult],
    number: int,
) -> None:
    sources = () if number == 2 else _sources(person, number)
    sha256 = f"{number:064x}"
    runs = []
    for part in rubric.parts():
        run = store.open_run(made_key(part, sha256))
        for result in results:
            if result.part == part:
                run.record(result)
        run.finish()
        runs.append(run.id)
    findings = tuple(
        LintFinding("numpy_rnn.py", line, "E225", "missing whitespace around operator")
        for line in range(12, 60, 11)
    )
    report = build_report(
        Submission(
            hand_in,
            sha256,
            sources=sources,
            others=("logs/train.txt", f"报告_{person.name}.docx"),
            parts={"numpy_rnn": ("numpy_rnn.py",)} if sources else {},
        ),
        results,
        rubric,
        environment=ENVIRONMENT,
        secret_fingerprint="f",
        grader_version="1",
        evidence=Evidence(
            Tidiness(200, len(findings), findings if sources else ()),
            ReportEvidence(f"report_{person.name}.pdf", 3, 9000, reading=_reading(person, number))
            if sources
            else None,
        ),
        runs=tuple(runs),
    )
    store.add_grading(
        hand_in, "k", sha256, report.status, Marks.of(report), kept_report.keep(report)
    )


def _sources(person: Person, number: int) -> tuple[Source, ...]:
    code = (ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8")
    signed = f"# 姓名：{person.name}，学号 {person.student_id}\n# {person.email}\n"
    if number == 3:
        signed += HOSTILE_CODE
    notebook = Source(
        f"作业 {person.name}.ipynb", ("import torch\nx = 1", "# 第二个单元格\nprint(x)"), "utf-8"
    )
    return Source("numpy_rnn.py", (signed + code,), "utf-8"), notebook


def _reading(person: Person, number: int) -> ReportReading:
    """As of a good report; of the hostile hand-in its words are hostile."""
    words = f"图 1：{person.name} 的损失曲线" + (HOSTILE_CODE if number == 3 else "")
    passage = Passage(2, words)
    some = {
        "purpose",
        "results",
        "analysis",
        "module_rnn",
        "module_poems",
        "loss_curve",
        "temperatures",
    }
    return ReportReading(
        scanned=0,
        pictures=2,
        figures=(passage, Passage(3, "图 2 梯度")),
        tables=(),
        findings=tuple(Finding(e.id, (passage,) if e.id in some else ()) for e in EXPECTED),
        claims=(
            Claim("loss", "1.53", passage, f"logs/{person.name}.txt", "1.534", True),
            Claim("epochs", "30", passage, f"logs/{person.name}.txt", "25"),
        ),
        logs=(f"logs/{person.name}.txt",),
    )


def _write(out: Path, entry: SnapshotEntry, store: Store, people: PresentMarks) -> None:
    graded, kept = store.gradings(entry.id)[-1], store.report(entry.id)
    assert kept is not None
    results: dict[str, CheckResult] = {}
    for run in graded.marks.runs:
        results |= store.results(run)
    report = kept_report.restore(kept, results, people.rubric)
    given = people.of_hand_in(entry.id)
    lateness = Lateness.of(entry)
    (out / entry.id).mkdir(parents=True, exist_ok=True)
    made = pages(report, people.rubric, given, published=False, lateness=lateness, lang="zh")
    for name, content in made.items():
        (out / entry.id / name).write_text(content, "utf-8")
