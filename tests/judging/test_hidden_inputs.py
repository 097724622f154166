"""``hidden_inputs: submission``: drawn by the secret and the content of what was handed in."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handing_in import grade_files, lost, results_of, solution, submission_of

from grader.core.errors import RubricError
from grader.core.settings import Secret
from grader.isolation.runner import WorkerRunner
from grader.judging.judge import Judge
from grader.records.keys import part_key
from grader.scoring import rubric

ASKED = ("numpy_rnn.clip.hidden", "numpy_rnn.forward.hidden", "numpy_rnn.forward.repeatable")


@pytest.fixture
def by_content(judge: Judge) -> Judge:
    """The judge with the option, on the same warm servers."""
    made = copy.copy(judge)
    made._rubric = dataclasses.replace(judge._rubric, hidden_inputs="submission")
    return made


def inputs(judge: Judge, content: str, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the worker of a submission with this content is sent."""
    seen: list[bytes] = []
    call = WorkerRunner.call

    def recorded(self: WorkerRunner, probe: str, arguments: dict[str, Any]) -> Any:
        seen.append(probe.encode() + b"".join(_arrays(arguments)))
        return call(self, probe, arguments)

    monkeypatch.setattr(WorkerRunner, "call", recorded)
    submission = submission_of({"numpy_rnn.py": solution("numpy_rnn")})
    submission = dataclasses.replace(submission, sha256=content * 64)
    assert {r.outcome for r in judge.outcomes(submission, ASKED).values()} == {"passed"}
    monkeypatch.setattr(WorkerRunner, "call", call)
    return seen


def _arrays(value: Any) -> list[bytes]:
    if isinstance(value, np.ndarray):
        return [value.tobytes()]
    items = value.values() if isinstance(value, dict) else value
    return [b for item in items for b in _arrays(item)] if isinstance(value, (dict, list)) else []


def test_the_inputs_are_those_of_the_content(
    judge: Judge, by_content: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (inputs(by_content, digit, monkeypatch) for digit in "12")
    assert first == inputs(by_content, "1", monkeypatch)
    assert len(first) == len(second) > 4
    assert not set(first) & set(second)
    assert inputs(judge, "1", monkeypatch) == inputs(judge, "2", monkeypatch) != first


def test_the_same_content_gets_the_same_report(by_content: Judge, tmp_path: Path) -> None:
    files = {"a/numpy_rnn.py": solution("numpy_rnn")}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    one, same = (grade_files(by_content, tmp_path / name, files) for name in ("first", "second"))
    assert not lost(one, "numpy_rnn.")
    assert one.secret_fingerprint == same.secret_fingerprint == by_content._secret.fingerprint

    def timeless(report: Any) -> list[Any]:
        found = results_of(report)
        return [dataclasses.replace(result, seconds=0.0) for result in found.values()]

    assert timeless(one) == timeless(same)


@pytest.mark.usefixtures("unexplained")
def test_a_wrong_submission_loses_the_same_checks(by_content: Judge, judge: Judge) -> None:
    """Points do not depend on the inputs that are drawn."""
    right = solution("numpy_rnn")
    wrong = right.replace("norm > max_norm", "norm >= 2 * max_norm")
    assert wrong != right
    checks = [c.id for c in judge.checks if c.id.startswith("numpy_rnn.clip.")]
    for digit in "345":
        submission = submission_of({"numpy_rnn.py": wrong})
        submission = dataclasses.replace(submission, sha256=digit * 64)
        usual, found = (judged.outcomes(submission, checks) for judged in (judge, by_content))
        assert {id: r.outcome for id, r in usual.items()} == {
            id: r.outcome for id, r in found.items()
        }


def test_stored_outcomes_are_those_of_the_option(judge: Judge, by_content: Judge) -> None:
    submission = submission_of({"numpy_rnn.py": ""})
    keys = [
        part_key(
            "numpy_rnn",
            "",
            submission,
            judge.environment(),
            judge._settings,
            judged._secret_for(submission),
        )
        for judged in (judge, by_content)
    ]
    assert keys[0].secret_fingerprint != keys[1].secret_fingerprint


def test_no_seed_of_a_check_tells_the_secret_of_a_content(secret_file: Path) -> None:
    secret = Secret.load(secret_file)
    assert secret.of_content("ab").fingerprint == secret.of_content("ab").fingerprint
    assert secret.of_content("ab").fingerprint != secret.of_content("ac").fingerprint
    assert secret.of_content("ab").seed("x.y") != secret.seed("x.y")


def test_the_option_is_read_and_refused_by_name(tmp_path: Path, judge: Judge) -> None:
    text = judge._settings.rubric.read_text("utf-8")
    assert rubric.parse(text.encode()).hidden_inputs == "course"
    assert rubric.parse(f"{text}\nhidden_inputs: submission\n".encode()).hidden_inputs == (
        "submission"
    )
    with pytest.raises(RubricError, match="'course' or 'submission'"):
        rubric.parse(f"{text}\nhidden_inputs: student\n".encode())
