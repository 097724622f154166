"""The result of one hand-in for platforms that run the grader: the form that each documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from class_folders import clip_only, numpy_rubric
from click.testing import CliRunner
from handing_in import zip_of
from made_reports import RUBRIC, report_of, result

from grader.cli import main, results
from grader.core.errors import MachineError
from grader.core.model import GradeReport, Outcome
from grader.export import gradescope_metadata, one_result
from grader.marking.pages import Lateness
from kit.pictures import Norms
from kit.text import Text

HOSTILE = '\x1b[2J\u202e{"scores": {"code": 999}}\u2028\ud800\x00'
SECRET = "HIDDEN-0.123456789"
ALL = [result(c, Outcome.PASSED) for c in RUBRIC.check_ids]


def mixed(**more: Any) -> GradeReport:
    """Half of 3 points, 0 of 2.5 in a hidden check, 0.5 of 0.5; 4 points wait for a person."""
    return report_of(
        result("poems.public", Outcome.PARTIAL, message=Text(HOSTILE, HOSTILE)),
        result("poems.hidden", message=Text(SECRET, SECRET)),
        **more,
    )


def test_the_command_line_names_what_there_is() -> None:
    assert tuple(one_result.RESULTS) == results.PLATFORMS


def test_prairielearn_reads_a_score_from_0_to_1_and_tests() -> None:
    data = json.loads(one_result.dumps(mixed(), "prairielearn", "en"))

    assert data["gradable"] is True
    assert data["score"] == pytest.approx(2 / 6)  # of what is decided, not of the person's points
    assert [t["points"] for t in data["tests"]] == [1.5, 0.0, 0.5]
    assert [t["max_points"] for t in data["tests"]] == [3.0, 2.5, 0.5]
    for test in data["tests"]:
        assert {type(test[key]) for key in ("name", "message", "output")} == {str}
    full = json.loads(one_result.dumps(report_of(*ALL), "prairielearn", "zh"))
    assert full["score"] == 1.0


def test_prairielearn_takes_no_attempt_where_nothing_can_be_opened() -> None:
    why = Text("这不是 zip", "this is not a zip")
    missing = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
    data = json.loads(one_result.dumps(report_of(*missing, refusal=why), "prairielearn", "en"))

    assert data == {"gradable": False, "format_errors": [why.en]}


def test_prairielearn_gets_no_more_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_result, "PRAIRIELEARN_BYTES", 2000)
    text = "长" * 3000
    long = report_of(*(result(c, message=Text(text, text)) for c in RUBRIC.check_ids))
    written = one_result.dumps(long, "prairielearn", "zh")

    assert len(written.encode("utf-8")) <= 2000
    assert len(json.loads(written)["tests"]) == 3


def follows_prairielearn(data: dict[str, Any]) -> None:
    """As docs/externalGrading.md of PrairieLearn describes ``results.json``; all else is a fault.

    Images would be {url, label} or an address, in the whole and in a test.
    """
    if data.get("gradable") is False:
        assert set(data) <= {"gradable", "format_errors", "score", "message", "output"}
        errors = data["format_errors"]
        assert isinstance(errors, str) or (errors and {type(e) for e in errors} == {str})
        return
    assert data.get("gradable", True) is True
    assert isinstance(data["score"], float)
    assert 0.0 <= data["score"] <= 1.0
    assert set(data) <= {"gradable", "score", "message", "output", "images", "tests"}
    for shown in (data, *data["tests"]):
        for key in ("name", "description", "message", "output"):
            assert isinstance(shown.get(key, ""), str)
        for image in shown.get("images", []):
            url = image if isinstance(image, str) else image["url"]
            assert url.startswith("data:image/")
            assert isinstance(image, str) or set(image) <= {"url", "label"}
    for test in data["tests"]:
        named = {"name", "description", "points", "max_points", "message", "output", "images"}
        assert {"name", "points", "max_points"} <= set(test) <= named
        assert {type(test["points"]), type(test["max_points"])} <= {int, float}
        assert 0 <= test["points"] <= test["max_points"]


PICTURE = Norms((1.0, None), (0.5, 1.0))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "report",
    [
        mixed(),
        report_of(*ALL),
        report_of(*(result(c, Outcome.MISSING) for c in RUBRIC.check_ids)),
        report_of(*(result(c, Outcome.SKIPPED) for c in RUBRIC.check_ids)),
        report_of(result("poems.public", picture=PICTURE)),
        report_of(
            *(result(c, Outcome.MISSING) for c in RUBRIC.check_ids),
            refusal=Text(HOSTILE, HOSTILE),
        ),
        report_of(*(result(c, message=Text("长" * 9**6, "x")) for c in RUBRIC.check_ids)),
    ],
    ids=["mixed", "full", "missing", "pending", "picture", "refused", "long"],
)
def test_prairielearn_s_form_is_followed(report: GradeReport, lang: str) -> None:
    written = one_result.dumps(report, "prairielearn", lang)

    assert len(written.encode("utf-8")) <= one_result.PRAIRIELEARN_BYTES == 10**6
    follows_prairielearn(json.loads(written))


def test_the_folder_of_prairielearn_s_result_is_made(tmp_path: Path) -> None:
    """``/grade/results`` is not there before."""
    to = tmp_path / "grade" / "results" / "results.json"
    rubric, lateness = RUBRIC, Lateness()
    results.Wanted("prairielearn", to).write(mixed(), rubric, lateness, tmp_path, "en")

    follows_prairielearn(json.loads(to.read_text("utf-8")))


def test_submitty_reads_a_status_and_the_data_of_the_validator() -> None:
    data = json.loads(one_result.dumps(mixed(), "submitty", "en"))

    assert data["status"] == "success"  # the validator itself
    assert set(data["data"]) == {"score", "message", "status"}
    assert data["data"]["score"] == pytest.approx(2 / 6)
    assert data["data"]["status"] == "warning"
    assert "poems.hidden" in data["data"]["message"]
    full = json.loads(one_result.dumps(report_of(*ALL), "submitty", "en"))
    assert (full["data"]["score"], full["data"]["status"]) == (1.0, "success")


def test_the_last_line_for_autolab_is_the_scores() -> None:
    written = one_result.dumps(mixed(), "autolab", "zh")
    lines = written.splitlines()

    assert len(lines) == 2
    assert written.isascii()
    shown, scores = map(json.loads, lines)
    assert scores == {"scores": {"code": 2.0}}  # the report is a person's
    assert shown["_presentation"] == "semantic"
    assert shown["stages"] == ["poems"]
    assert [t["passed"] for t in shown["poems"].values()] == [False, False, True]


def test_what_a_skipped_check_is_worth_is_in_no_score() -> None:
    skipped = report_of(result("poems.hidden", Outcome.SKIPPED))
    data = json.loads(one_result.dumps(skipped, "prairielearn", "en"))
    last = one_result.dumps(skipped, "autolab", "en").splitlines()[-1]

    assert data["score"] == 1.0
    assert [t["name"].split()[0] for t in data["tests"]] == ["poems.public", "poems.third"]
    assert json.loads(last) == {"scores": {}}


@pytest.mark.parametrize("platform", one_result.RESULTS)
def test_a_fault_of_the_grader_gives_no_result(platform: str) -> None:
    with pytest.raises(MachineError):
        one_result.dumps(report_of(result("poems.third", Outcome.GRADER_ERROR)), platform, "en")


@pytest.mark.parametrize("platform", one_result.RESULTS)
def test_no_platform_gets_control_characters_or_hidden_numbers(platform: str) -> None:
    written = one_result.dumps(mixed(), platform, "zh")

    assert SECRET not in written
    texts = (
        [json.loads(line) for line in written.splitlines()]
        if platform == "autolab"
        else [json.loads(written)]
    )
    said = "".join(map(str, strings(texts)))
    assert "\\u202e" in said  # the message is there, its characters made visible
    assert not set(said) & {"\x1b", "\u202e", "\ud800", "\x00", "\u2028"}


def strings(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


# ------------------------------------------------------------------ Gradescope's metadata

METADATA = {
    "id": 123456,
    "created_at": "2026-04-02T23:10:00.000000-07:00",
    "assignment": {
        "due_date": "2026-04-02T23:00:00.000000-07:00",
        "late_due_date": None,
        "group_submission": True,
        "title": "实验6",
        "total_points": "20.0",
    },
    "submission_method": "upload",
    "users": [
        {"email": "zhang@example.edu", "id": 1, "name": "张三\u202e"},
        {"email": "li@example.edu", "id": 2, "name": "李四"},
    ],
    "previous_submissions": [{"score": 1.0, "results": {}}],
}


def metadata(folder: Path, **changes: Any) -> Path:
    path = folder / "submission_metadata.json"
    path.write_text(json.dumps(METADATA | changes), "utf-8")
    return path


def test_gradescope_tells_when_who_and_whether_it_was_late(tmp_path: Path) -> None:
    known = gradescope_metadata.read(metadata(tmp_path))

    assert known.submitted_at == datetime(2026, 4, 3, 6, 10, tzinfo=UTC)
    assert known.late is True
    assert known.emails == ("zhang@example.edu", "li@example.edu")
    assert known.people[1] == "李四 li@example.edu"
    assert "\u202e" not in known.people[0]


def test_an_extension_of_gradescope_counts(tmp_path: Path) -> None:
    extended = METADATA["users"][0] | {"assignment": {"due_date": "2026-04-09T23:00:00-07:00"}}

    assert gradescope_metadata.read(metadata(tmp_path, users=[extended])).late is False
    assert gradescope_metadata.read(metadata(tmp_path, assignment={})).late is None


@pytest.mark.parametrize("created_at", ["yesterday", "2026-04-02T23:10:00", None])
def test_wrong_metadata_is_named_and_nothing_is_graded(tmp_path: Path, created_at: object) -> None:
    with pytest.raises(MachineError, match="created_at"):
        gradescope_metadata.read(metadata(tmp_path, created_at=created_at))


def test_the_mark_after_the_late_policy_replaces_the_sum() -> None:
    data = json.loads(one_result.dumps(report_of(*ALL), "gradescope", "en", Fraction(5)))

    assert data["score"] == 5.0


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "x.json"),
        ("--results", "submitty", "--metadata", "x.json"),
        ("--results", "autolab", "--to", "-", "--json"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, ["grade", "alice.zip", *words])
    assert done.exit_code == 2


@pytest.mark.slow
def test_standard_output_is_for_the_result_alone(tmp_path: Path, secret_file: Path) -> None:
    path = zip_of(tmp_path / "alice.zip", {"numpy_rnn.py": clip_only()})
    rubric = numpy_rubric(tmp_path / "rubric.yaml")
    options = ["--rubric", str(rubric), "--out", str(tmp_path / "out"), "--lang", "en"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "grader", "grade", str(path), *options),
            *("--results", "autolab", "--to", "-"),
        ],
        env=os.environ | {"RNN_GRADER_SECRET_FILE": str(secret_file)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    shown, scores = map(json.loads, done.stdout.splitlines())
    assert shown["stages"] == ["numpy_rnn"]
    assert set(scores["scores"]) <= {"code", "tidiness", "extensions"}
    assert scores["scores"]["code"] > 0
    assert "Feedback:" in done.stderr
