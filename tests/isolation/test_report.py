"""What a report has: found in confined workers, whatever the file is, and only by pages."""

from __future__ import annotations

import dataclasses
import time
import unicodedata
from collections.abc import Callable
from typing import get_args

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from test_reading import RNN, pack
from written_pdfs import CHINESE, ENGLISH, drawn_pdf, lines_pdf, locked_pdf, scanned_pdf

from grader.core.model import Evidence, ReportEvidence
from grader.core.report_evidence import EXPECTED, PASSAGE_CHARS, ReportReading, Topic
from grader.core.settings import Settings
from grader.core.tiers import Tier
from grader.intake import IntakeLimits
from grader.isolation.reading import HandInReader
from grader.isolation.report_reading import pages_of, reading_of
from grader.isolation.servers import Servers
from grader.judging import evidence
from grader.judging.judge import Judge
from grader.protocol import wire
from grader.reader import claims, expected, report_text
from grader.reader.messages import MAX_TEXT_CHARS, TextRead
from grader.reader.report_messages import ReportRead
from grader.reader.report_text import tidy
from grader.scoring.rubric_schema import EvidenceTopic

LOG = b"epoch 1 | loss 4.1987 | val loss 4.2\nepoch 25 | loss 1.534 | val loss 1.61\n"


@pytest.fixture(scope="module")
def reader(judge: Judge) -> HandInReader:
    """Reads in workers."""
    server = judge._servers.ready("reader")
    return HandInReader(lambda: server)


def read(reader: HandInReader, data: bytes, **logs: bytes) -> ReportReading:
    found = reader.report(data, logs)
    assert found is not None
    return found


def places(found: ReportReading) -> dict[str, list[int]]:
    return {one.id: [passage.page for passage in one.passages] for one in found.findings}


def test_a_chinese_report(reader: HandInReader) -> None:
    found = read(reader, CHINESE, train=LOG)

    where = places(found)
    assert where["purpose"] == [1]  # and not the table of contents
    assert where["results"][0] == 3
    assert {"setup"} == {id for id, pages in where.items() if not pages}
    assert where["loss_curve"] == [3]
    assert where["gradient_norms"] == [3]
    assert where["temperatures"] == [3, 3, 3]
    assert where["questions"] == [4, 4, 4]
    assert [passage.text for passage in found.figures] == [
        "图 1:训练损失曲线",
        "图 2:梯度范数随时间步 t 的变化",
    ]
    assert len(found.tables) == 2
    assert [(c.kind, c.value, c.passage.page, c.log, c.agrees) for c in found.claims] == [
        ("epochs", "25", 2, "train", True),
        ("loss", "1.53", 3, "train", True),
    ]
    assert found.claims[1].passage.text == "最终损失为 1.53,而不是 2.40。"
    assert found.logs == ("train",)


def test_an_english_report_whose_numbers_differ(reader: HandInReader) -> None:
    found = read(reader, ENGLISH, train=LOG, corpus=b"To be lost, or not.")

    where = places(found)
    assert all(where[e.id] for e in EXPECTED), where
    assert len(where["questions"]) == 2
    assert {claim.value: claim.agrees for claim in found.claims} == {"10": False, "1.8": False}
    assert {claim.value: claim.logged for claim in found.claims} == {"10": "25", "1.8": "1.61"}
    assert found.logs == ("train",)
    without = read(reader, ENGLISH)
    assert [(claim.log, claim.agrees) for claim in without.claims] == [("", False)] * 2


def test_what_cannot_be_searched_is_said(reader: HandInReader) -> None:
    scanned = read(reader, scanned_pdf(3))
    assert (scanned.scanned, scanned.pictures) == (3, 3)
    assert not any(places(scanned).values())
    assert reader.report(locked_pdf(), {}) is None
    assert reader.pdf(locked_pdf()).problem == "encrypted"
    assert reader.report(b"PK\x03\x04 a docx", {}) is None
    empty = read(reader, lines_pdf([]))
    assert (empty.scanned, empty.pictures, empty.figures) == (0, 0, ())


def test_plots_count_as_figures_without_a_caption_and_tables_do_not(reader: HandInReader) -> None:
    found = read(reader, drawn_pdf())

    assert found.pictures == 4
    assert found.picture_pages == (2, 3)
    assert found.figures == ()
    assert found.scanned == 0
    assert ReportReading.from_json(found.to_json()) == found
    assert read(reader, CHINESE).pictures == 0


def test_lines_beyond_count_cost_little_time() -> None:
    made = FPDF()
    for _ in range(30):
        made.add_page()
        for i in range(3000):
            made.line(i % 190, i * 7 % 270, i % 190 + 1, i * 7 % 270 + 1)
    start = time.process_time()
    found = report_text.read(bytes(made.output()))

    assert [page.figures for page in found.pages] == [0] * 30
    assert time.process_time() - start < 6


def test_a_hostile_report_points_at_pages_and_nothing_more(reader: HandInReader) -> None:
    hostile = [
        "图 1：\u202e损失曲线\u202c\x1b[31m<script>alert(1)</script>\ud800",
        "温度 0.5、0.6、0.7、0.8、0.9、1.0、1.1、1.2、1.3、1.4、1.5 " + "很" * 3000,
        "最终损失 0.0001。" * 300,
        *(f"图 {n}：损失曲线" for n in range(2, 300)),
    ]
    found = read(reader, lines_pdf(*[hostile] * 12), log=b"loss 0.0001 " * 30_000)

    everything = [*found.figures, *found.tables, *(claim.passage for claim in found.claims)]
    everything += [passage for one in found.findings for passage in one.passages]
    assert 1 < len(everything) < 100
    for passage in everything:
        assert 1 <= passage.page <= 12
        assert len(passage.text) <= PASSAGE_CHARS + 2
        assert not {unicodedata.category(c) for c in passage.text} & {"Cc", "Cf", "Cs", "Cn", "Co"}


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["landlock", "seccomp"])
def test_a_report_is_read_in_every_tier(tier: Tier) -> None:
    servers = Servers(Settings(floor="seccomp"), best=tier)
    try:
        found = read(HandInReader(lambda: servers.ready("reader")), CHINESE, train=LOG)
        text = HandInReader(lambda: servers.ready("reader")).text(CHINESE)
    finally:
        servers.close()
    assert places(found)["questions"] == [4, 4, 4]
    assert "实验目的" in text[0]


def test_the_logs_of_the_zip_reach_the_evidence(reader: HandInReader) -> None:
    files = {"rnn.py": RNN, "报告.pdf": CHINESE, "logs/train.log": LOG, "curve.png": b"\x89PNG"}
    submission = reader.read_files({"a.zip": pack(files)}, id="a")
    bare = reader.read_files({"a.zip": pack({**files, "logs/train.log": b"x"})}, id="a")

    assert [one.path for one in submission.materials] == ["curve.png", "logs/train.log"]
    # They are listed as ever, and the hand-in is the same without them: no mark depends on them.
    assert submission.others == ("curve.png", "logs/train.log")
    assert submission.sha256 == bare.sha256
    found = evidence.report(submission, reader)
    assert found is not None
    assert found.reading is not None
    assert {claim.log for claim in found.reading.claims} == {"logs/train.log"}
    kept = Evidence(None, found)
    assert Evidence.from_json(kept.to_json()) == kept
    old = kept.to_json()
    del old["report"]["reading"]
    assert Evidence.from_json(old).report == dataclasses.replace(found, reading=None)


def test_logs_and_pictures_have_bounds_of_their_own(reader: HandInReader) -> None:
    limits = IntakeLimits(materials=3, log_bytes=100, picture_bytes=200, material_bytes=250)
    files = {"rnn.py": RNN, "a.log": b"1" * 101, "b.log": b"2" * 100, "c.png": b"3" * 151,
             "d.png": b"4" * 150, "e.log": b"5"}  # fmt: skip
    taken = reader.read_files({"a.zip": pack(files)}, id="a", limits=limits)

    assert [(one.path, len(one.data)) for one in taken.materials] == [
        ("b.log", 100),
        ("d.png", 150),
    ]
    assert taken.sources
    assert not any("a.log" in notice.en for notice in taken.notices)


def test_another_file_type_is_named(reader: HandInReader) -> None:
    submission = reader.read_files({"a.zip": pack({"rnn.py": RNN, "报告.pdf": b"PK docx"})}, id="a")

    assert submission.pdf is None
    assert "报告.pdf" in submission.others
    locked = reader.read_files({"a.zip": pack({"rnn.py": RNN, "r.pdf": locked_pdf()})}, id="a")
    found = evidence.report(locked, reader)
    assert isinstance(found, ReportEvidence)
    assert found.problem is not None
    assert "password" in found.problem.en


LIES: dict[str, Callable[[], object]] = {
    "a thing that is not looked for": lambda: _read(ids=("mark",), pages=(1,), texts=("x",)),
    "a page before the first": lambda: _read(ids=("module_poems",), pages=(0,), texts=("x",)),
    "a page beyond counting": lambda: _read(ids=("module_poems",), pages=(1 << 40,), texts=("x",)),
    "lists that do not fit": lambda: _read(ids=("module_poems",), pages=(1, 2), texts=("x",)),
    "a log that was not sent": lambda: _read(logs=("other.log",)),
    "a number of another kind": lambda: _claim(kinds=("points",)),
    "a claim by another log": lambda: _claim(said_by=("other.log",)),
    "scans beyond counting": lambda: _read(scanned=1 << 40),
    "too much text": lambda: pages_of(TextRead(("x" * 20_000,) * (MAX_TEXT_CHARS // 20_000 + 1))),
}


def _read(**values: object) -> object:
    return reading_of(dataclasses.replace(ReportRead(), **values), frozenset({"a.log"}))  # type: ignore[arg-type]


def _claim(**values: object) -> object:
    right = {"kinds": ("loss",), "values": ("1",), "claim_pages": (1,), "claim_texts": ("x",),
             "said_by": ("a.log",), "logged": ("1",), "agree": (True,)}  # fmt: skip
    assert _read(**right)
    return _read(**right | values)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_answer(lie: str) -> None:
    with pytest.raises(wire.WireError):
        LIES[lie]()


PIECES = st.sampled_from(
    ["图", "表", "1", "损失", "loss", "曲线", "温度", "T =", "0.5", "、", "。", "\n", " ", "梯度",
     "范数", "时间步", "问题", "Question", "epochs", "轮", "最终", "...", "Figure", "一", "Part "]
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=60).map("".join), max_size=4))
def test_whatever_the_words_are_each_passage_is_on_its_page(pages: list[str]) -> None:
    texts = [tidy(page) for page in pages]
    for one in expected.find(texts):
        words = one.passage.text.strip("…")
        assert words.replace(" ", "")[:20] in texts[one.passage.page - 1].replace("\n", "").replace(
            " ", ""
        )


def test_logs_are_told_from_other_texts() -> None:
    files = {
        "table.csv": b"epoch,loss,val_loss\n0,4.2,4.3\n9,1.79,1.81\n",
        "log.txt": "第 1 轮 损失: 3.2\n第 2 轮 损失: 2.5".encode("gb18030"),
        "json.log": b'{"epoch": 1, "loss": 3.0}\n{"epoch": 2, "loss": 2.0}\n',
        "corpus.txt": b"The loss of a king 1 2 3",
        "requirements.txt": b"numpy==2.0\n",
    }
    found = {log.path: (log.losses, log.epochs) for log in claims.read_logs(files)}

    assert found == {
        "table.csv": ((1.79, 1.81, 1.79), 10),
        "log.txt": ((2.5, 2.5), 2),
        "json.log": ((2.0, 2.0), 2),
    }


def test_the_rubric_names_the_topics_that_there_are() -> None:
    assert set(get_args(EvidenceTopic)) == {str(topic) for topic in Topic}
    assert {e.topic for e in EXPECTED} <= set(Topic)
