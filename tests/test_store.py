"""What was recorded survives; a rerun continues; no check has two results."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from grader import ROOT, store
from grader.errors import GraderError, MachineError
from grader.model import CheckResult, Diagnosis, Outcome, Status, Visibility
from grader.store import GradingKey, Store
from kit.text import Text

KEY = GradingKey(
    submission_sha256="s",
    rubric_sha256="r",
    code_sha256="c",
    grader_version="1",
    secret_fingerprint="f",
    environment="e",
    limits="l",
)


def result(name: str, outcome: Outcome = Outcome.PASSED) -> CheckResult:
    return CheckResult(name, "poems", Visibility.HIDDEN, Text("题", "title"), outcome)


def test_a_result_is_read_back_as_it_was(tmp_path: Path) -> None:
    full = CheckResult(
        "poems.a",
        "poems",
        Visibility.PUBLIC,
        Text("题\ud800", "t\x00"),
        Outcome.PARTIAL,
        Text("消息", "message"),
        Fraction(1, 3),
        (Diagnosis("m", Text("提示", "hint")),),
        0.125,
        True,
        "note",
    )
    with Store(tmp_path / "g.sqlite") as first:
        first.begin(KEY, "alice").record(full)

    with Store(tmp_path / "g.sqlite") as second:
        assert {"poems.a": full} == second.begin(KEY, "alice").done


def test_an_unfinished_grading_continues(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.begin(KEY, "alice")
        first.record(result("poems.a"))

        again = db.begin(KEY, "alice")
        again.record(result("poems.b"))

        assert first.id == again.id
        assert list(db.results(first.id)) == ["poems.a", "poems.b"]


def test_a_finished_grading_starts_anew_and_stays(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.begin(KEY, "alice")
        first.record(result("poems.a"))
        first.finish(Status.GRADED)

        second = db.begin(KEY, "alice")

        assert second.done == {}
        assert {"poems.a": result("poems.a")} == db.results(first.id)
        assert [(info.finished, info.status) for info in db.gradings("alice")] == [
            (True, Status.GRADED),
            (False, None),
        ]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(GradingKey)])
def test_whatever_can_move_a_mark_starts_anew(tmp_path: Path, name: str) -> None:
    other = dataclasses.replace(KEY, **{name: "other"})
    with Store(tmp_path / "g.sqlite") as db:
        first = db.begin(KEY, "alice")

        assert first.id != db.begin(other, "alice").id


def test_two_students_with_the_same_files_have_a_grading_each(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        db.begin(KEY, "alice").record(result("poems.a"))

        assert db.begin(KEY, "bob").done == {}
        assert [info.submission_id for info in db.gradings()] == ["alice", "bob"]


def test_a_fault_of_the_grader_is_tried_again(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.begin(KEY, "alice")
        first.record(result("poems.a", Outcome.GRADER_ERROR))
        first.record(result("poems.b"))

        again = db.begin(KEY, "alice")
        again.record(result("poems.a"))

        assert {"poems.a": result("poems.a"), "poems.b": result("poems.b")} == again.done


def test_a_second_result_of_a_check_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        grading = db.begin(KEY, "alice")
        grading.record(result("poems.a"))

        with pytest.raises(GraderError, match=r"poems\.a already has a result"):
            grading.record(result("poems.a", Outcome.FAILED))
        assert {"poems.a": result("poems.a")} == grading.done == db.results(grading.id)


def test_a_finished_grading_takes_no_more(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        grading = db.begin(KEY, "alice")
        grading.finish(Status.GRADED)

        with pytest.raises(GraderError, match="is finished"):
            grading.record(result("poems.a"))
        with pytest.raises(GraderError, match="is finished"):
            grading.finish(Status.GRADED)


RECORDER = """
import sys
sys.path.insert(0, sys.argv[1]); sys.path.insert(0, sys.argv[1] + "/tests")
from pathlib import Path
from test_store import KEY, Store, result
grading = Store(Path(sys.argv[2])).begin(KEY, sys.argv[3])
for i in range(int(sys.argv[4])):
    grading.record(result(f"poems.c{i}"))
    print(i, flush=True)
if sys.argv[5] == "hang":
    grading._store._db.execute("BEGIN IMMEDIATE")
    grading._store._db.execute("DELETE FROM outcome")
    print("in flight", flush=True)
    sys.stdin.read()
"""


def recorder(path: Path, who: str, count: int, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(ROOT), str(path), who, str(count), then],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_kill_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    with recorder(tmp_path / "g.sqlite", "alice", 3, "hang") as run:
        assert run.stdout is not None
        while run.stdout.readline().strip() != "in flight":
            assert run.poll() is None
        os.kill(run.pid, signal.SIGKILL)

    with Store(tmp_path / "g.sqlite") as db:
        grading = db.begin(KEY, "alice")
        grading.record(result("poems.c3"))

        assert [f"poems.c{i}" for i in range(4)] == list(db.results(grading.id))


def test_several_processes_share_a_store(tmp_path: Path) -> None:
    runs = [recorder(tmp_path / "g.sqlite", f"s{i}", 10, "end") for i in range(4)]

    assert [run.communicate(timeout=60)[0].split()[-1] for run in runs] == ["9"] * 4
    with Store(tmp_path / "g.sqlite") as db:
        assert [len(db.results(info.id)) for info in db.gradings()] == [10] * 4


def test_a_migration_is_applied_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path / "g.sqlite").close()
    half = ("0002_half", ("CREATE TABLE half (x)", "CREATE NONSENSE"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, half))
        with pytest.raises(MachineError):
            Store(tmp_path / "g.sqlite")

    db = sqlite3.connect(tmp_path / "g.sqlite")
    assert db.execute("SELECT name FROM migration").fetchall() == [("0001_gradings",)]
    assert db.execute("SELECT * FROM sqlite_master WHERE name = 'half'").fetchall() == []
    db.close()


def test_a_store_of_a_newer_grader_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path / "g.sqlite").close()
    db = sqlite3.connect(tmp_path / "g.sqlite")
    db.execute("INSERT INTO migration VALUES ('0999_later', 'now')")
    db.commit()
    db.close()

    with pytest.raises(MachineError, match=r"newer grader \(0999_later\)"):
        Store(tmp_path / "g.sqlite")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "g.sqlite")
    db.execute("CREATE TABLE mine (x)")
    db.close()
    before = (tmp_path / "g.sqlite").read_bytes()

    with pytest.raises(MachineError, match="another program's database"):
        Store(tmp_path / "g.sqlite")
    assert before == (tmp_path / "g.sqlite").read_bytes()


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "g.sqlite").write_bytes(b"not a database at all" * 100)

    with pytest.raises(MachineError, match="file is not a database") as caught:
        Store(tmp_path / "g.sqlite")
    assert "请移走它再运行" in caught.value.text.zh


def test_a_place_that_is_no_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(MachineError, match="Cannot use the database"):
        Store(tmp_path / "file" / "g.sqlite")
