"""A whole class is graded, nothing is done twice, and one bad hand-in stops nothing."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from class_folders import a_class, clip_only, name, numpy_rubric
from handing_in import zip_of
from in_process_batch import HERE, Graders, Quiet
from odd_archives import ODD_ENTRIES, UNOPENED
from rich.console import Console

from grader import handins
from grader.batch import plan, running, work
from grader.batch.progress import summarize
from grader.batch.running import Batch, Summary
from grader.core.errors import GraderError, MachineError, UsageError
from grader.core.settings import Secret, Settings
from grader.feedback import diff_table
from grader.feedback.terminal import make_console
from grader.isolation.reading import HandInReader
from grader.judging.judge import Judge
from grader.records import finals, gradebook_builder, keys
from grader.records.history import last_moves
from grader.records.store import Store
from grader.scoring import rubric as rubrics
from kit.text import Text

CLIP = "numpy_rnn.clip.values"

Run = Callable[..., Summary]


@pytest.fixture
def run(
    tmp_path: Path, secret_file: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Grade `folder` in this process, as one process of the pool would."""
    graders = Graders(judge, monkeypatch)

    def go(folder: Path, rubric: Path | None = None, **options: object) -> Summary:
        settings = Settings(
            out_dir=tmp_path / "out",
            rubric=rubric or numpy_rubric(tmp_path / "rubric.yaml"),
            secret_file=secret_file,
            lang="en",
        )
        secret = Secret.load(secret_file)
        found = plan(settings, secret, folder, options.pop("roster", None))

        crew = graders.crew(settings, found.rubric, secret)
        one = Batch(found, HERE, Quiet(), jobs=1, crew=crew, **options)
        return one.run()

    yield go
    graders.close()


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["Student id"]: row for row in csv.DictReader(file)}


def test_every_hand_in_has_a_line_and_its_pages(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 3)
    (folder / "2023009-坏-实验6.zip").write_bytes(b"not a zip")
    (folder / "2023010-空.zip").write_bytes(b"")
    zip_of(folder / "2023011-死-实验6.zip", {"numpy_rnn.py": "import os\nos._exit(0)\n"})

    summary = run(folder)

    assert (len(summary.graded), summary.faults, summary.left) == (6, [], 0)
    assert summary.exit_code == 0
    lines = rows(tmp_path / "out")
    assert {lines[id]["Code"] for id in ("2023000", "2023001")} == {"0.75"}
    assert lines["2023002"]["Code"] == "0.00"
    assert lines["2023009"]["Standing"] == lines["2023010"]["Standing"] == "not gradable"
    for id in lines:
        report = json.loads((tmp_path / "out" / id / "report.json").read_text("utf-8"))
        assert report["submission"]["id"] == id
        assert {p.name for p in (tmp_path / "out" / id).iterdir()} == {
            "report.json",
            "results.json",
            "feedback.html",
            "staff.html",
        }
    assert "赵安" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_what_has_not_changed_is_not_done_again(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 3)
    run(folder)
    before = (tmp_path / "out" / "gradebook.csv").read_bytes()
    page = (tmp_path / "out" / "2023000" / "staff.html").stat().st_mtime_ns

    second = run(folder)

    assert (len(second.graded), len(second.unchanged)) == (0, 3)
    assert (tmp_path / "out" / "gradebook.csv").read_bytes() == before
    assert (tmp_path / "out" / "2023000" / "staff.html").stat().st_mtime_ns == page


def test_a_new_attempt_is_graded_and_the_rest_is_not(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 3)
    run(folder)
    zip_of(folder / "2023002-孙安-实验6.zip", {"numpy_rnn.py": clip_only(comment="better")})

    second = run(folder)

    assert (second.graded, len(second.unchanged)) == (["2023002"], 2)
    assert rows(tmp_path / "out")["2023002"]["Code"] == "0.75"
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        (move,) = last_moves(store.gradings())
    assert move.handed_in_again
    assert move.earned_after - move.earned_before == rubrics.load(
        tmp_path / "rubric.yaml"
    ).points_of(CLIP) + rubrics.load(tmp_path / "rubric.yaml").points_of("numpy_rnn.clip.hidden")


def test_lost_pages_are_made_again_without_a_check(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    run(folder)
    shutil.rmtree(tmp_path / "out" / "2023000")

    run(folder)

    assert (tmp_path / "out" / "2023000" / "feedback.html").exists()
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        assert len(store.runs()) == 1


def test_identical_hand_ins_are_graded_once(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    for i in range(4):  # the same files, packed in two ways
        files = {"numpy_rnn.py": clip_only()} | ({".DS_Store": "x"} if i % 2 else {})
        zip_of(folder / f"20230{i:02d}-张{i}.zip", files)

    summary = run(folder)

    assert len(summary.graded) == 4
    assert {row["Code"] for row in rows(tmp_path / "out").values()} == {"0.75"}
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        assert len(store.runs()) == 1


def test_a_changed_rubric_moves_marks_without_a_check_run(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 3)
    run(folder)
    dearer = numpy_rubric(tmp_path / "other.yaml", numpy_rnn__clip__values="2")

    second = run(folder, dearer)

    assert len(second.graded) == 3
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        assert len(store.runs()) == 3  # those of the first time
        moves = last_moves(store.gradings())
    assert {(m.hand_in, [c.id for c in m.checks][0]) for m in moves} == {
        ("2023000", CLIP),
        ("2023001", CLIP),
    }
    gained = {m.hand_in: m.earned_after - m.earned_before for m in moves}
    assert gained == {"2023000": 2 - _points(), "2023001": 2 - _points()}


def _points() -> object:
    return rubrics.load(keys.ROOT / "rubric.yaml").points_of(CLIP)


def test_a_changed_suite_of_another_part_regrades_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_class(tmp_path / "class", 1)
    run(folder)
    real = keys.code_sha256
    monkeypatch.setattr(keys, "code_sha256", lambda part: real(part) + "poems" * (part == "poems"))
    assert run(folder).unchanged == ["2023000"]

    monkeypatch.setattr(keys, "code_sha256", lambda part: real(part) + "changed")
    assert run(folder).graded == ["2023000"]


def test_all_is_run_again_when_asked_for(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    run(folder)

    assert run(folder, again=True).graded == ["2023000"]
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        assert len(store.runs()) == 2


def test_twins_are_given_a_new_mark_too_when_all_is_run_again(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    shutil.copy(next(folder.iterdir()), folder / f"2023001-{name(1)}-实验6.zip")
    run(folder)

    assert run(folder, again=True).graded == ["2023000", "2023001"]
    with Store(tmp_path / "out" / gradebook_builder.DATABASE) as store:
        assert len(store.runs()) == 2  # one for both, each time


def test_a_fault_of_the_grader_is_recorded_and_stops_nobody(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_class(tmp_path / "class", 3)
    real = HandInReader.read_files

    def broken(self, files, *, id, **options):  # type: ignore[no-untyped-def]
        if id == "2023001":
            raise GraderError(Text("坏了", "it broke"))
        return real(self, files, id=id, **options)

    with monkeypatch.context() as patch:
        patch.setattr(HandInReader, "read_files", broken)
        summary = run(folder)
        assert summary.exit_code == 1
        assert [(id, why.en) for id, why in summary.faults] == [("2023001", "it broke")]
        line = rows(tmp_path / "out")["2023001"]
        assert (line["Standing"], line["Mark"], line["Code"]) == ("grader fault", "", "")
        assert "it broke" in (tmp_path / "out" / "2023001" / "error.txt").read_text("utf-8")

    mended = run(folder)
    assert (mended.graded, mended.exit_code) == (["2023001"], 0)
    assert rows(tmp_path / "out")["2023001"]["Code"] == "0.75"
    assert not (tmp_path / "out" / "2023001" / "error.txt").exists()


def test_the_roster_says_who_is_missing(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 2)
    roster = tmp_path / "roster.csv"
    roster.write_text("学号,姓名\n2023000,赵安\n2023001,钱安\n0023002,=1+1\n", "utf-8")

    run(folder, roster=roster)

    line = rows(tmp_path / "out")["0023002"]
    assert (line["Standing"], line["Name"], line["Mark"]) == ("missing", "'=1+1", "")


def test_the_late_policy_keeps_the_raw_mark(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    late = numpy_rubric(tmp_path / "late.yaml")
    late.write_text(
        late.read_text("utf-8")
        + 'late: {due: "2020-01-01 12:00", timezone: Asia/Shanghai, deduct_per_day: "0.25"}\n',
        "utf-8",
    )
    found = handins.discover(folder)
    run(folder, late)  # a plain folder says no time: nothing is taken

    line = rows(tmp_path / "out")["2023000"]
    assert found.hand_ins[0].submitted_at is None
    assert "time" in line["Lateness"]
    notices = [notice.en for notice in gradebook_builder.load(tmp_path / "out").notices]
    assert any("the time of 1 of 1 hand-ins is not known" in notice for notice in notices)
    assert line["Earned so far"] != "0.00"


def blackboard_class(folder: Path, stamp: str) -> Path:
    """One hand-in as Blackboard gives it out, with the time of the attempt."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    stem = f"HW_2023000_attempt_{stamp}"
    zip_of(folder / f"{stem}_hw.zip", {"numpy_rnn.py": clip_only()})
    (folder / f"{stem}.txt").write_text("Name: 赵安 (2023000)\nAssignment: HW\n", "utf-8")
    return folder


def late_rubric(path: Path, policy: str = "multiply: 0.8") -> Path:
    rubric = numpy_rubric(path)
    late = f'late: {{due: "2024-01-01 12:00", timezone: Asia/Shanghai, {policy}}}\n'
    rubric.write_text(rubric.read_text("utf-8") + late, "utf-8")
    return rubric


def test_a_late_deduction_stands_in_every_place(run: Run, tmp_path: Path) -> None:
    rubric = late_rubric(tmp_path / "late.yaml")
    pages = tmp_path / "out" / "blackboard-2023000"
    run(blackboard_class(tmp_path / "class", "2024-01-01-11-00-00"), rubric)
    assert "Late by" not in (pages / "feedback.html").read_text("utf-8")

    run(blackboard_class(tmp_path / "class", "2024-01-01-13-00-00"), rubric)  # the same files

    line = rows(tmp_path / "out")[""]
    assert (line["Earned so far"], line["Final so far"], line["Mark"]) == ("1.42", "1.13", "")
    for page in ("feedback.html", "staff.html", "results.json", "report.json"):
        assert "0.28 of the 1.42 points" in (pages / page).read_text("utf-8"), page


def final_moves(out: Path, since: str | None = None) -> list[tuple[str, str, str]]:
    with Store(out / gradebook_builder.DATABASE) as store:
        found = finals.moves(store, since)

    def shown(mark: finals.FinalMark) -> str:
        return "-" if mark.final is None else f"{float(mark.final):.2f}"

    return [(m.after.person.name, shown(m.before), shown(m.after)) for m in found]


def test_a_final_mark_that_the_policy_or_a_missing_hand_in_moved_is_listed(
    run: Run, tmp_path: Path
) -> None:
    out, stamp = tmp_path / "out", "2024-01-01-13-00-00"
    roster = tmp_path / "roster.csv"
    roster.write_text("学号,姓名\n2023000,赵安\n2023001,钱安\n", "utf-8")
    folder = blackboard_class(tmp_path / "class", stamp)
    run(folder, late_rubric(tmp_path / "a.yaml"), roster=roster)
    assert final_moves(out) == []
    run(folder, late_rubric(tmp_path / "b.yaml", "multiply: 0.4"), roster=roster)
    run(folder, late_rubric(tmp_path / "b.yaml", "multiply: 0.4"), roster=roster)

    assert final_moves(out) == [("赵安", "1.13", "0.57")]
    run(folder, numpy_rubric(tmp_path / "c.yaml"), roster=roster)
    assert final_moves(out) == [("赵安", "0.57", "1.42")]
    with Store(out / gradebook_builder.DATABASE) as store:
        times = [time for time, _ in store.classes()]
        assert last_moves(store.gradings()) == ()
    assert final_moves(out, times[2]) == [("赵安", "0.57", "1.42")]
    assert final_moves(out, times[1]) == [("赵安", "1.13", "1.42")]

    shutil.rmtree(folder)
    folder.mkdir()
    zip_of(folder / "2023001-钱安.zip", {"numpy_rnn.py": clip_only()})
    run(folder, numpy_rubric(tmp_path / "c.yaml"), roster=roster)
    assert sorted(final_moves(out)) == [("赵安", "1.42", "-"), ("钱安", "-", "1.42")]
    written = io.StringIO()
    with Store(out / gradebook_builder.DATABASE) as store:
        told = finals.moves(store)
    console = Console(file=written, width=100)
    diff_table.render((), gradebook_builder.load(out), console, "en", told)
    assert "1.42 → nothing handed in" in written.getvalue()


def test_two_batches_do_not_write_one_folder(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    (tmp_path / "out").mkdir()
    with running.only_run_in(tmp_path / "out"), pytest.raises(UsageError, match="Another run"):
        run(folder)


def test_results_that_cannot_be_written_are_explained(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 1)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(MachineError, match="folder of results"):
        run(folder)


def test_an_export_needs_neither_hand_ins_nor_rubric(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 2)
    run(folder)
    shutil.rmtree(folder)
    (tmp_path / "rubric.yaml").unlink()

    gradebook = gradebook_builder.load(tmp_path / "out")

    assert [mark.person.student_id for mark in gradebook.marks] == ["2023000", "2023001"]
    checks = {check.result.id: check for check in gradebook.marks[0].checks}
    assert checks[CLIP].earned == checks[CLIP].possible == _points()


def test_a_folder_without_a_class_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No class was graded"):
        gradebook_builder.load(tmp_path)


def test_the_secret_must_be_the_batchs(tmp_path: Path, secret_file: Path) -> None:
    settings = Settings(
        out_dir=tmp_path, rubric=numpy_rubric(tmp_path / "r.yaml"), secret_file=secret_file
    )
    with pytest.raises(GraderError, match="secret .* changed"):
        work.set_up(
            dataclasses.replace(settings, lang="en"),
            rubrics.load(settings.rubric),
            "another",
            lambda message: None,
        )


def test_every_bad_input_has_its_line_and_costs_nobody_else(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 2)
    bad = UNOPENED | ODD_ENTRIES
    for i, make in enumerate(bad.values()):
        (folder / f"99000{i:02d}-{name(i)}.zip").write_bytes(make())
    sources = {
        "syntax": "def f(:\n",
        "python2": "print 'x'\n",
        "exits": "raise SystemExit\n" + clip_only(),
        "dies": "import os\nos._exit(1)\n" + clip_only(),
        "gbk": ("# 作者：张三\n" + clip_only()).encode("gbk"),
        "raises": clip_only().replace("return norm", "raise ValueError('x' * 10**6)"),
    }
    for i, text in enumerate(sources.values()):
        zip_of(folder / f"88000{i:02d}-{name(i)}.zip", {"numpy_rnn.py": text})
    (folder / "77000-空文件夹").mkdir()

    summary = run(folder)

    lines = rows(tmp_path / "out")
    assert summary.faults == []
    assert len([id for id in lines if id.startswith("99")]) == len(bad)
    assert len([id for id in lines if id.startswith("88")]) == len(sources)
    assert {
        lines[id]["Code"] for id in ("2023000", "2023001", "8800002", "8800003", "8800004")
    } == {"0.75"}
    unopened = [f"99000{i:02d}" for i, kind in enumerate(bad) if kind in UNOPENED]
    assert {lines[id]["Standing"] for id in unopened} == {"not gradable"}
    closed = [id for id in lines if lines[id]["Standing"] == "not gradable"]
    assert summary.not_gradable == len(closed)
    stream = io.StringIO()
    summarize(summary, tmp_path / "out", make_console(stream), "en")
    assert f"since nothing could be opened: {len(closed)} of those handled" in stream.getvalue()


ODD_NAMES = (
    "张,三",
    '李"四',
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "a\nb",
    "c\x1b[31md",
    "Rene\u0301e",  # NFD
    "O'Brien & <b>Co</b>",
    "٣٤",
    "-1+1",
)


def test_odd_names_are_kept_apart_and_harm_no_table(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    for i, odd in enumerate(ODD_NAMES):
        zip_of(folder / f"00230{i:02d}-{odd}.zip".replace("/", "_"), {"a.py": f"x = {i}\n"})

    run(folder)

    lines = rows(tmp_path / "out")
    assert sorted(lines) == [f"00230{i:02d}" for i in range(len(ODD_NAMES))]
    for line in lines.values():
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())
        assert not any(ord(c) < 32 for cell in line.values() for c in cell)
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "<b>Co</b>" not in page
    assert "\x1b" not in page
