"""From a hand-in to its report: the right ones, the untouched one, and every kind of bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from class_folders import numpy_rubric
from handing_in import (
    Files,
    grade_files,
    grade_path,
    lost,
    outcomes_of,
    results_of,
    solution,
    starter,
    zip_of,
)
from odd_archives import ODD_ENTRIES, RIGHT_POEMS, UNOPENED
from quick import one_in, only

from grader import ROOT
from grader.core.model import GradeReport, Outcome
from grader.feedback.report_json import to_dict
from grader.judging.judge import Judge
from grader.scoring import rubric
from kit import contracts

Grade = Callable[[Files], GradeReport]

PARTS = sorted(part.id for part in contracts.PARTS)
SOLUTIONS = {f"{part}.py": solution(part) for part in PARTS}
STARTERS = {f"{part}.py": starter(part) for part in PARTS}


def worth_of_checks() -> Fraction:
    """The points that checks decide, by the default rubric."""
    rules = rubric.load(ROOT / "rubric.yaml")
    return sum(
        min(row.points, sum((sum(p.checks.values()) for p in row.parts.values()), Fraction(0)))
        for row in rules.rows
    )


def grader(out: Path, secret: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """``python -m grader grade ...`` as a TA runs it."""
    return subprocess.run(
        command(out, *arguments),
        env=environment(secret),
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


def command(out: Path, *arguments: str | Path) -> list[str]:
    """The words of the command line."""
    words = [sys.executable, "-m", "grader", "grade", *map(str, arguments)]
    return [*words, "--out", str(out), "--lang", "en"]


def environment(secret: Path) -> dict[str, str]:
    """Ours, with the tests' secret."""
    return os.environ | {"RNN_GRADER_SECRET_FILE": str(secret), "PYTHONIOENCODING": "utf-8"}


def without_clocks(value: Any) -> Any:
    """A report without what may differ from run to run."""
    if isinstance(value, dict):
        return {k: without_clocks(v) for k, v in value.items() if k != "seconds"}
    return [without_clocks(v) for v in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- the command


def test_the_solution_earns_every_point_of_its_checks(tmp_path: Path, secret_file: Path) -> None:
    done = grader(tmp_path / "out", secret_file, zip_of(tmp_path / "alice.zip", SOLUTIONS))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out/alice/report.json").read_text("utf-8"))
    assert {check["outcome"] for check in report["checks"]} == {"passed"}
    assert Fraction(report["score"]["earned"]) >= worth_of_checks()
    assert report["environment"]["isolation"].startswith("full")
    results = json.loads((tmp_path / "out/alice/results.json").read_text("utf-8"))
    assert results["tests"]
    for page in ("feedback.html", "staff.html"):
        html = (tmp_path / "out/alice" / page).read_text("utf-8")
        assert "</html>" in html
        assert "numpy_rnn.forward.values" in html or "forward" in html


def test_the_untouched_starter_earns_nothing_and_nothing_crashes(grade: Grade) -> None:
    report = grade(STARTERS)
    assert report.status == "graded"
    assert set(outcomes_of(report).values()) == {"not_attempted"}
    assert sum((check.earned for check in report.score.checks), Fraction(0)) == 0


@pytest.mark.slow  # test_hidden_inputs.py grades one content twice in the quick run
def test_the_same_zip_gives_the_same_report(judge: Judge, tmp_path: Path) -> None:
    files = {"numpy_rnn.py": SOLUTIONS["numpy_rnn.py"].replace("dlogits.sum(axis=0)", "dlogits[0]")}
    reports = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        reports.append(to_dict(grade_files(judge, tmp_path / run, files)))
    assert without_clocks(reports[0]) == without_clocks(reports[1])
    assert any(check["outcome"] == "failed" for check in reports[0]["checks"])


def test_what_cannot_be_opened_ends_with_exit_code_3(tmp_path: Path, secret_file: Path) -> None:
    path = tmp_path / "alice.zip"
    path.write_bytes(b"this is no zip")
    marks = numpy_rubric(tmp_path / "rubric.yaml")
    done = grader(tmp_path / "out", secret_file, path, "--rubric", marks)
    assert done.returncode == 3
    assert "numpy_rnn." not in done.stdout + done.stderr  # the reason is said, once
    report = json.loads((tmp_path / "out/alice/report.json").read_text("utf-8"))
    assert report["status"] == "not_gradable"
    assert {check["outcome"] for check in report["checks"]} == {"missing"}


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path, secret_file: Path) -> None:
    done = grader(tmp_path / "out", secret_file, tmp_path / "nobody.zip")
    assert done.returncode == 2
    assert "nobody.zip" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_below_fail_under_the_exit_code_is_4(tmp_path: Path, secret_file: Path) -> None:
    path = zip_of(tmp_path / "alice.zip", {"numpy_rnn.py": starter("numpy_rnn")})
    marks = numpy_rubric(tmp_path / "rubric.yaml")
    done = grader(tmp_path / "out", secret_file, path, "--fail-under", "99", "--rubric", marks)
    assert done.returncode == 4, done.stderr


def test_a_killed_grader_continues_where_it_was(tmp_path: Path, secret_file: Path) -> None:
    import sqlite3

    path = zip_of(tmp_path / "alice.zip", {"numpy_rnn.py": SOLUTIONS["numpy_rnn.py"]})
    out, marks = tmp_path / "out", numpy_rubric(tmp_path / "rubric.yaml")
    database = out / "grades.sqlite"

    def decided() -> dict[str, str]:
        if not database.exists():
            return {}
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            try:
                rows = connection.execute("SELECT check_id, committed_at FROM outcome")
                return dict(rows.fetchall())
            except sqlite3.OperationalError:  # the table is not there yet
                return {}

    running = subprocess.Popen(
        command(out, path, "--rubric", marks),
        env=environment(secret_file),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while len(decided()) < 4 and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = decided()
    total = len(rubric.load(marks).check_ids)
    assert 4 <= len(before) < total, "the grader was to be killed in the middle"

    assert grader(out, secret_file, path, "--rubric", marks).returncode == 0
    after = decided()
    assert {id: after[id] for id in before} == before  # not one ran again
    report = json.loads((out / "alice/report.json").read_text("utf-8"))
    assert len(report["checks"]) == total
    numpy_rnn = {c["outcome"] for c in report["checks"] if c["part"] == "numpy_rnn"}
    assert numpy_rnn == {"passed"}


# ---------------------------------------------------------------- hand-ins that cannot be opened


@pytest.mark.parametrize("kind", one_in(2, UNOPENED))
def test_what_cannot_be_opened_is_explained_in_both_languages(
    judge: Judge, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "alice.zip"
    path.write_bytes(UNOPENED[kind]())
    report = grade_path(judge, tmp_path, path)
    assert report.status == "not_gradable"
    assert report.submission.refusal is not None
    assert explains(report.submission.refusal)
    assert set(outcomes_of(report).values()) == {"missing"}
    assert len(report.score.checks) == len(judge._rubric.check_ids)
    # Nothing but what people mark is open, or the class could never be finished.
    assert report.score.earned == 0
    assert report.score.pending == sum(c.points for c in judge._rubric.criteria)


def explains(text: Any) -> bool:
    """Both sentences are there, and the Chinese one is Chinese."""
    return len(text.en) > 20 and any("\u4e00" <= c <= "\u9fff" for c in text.zh)


# ---------------------------------------------------------------- hostile entries


@pytest.mark.parametrize("kind", one_in(3, ODD_ENTRIES))
def test_a_hostile_entry_is_left_out_and_the_rest_is_graded(
    judge: Judge, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "alice.zip"
    path.write_bytes(ODD_ENTRIES[kind]())
    report = grade_path(judge, tmp_path, path)
    assert report.status == "graded"
    assert any(explains(notice) for notice in report.notices)
    assert not lost(report, "poems.process.")
    assert set(outcomes_of(report, "numpy_rnn.").values()) == {"missing"}


# ---------------------------------------------------------------- odd sources


def test_a_hand_in_without_any_part_is_graded_with_everything_missing(grade: Grade) -> None:
    report = grade({"hello.py": "print('hello')\n"})
    assert report.status == "graded"
    outcomes = outcomes_of(report)
    optional = {id for id in outcomes if id.startswith("extensions.")}
    assert {outcomes[id] for id in optional} == {"skipped"}
    assert {outcomes[id] for id in outcomes.keys() - optional} == {"missing"}
    assert any(explains(notice) for notice in report.notices)


def test_a_syntax_error_costs_its_file_only(grade: Grade) -> None:
    report = grade({"numpy_rnn.py": "class RNN:\n    def forward(self:\n", "poems.py": RIGHT_POEMS})
    assert set(outcomes_of(report, "numpy_rnn.").values()) == {"missing"}
    message = results_of(report)["numpy_rnn.forward.shapes"].message
    assert "numpy_rnn.py" in message.en
    assert "2" in message.en
    assert "语法" in message.zh
    assert not lost(report, "poems.process.")


def test_a_python_2_source_is_named_as_such(grade: Grade) -> None:
    report = grade({"numpy_rnn.py": "class RNN:\n    pass\n\nprint 'hello'\n"})
    assert set(outcomes_of(report, "numpy_rnn.").values()) == {"missing"}
    assert any("Python 3" in notice.zh and "Python 3" in notice.en for notice in report.notices)


def test_a_gbk_source_counts_in_full(grade: Grade) -> None:
    source = "# 循环神经网络实验，作者：张三\n" + RIGHT_POEMS
    report = grade({"poems.py": source.encode("gbk")})
    assert not lost(report, "poems.process.")
    assert any("GB" in notice.en for notice in report.notices)


IMPORTS = {
    "trains": "total = sum(i * i for i in range(10**12))\n",
    "trains_in_a_loop": "for i in range(10**12): pass\n",
    "exits": "import sys\nanswer = sys.exit(3)\n",
    "exits_hard": "import os\nanswer = os._exit(0)\n",
    "segfaults": "import ctypes\nanswer = ctypes.string_at(0)\n",
    "prints_10_mb": "answer = [print('x' * 10**5) for _ in range(100)]\n",
    "sleeps": "import time\nanswer = time.sleep(3600)\n",
    "needs_a_file": "weights = open('weights.pth', 'rb').read()\n",
    "takes_memory": "answer = bytearray(10**11)\n",
    "needs_a_module": "import no_such_module_at_all\n",
    "raises_its_own": "def f(): raise BaseException('我也不知道')\nx = f()\n",
}


@pytest.mark.parametrize("kind", only(("trains", "exits", "segfaults", "needs_a_file"), IMPORTS))
def test_what_an_import_does_costs_nothing_that_does_not_need_it(
    hasty_judge: Judge, tmp_path: Path, kind: str
) -> None:
    report = grade_files(hasty_judge, tmp_path, {"poems.py": IMPORTS[kind] + RIGHT_POEMS})
    assert report.status == "graded"
    assert not lost(report, "poems.process.")
    if kind not in ("trains_in_a_loop", "prints_10_mb"):  # not run; nothing wrong
        assert any(explains(notice) for notice in report.notices)


def test_a_class_that_ends_the_process_while_it_is_loaded_is_named(
    hasty_judge: Judge, tmp_path: Path
) -> None:
    source = "import os\n\nclass RNN:\n    os._exit(0)\n\ndef clip_by_norm(grads, max_norm):\n"
    source += "    return right(grads, max_norm)\n" + clip_source()
    report = grade_files(hasty_judge, tmp_path, {"numpy_rnn.py": source})
    outcomes = outcomes_of(report, "numpy_rnn.")
    assert outcomes["numpy_rnn.forward.shapes"] == "missing"
    assert "line 3" in results_of(report)["numpy_rnn.forward.shapes"].message.en
    assert outcomes["numpy_rnn.clip.values"] == "passed"


def clip_source() -> str:
    return (
        "import numpy as np\n"
        "def right(grads, max_norm):\n"
        "    norm = np.sqrt(sum((g**2).sum() for g in grads))\n"
        "    for g in grads:\n"
        "        g *= min(1, max_norm / norm)\n"
        "    return norm\n"
    )


BODIES = {
    "while_true": ("while True: pass", "timed_out"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "os_exit": ("import os; os._exit(0)", "crashed"),
    "memory": ("return [bytearray(10**8) for _ in range(10**6)]", "out_of_memory"),
    "wrong_type": ("return 'poems'", "failed"),
    "none": ("return None", "failed"),
    "wrong_shape": ("return [1, 2, 3], {}, {}", "failed"),
    "wrong_dtype": ("return [[0.5]], {'G': 0.5}, {0.5: 'G'}", "failed"),
    "nan": ("return [[float('nan')]], {'G': float('nan')}, {}", "failed"),
    "own_words": ("raise KeyError('我的诗不见了 </script>')", "failed"),
}


@pytest.mark.parametrize("kind", only(("while_true", "own_words"), BODIES))
def test_every_wrong_answer_has_its_outcome_and_a_sentence(
    hasty_judge: Judge, tmp_path: Path, kind: str
) -> None:
    body, outcome = BODIES[kind]
    files = {"poems.py": f"def process_poems(file_name):\n    {body}\n"}
    report = grade_files(hasty_judge, tmp_path, files)
    assert report.status == "graded"
    for result in results_of(report, "poems.process.").values():
        assert result.outcome in (outcome, Outcome.TIMED_OUT), result.id
        assert explains(result.message) or "KeyError" in result.message.en
    assert results_of(report)["poems.process.vectors"].outcome == outcome


def test_the_runner_under_another_hash_seed_puts_no_notice_on_the_page(grade) -> None:  # type: ignore[no-untyped-def]
    """The vocabulary is compared with a process that has no torch; that is not the student's."""
    report = grade({"poems.py": SOLUTIONS["poems.py"]})

    assert [notice.en for notice in report.notices if "torch" in notice.en] == []
