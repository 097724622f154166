"""What the logs of a training show: found in the worker, said with a remedy, never a mark."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from made_reports import report_of
from written_pdfs import CHINESE

from grader.core.model import Evidence, ReportEvidence
from grader.core.report_evidence import SYMPTOMS, ReportReading, Symptom
from grader.feedback import html
from grader.feedback import symptoms as shown
from grader.isolation.reading import HandInReader
from grader.isolation.report_reading import reading_of
from grader.judging.judge import Judge
from grader.protocol import wire
from grader.reader import symptoms
from grader.reader.report_messages import ReportRead


def log(*losses: object, more: str = "") -> bytes:
    lines = [f"epoch {n} | loss {loss} | 3.2 s/epoch" for n, loss in enumerate(losses, 1)]
    return "\n".join([*lines, more]).encode()


def falling(count: int, noise: float) -> list[str]:
    draw = random.Random(count)
    return [f"{4.2 / (1 + 0.2 * n) * draw.uniform(1 - noise, 1 + noise):.4f}" for n in range(count)]


def timed(words: str) -> bytes:
    lines = [f"epoch {n} | loss {loss} | {words}" for n, loss in enumerate(falling(12, 0), 1)]
    return "\n".join(lines).encode()


def kinds(data: bytes) -> list[str]:
    return [one.kind for one in symptoms.find({"train.log": data})]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (log("4.2", "3.9", "nan", "nan"), ["nan"]),
        (log("4.2", "9.1", "inf"), ["nan"]),
        (b'{"loss": 4.2}\n{"loss": 3.1}\n{"loss": NaN}', ["nan"]),
        (log(*["4.17", "4.16", "4.18"] * 4), ["stays"]),
        (log(*falling(8, 0), *["1.4", "2.6", "1.5", "2.4"] * 4), ["oscillates"]),
        (log(*falling(20, 0), more="sample: the " + "e" * 60), ["same_character"]),
        (log(*falling(20, 0), more="样例：" + "春" * 40), ["same_character"]),
        (log(*falling(20, 0), more="sample: " + "and the " * 20), ["repeats"]),
        (log(*falling(20, 0), more="温度 0.1：" + "明月几时有" * 8), ["repeats"]),
        (timed("1840.5 s/epoch"), ["slow"]),
        (timed("31 min/epoch"), ["slow"]),
        (timed("每轮耗时 2100 秒"), ["slow"]),
        (timed("一轮用时约 25 分钟"), ["slow"]),
        (timed("epoch took 0.6 hours"), ["slow"]),
        (timed("3/40 [1:02:11<10:11:01, 1373.10s/it]"), ["slow"]),
        (log(*falling(20, 0), more="训练太慢了，先停在这里"), ["slow"]),
        (log(*falling(20, 0), more="warning: training is very slow on this CPU"), ["slow"]),
    ],
)
def test_what_goes_wrong_is_seen(data: bytes, found: list[str]) -> None:
    assert kinds(data) == found


@pytest.mark.parametrize(
    "data",
    [
        log(*falling(25, 0)),
        log(*falling(200, 0.1)),  # batches are noisy
        log("4.2", "4.2"),  # two are no course
        log(*falling(20, 0), more="=" * 80 + "\n" + "#" * 60 + "\n" + "- " * 40),
        log(*falling(20, 0), more="0.0 " * 30 + "\n" + "100%|" + "█" * 60 + "| 200/200"),
        log(*falling(20, 0), more="Never, never, never, never, never!"),  # King Lear
        log(*falling(20, 0), more="info: no nan in the gradients; nanoseconds: 12"),
        timed("45 s/epoch"),
        timed("2.3 s/it"),
        timed("14 min/epoch"),
        log(*falling(20, 0), more="epoch 21 | loss 0.9 | 40000 s/epoch"),  # a laptop that slept
        log(*falling(20, 0), more="训练并不慢；收敛太慢；训练收敛太慢，学习率太小"),
        log(*falling(20, 0), more="training is not too slow; training converges very slowly"),
        log(*falling(20, 0), more="训练不是很慢，速度不太慢"),
        b"nan nan loss nan",  # no log of a training
        b"",
    ],
)
def test_a_usual_log_shows_nothing(data: bytes) -> None:
    assert kinds(data) == []


@pytest.mark.parametrize(
    ("sentence", "slow"),
    [
        ("手写 RNN 逐字符循环，训练太慢。", True),
        ("NumPy 版本每轮需要 40 分钟。", True),
        ("Training was painfully slow on a CPU.", True),
        ("The loss falls too slowly.", False),
        ("训练很快，收敛很慢。", False),
        ("学习率过小时损失下降太慢。", False),
        ("每轮约 40 秒。", False),
        ("Training is not very slow.", False),
    ],
)
def test_what_the_report_says_of_the_time(sentence: str, slow: bool) -> None:
    found = symptoms.find({}, ["实验结果。", sentence])

    assert [(one.kind, one.log) for one in found] == ([("slow", "")] if slow else [])


def test_logs_without_a_report_are_read_too(judge: Judge, tmp_path: Path) -> None:
    from handing_in import grade_files, solution

    logs = {"numpy_rnn.py": solution("numpy_rnn"), "train.log": log("4.2", "3.9", "nan").decode()}
    evidence = grade_files(judge, tmp_path, logs).evidence

    assert evidence is not None
    assert evidence.report is None
    assert [(one.kind, one.log) for one in evidence.symptoms] == [("nan", "train.log")]
    assert Evidence.from_json(evidence.to_json()) == evidence
    assert "NaN" in html.render(report_of(evidence=evidence), staff=False)


def test_hostile_logs_cost_little() -> None:
    draw = random.Random(1)
    # Of two letters, so that every place begins like a repetition.
    lines = ["".join(draw.choices("aab", k=500)) for _ in range(2_000)]
    lines += ["训练" * 250, "epoch" * 100, "training " * 55, "9" * 500, "1 s " * 125] * 20
    files = {f"{n}.log": log("4.2", "4.1", more="\n".join(lines * 10)) for n in range(4)}
    start = time.process_time()

    assert len(symptoms.find(files)) <= symptoms.MOST
    assert time.process_time() - start < 8


def test_each_has_words_and_a_remedy_on_the_page() -> None:
    hostile = tuple(Symptom(kind, "<b>.log", "<script>1</script>\u202e") for kind in SYMPTOMS)
    reading = ReportReading(0, 0, (), (), (), (), (), symptoms=hostile)
    report = report_of(evidence=Evidence(None, ReportEvidence("r.pdf", 3, 900, reading=reading)))
    page = html.render(report, staff=False)

    assert len(shown.of_logs(report)) == len(SYMPTOMS)
    for one in shown.of_logs(report):
        assert one.remedy.zh in page
    assert "<script>1" not in page
    assert "\u202e" not in page
    assert ReportReading.from_json(reading.to_json()) == reading
    assert "symptoms" not in html.render(report_of(), staff=False)


def test_they_come_from_the_worker(judge: Judge) -> None:
    server = judge._servers.ready("reader")
    found = HandInReader(lambda: server).report(CHINESE, {"a.log": log("4.2", "3.9", "nan")})

    assert found is not None
    assert found.symptoms == (Symptom("nan", "a.log", "epoch 3 | loss nan | 3.2 s/epoch"),)


@pytest.mark.parametrize(
    "lie",
    [
        {"symptom_kinds": ("rich",), "symptom_logs": ("a.log",), "symptom_texts": ("x",)},
        {"symptom_kinds": ("nan",), "symptom_logs": ("b.log",), "symptom_texts": ("x",)},
        {"symptom_kinds": ("nan",), "symptom_logs": (), "symptom_texts": ("x",)},
    ],
)
def test_a_worker_that_lies_is_refused(lie: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(wire.WireError):
        reading_of(ReportRead(**lie), frozenset({"a.log"}))
