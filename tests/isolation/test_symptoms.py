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
        timed("0.12345678901 s/epoch"),  # as time.time() gives it
        b"nan nan loss nan",  # no log of a training
        b"",
    ],
)
def test_a_usual_log_shows_nothing(data: bytes) -> None:
    assert kinds(data) == []


SLOW = (
    "手写 RNN 逐字符循环，训练太慢。",
    "NumPy 版本每轮需要 40 分钟。",
    "由于没有 GPU，训练很慢。",
    "训练很慢，不得不减少轮数。",
    "程序运行非常慢，一个晚上只跑了三轮。",
    "代码特别慢。",
    "采样过慢。",
    "每轮耗时约 1800 秒。",
    "每个 epoch 要 1.5 小时。",
    "一轮用时 25 分钟，只训练了两轮。",
    "一个 epoch 需要 2000 s。",
    "每一个 epoch 需要 40 分钟。",
    "第一轮耗时 20 分钟。",
    "训练速度很慢：一轮要半天。",
    "平均 20 分钟/轮。",
    "训练日志显示 1840.5 s/epoch。",
    "Adam 优化器下训练极慢。",
    "每轮要 1h，跑不完。",
    "Training was painfully slow on a CPU.",
    "The code is very slow.",
    "Our program runs really slow, so we stopped after two epochs.",
    "Sampling is extremely slow.",
    "Each epoch took 40 minutes.",
    "One epoch takes 17400 s.",
    "An epoch takes about 1.5 hours on my laptop.",
    "1 epoch takes 1200.123456789 seconds.",
    "It runs at 20 min/epoch.",
    "Training takes 1 hour per epoch.",
    "The epochs are too slow, and I do not know the reason.",
    "Training with the SGD optimizer is too slow.",
    "Epoch takes 2 h.",
)
NOT_SLOW = (
    "One epoch takes 17400 steps.",
    "每轮需要 17400 steps。",
    "epoch takes 5 hidden states",
    "epoch takes 1000 mini-batches",
    "epoch takes 1000 min-batches",
    "Each epoch takes 1200 samples, 2000 sequences and 3000 sentences.",
    "每个 epoch 需要 1000 minibatches，隐藏层 5 h_t。",
    "每轮需要 128 H 维的状态。",
    "1200 steps per epoch",
    "20 epochs took 40 minutes.",
    "All 20 epochs took 2 hours.",
    "20 个 epoch 用时 40 分钟。",
    "二十一轮用时 40 分钟。",
    "十一个 epoch 用时 40 分钟。",
    "训练 20 epoch 耗时 2 小时。",
    "One epoch takes 12.345678901234 s.",
    "0.12345678901 s/epoch",
    "2.3456789012345 s/it",
    "每轮约 40 秒。",
    "每轮不需要 40 分钟。",
    "每轮耗时 40 分钟，改用矩阵运算后只需 30 秒。",
    "如果逐字符循环，每轮需要 40 分钟。",
    "An epoch would take 40 minutes without batching.",
    "Each epoch took 40 minutes before I used einsum.",
    "No epoch took 30 min.",
    "如果用循环，训练会很慢，所以改用了矩阵运算。",
    "训练没有很慢。",
    "没有觉得训练很慢。",
    "训练很快，收敛很慢。",
    "收敛速度很慢。",
    "训练过程中 loss 降得很慢。",
    "学习率过小时损失下降太慢。",
    "若不用批量，程序运行很慢。",
    "否则训练太慢。",
    "为了避免训练太慢，使用了小模型。",
    "之前训练很慢，向量化之后好多了。",
    "原来代码很慢，后来一次处理整个数组。",
    "一开始训练很慢，设了线程数就好了。",
    "RNN 训练通常很慢。",
    "训练可能很慢。",
    "训练太慢怎么办？",
    "下载数据集的速度很慢，训练正常。",
    "训练并不慢，也不是很慢。",
    "Without vectorisation training is very slow, so I used einsum.",
    "Training is not very slow.",
    "Training isn't too slow.",
    "Training was never really slow.",
    "The code is no longer very slow.",
    "Training would be too slow with a loop.",
    "If it loops over characters, training is very slow.",
    "To avoid training that is too slow, arrays are used.",
    "Training is very slow to converge.",
    "The loss falls too slowly.",
    "The training loss goes down really slow.",
    "At first training was very slow, now it takes 20 s.",
    "Training was too slow before the change.",
    "RNNs are known for training that is very slow.",
    "Is the training too slow?",
    "Running with a very slow learning rate.",
    "Originally the code was extremely slow.",
    "I vectorised the loop because the code was too slow.",
)


@pytest.mark.parametrize(
    ("sentence", "slow"), [*((one, True) for one in SLOW), *((one, False) for one in NOT_SLOW)]
)
def test_what_the_report_says_of_the_time(sentence: str, slow: bool) -> None:
    found = symptoms.find({}, ["实验结果。", sentence])

    assert [(one.kind, one.log) for one in found] == ([("slow", "")] if slow else [])


@pytest.mark.parametrize(
    "word", ["steps", "samples", "minibatches", "hidden", "seeds", "hops", "S"]
)
@pytest.mark.parametrize("form", ["epoch takes 17400 {}", "每轮需要 17400 {}", "17400 {}/epoch"])
def test_a_count_is_no_time(word: str, form: str) -> None:
    assert kinds(timed(form.format(word))) == []
    assert symptoms.find({}, [form.format(word)]) == []


def test_logs_without_a_report_are_read_too(judge: Judge, tmp_path: Path) -> None:
    from handing_in import grade_files, solution

    logs = {"numpy_rnn.py": solution("numpy_rnn"), "train.log": log("4.2", "3.9", "nan").decode()}
    evidence = grade_files(judge, tmp_path, logs).evidence

    assert evidence is not None
    assert evidence.report is None
    assert [(one.kind, one.log) for one in evidence.symptoms] == [("nan", "train.log")]
    assert Evidence.from_json(evidence.to_json()) == evidence
    assert "NaN" in html.render(report_of(evidence=evidence), staff=False)


@pytest.mark.slow
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
