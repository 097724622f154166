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

from grader import ROOT
from grader.core.errors import GraderError, MachineError
from grader.core.model import (
    CheckResult,
    Diagnosis,
    Evidence,
    LintFinding,
    Outcome,
    ReportEvidence,
    Status,
    Tidiness,
    Visibility,
)
from grader.records import store
from grader.records.marks import Marks
from grader.records.store import PartKey, Store
from kit.text import Text

KEY = PartKey(
    part="poems",
    contract="",
    submission_sha256="s",
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
        first.open_run(KEY).record(full)

    with Store(tmp_path / "g.sqlite") as second:
        assert {"poems.a": full} == second.open_run(KEY).done


def test_an_interrupted_run_continues(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.open_run(KEY)
        first.record(result("poems.a"))

        again = db.open_run(KEY)
        again.record(result("poems.b"))

        assert first.id == again.id
        assert list(db.results(first.id)) == ["poems.a", "poems.b"]


def test_a_finished_run_is_not_redone_unless_asked_for(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.open_run(KEY)
        first.record(result("poems.a"))
        first.finish()

        assert db.open_run(KEY).done == first.done
        second = db.open_run(KEY, again=True)

        assert second.done == {}
        assert {"poems.a": result("poems.a")} == db.results(first.id)
        assert db.runs("s") == ((first.id, "poems", True), (second.id, "poems", False))


def test_a_run_ends_with_the_causes_that_are_left(tmp_path: Path) -> None:
    ruled_out = Diagnosis("h0_ignored", Text("原因", "a cause"))
    raw = dataclasses.replace(result("poems.a", Outcome.FAILED), diagnosis=(ruled_out,))
    left = dataclasses.replace(raw, diagnosis=())
    with Store(tmp_path / "g.sqlite") as db:
        run = db.open_run(KEY)
        run.record(raw)
        run.record(result("poems.b"))
        run.finish([left, result("poems.b")])
        assert run.done["poems.a"] == left
        assert db.results(run.id)["poems.a"] == left

        again = db.open_run(KEY)
        again.finish([raw])
        assert db.results(again.id)["poems.a"] == left


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(PartKey)])
def test_whatever_can_change_an_outcome_starts_anew(tmp_path: Path, name: str) -> None:
    other = dataclasses.replace(KEY, **{name: "other"})
    with Store(tmp_path / "g.sqlite") as db:
        first = db.open_run(KEY)

        assert first.id != db.open_run(other).id


def test_what_the_loader_forgave_is_kept_with_the_results(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        run = db.open_run(KEY)
        run.record(result("poems.a"), [Text("宽容", "forgiven")])
        run.record(result("poems.b"), [Text("宽容", "forgiven"), Text("又", "more")])

        assert run.notices == (Text("宽容", "forgiven"), Text("又", "more"))
        assert db.open_run(KEY).notices == run.notices


def test_a_fault_of_the_grader_is_tried_again(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        first = db.open_run(KEY)
        first.record(result("poems.a", Outcome.GRADER_ERROR))
        first.record(result("poems.b"))
        first.finish()

        again = db.open_run(KEY)
        again.record(result("poems.a"))

        assert {"poems.a": result("poems.a"), "poems.b": result("poems.b")} == again.done


def test_a_second_result_of_a_check_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        run = db.open_run(KEY)
        run.record(result("poems.a"))

        with pytest.raises(GraderError, match=r"poems\.a already has a result"):
            run.record(result("poems.a", Outcome.FAILED))
        assert {"poems.a": result("poems.a")} == run.done == db.results(run.id)


def test_of_two_processes_on_the_same_files_the_first_result_counts(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as one, Store(tmp_path / "g.sqlite") as other:
        first, second = one.open_run(KEY), other.open_run(KEY)
        first.record(result("poems.a"))

        assert second.record(result("poems.a", Outcome.TIMED_OUT)) == result("poems.a")
        assert second.done == first.done


def test_evidence_is_kept_by_its_key(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        assert db.evidence("k") is None
        full = Evidence(
            Tidiness(3, 1, (LintFinding("a.py", 1, "E501", "long"),)),
            ReportEvidence("r.pdf", problem=Text("坏", "bad")),
        )
        for evidence in (full, Evidence(None, None)):
            db.keep_evidence("k", evidence.to_json())

            assert Evidence.from_json(db.evidence("k") or {}) == evidence


def test_every_mark_that_was_given_stays_on_record(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        for earned in ("1/3", "1/3", "2"):  # the second is nothing new
            db.add_grading("alice", "k", "s", Status.GRADED, Marks(Fraction(earned)))
        db.add_grading("bob", "k2", "s", Status.NOT_GRADABLE, Marks())

        assert [str(info.marks.earned) for info in db.gradings("alice")] == ["1/3", "2"]
        assert {who: (info.key, info.status) for who, info in db.latest().items()} == {
            "alice": ("k", Status.GRADED),
            "bob": ("k2", Status.NOT_GRADABLE),
        }


def test_the_last_class_list_counts(tmp_path: Path) -> None:
    with Store(tmp_path / "g.sqlite") as db:
        assert db.last_class() is None
        db.keep_class({"people": ["张三"]})
        db.keep_class({"people": ["李四"]})

        assert db.last_class() == {"people": ["李四"]}


def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "g.sqlite")
    db.execute(f"PRAGMA application_id = {store.APPLICATION_ID}")
    db.execute("CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO migration VALUES ('0001_gradings', 'then')")
    db.execute("CREATE TABLE grading (id INTEGER PRIMARY KEY, key TEXT) STRICT")
    db.execute("CREATE TABLE outcome (grading INTEGER) STRICT")
    db.commit()
    db.close()

    with Store(tmp_path / "g.sqlite") as opened:
        opened.open_run(KEY).record(result("poems.a"))


RECORDER = """
import sys
sys.path.insert(0, sys.argv[1]); sys.path.insert(0, sys.argv[1] + "/tests/records")
from pathlib import Path
from dataclasses import replace
from test_store import KEY, Store, result
grading = Store(Path(sys.argv[2])).open_run(replace(KEY, submission_sha256=sys.argv[3]))
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
        grading = db.open_run(dataclasses.replace(KEY, submission_sha256="alice"))
        grading.record(result("poems.c3"))

        assert [f"poems.c{i}" for i in range(4)] == list(db.results(grading.id))


def test_several_processes_share_a_store(tmp_path: Path) -> None:
    runs = [recorder(tmp_path / "g.sqlite", f"s{i}", 10, "end") for i in range(4)]

    assert [run.communicate(timeout=60)[0].split()[-1] for run in runs] == ["9"] * 4
    with Store(tmp_path / "g.sqlite") as db:
        assert [len(db.results(run)) for run, _, _ in db.runs()] == [10] * 4


def test_a_migration_is_applied_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path / "g.sqlite").close()
    half = ("9999_half", ("CREATE TABLE half (x)", "CREATE NONSENSE"))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "migrations", (*Store.migrations, half))
        with pytest.raises(MachineError):
            Store(tmp_path / "g.sqlite")

    db = sqlite3.connect(tmp_path / "g.sqlite")
    assert db.execute("SELECT name FROM migration").fetchall() == [
        ("0002_part_runs",),
        ("0003_marks_schema_2",),
        ("0004_reports",),
        ("0005_handed_in",),
    ]
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
