"""A class graded in shares gives the gradebook of one run; what is missing or doubled is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from class_folders import a_class, numpy_rubric
from in_process_batch import HERE, Graders, Quiet

from grader.batch import plan, shards
from grader.batch.running import Batch
from grader.batch.shards import Share, gather, share_of
from grader.core.errors import UsageError
from grader.core.model import Environment
from grader.core.settings import Secret, Settings
from grader.judging.judge import Judge
from grader.marking.course import Course
from grader.records.gradebook_builder import DATABASE
from grader.records.store import Store

Graded = Callable[..., Path]


@pytest.fixture
def graded(
    tmp_path: Path, secret_file: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Graded]:
    """Grade a class, or a share of it, in this process; the folder of the results."""
    graders = Graders(judge, monkeypatch)
    rubric = numpy_rubric(tmp_path / "rubric.yaml")

    def go(folder: Path, share: str = "", environment: Environment = HERE) -> Path:
        out = tmp_path / f"out{share.replace('/', '-')}"
        settings = Settings(out_dir=out, rubric=rubric, secret_file=secret_file, lang="en")
        secret = Secret.load(secret_file)
        found = plan(settings, secret, folder)
        if share:
            shards.describe(found, Share.of(share), environment)
            found = share_of(found, Share.of(share))

        crew = graders.crew(settings, found.rubric, secret)
        Batch(found, environment, Quiet(), jobs=1, crew=crew).run()
        return out

    yield go
    graders.close()


def test_shares_become_the_gradebook_of_one_run(graded: Graded, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 3)
    (folder / "2023009-坏-实验6.zip").write_bytes(b"not a zip")
    whole, one, two = graded(folder), graded(folder, "1/2"), graded(folder, "2/2")
    together = tmp_path / "together"

    first = gather([two], together, "en")
    assert not first.complete
    assert "missing: 1/2" in first.notices[0].en

    second = gather([one, two, one], together, "en")

    assert second.complete
    assert [notice.en for notice in second.notices] == [f"Share 1/2 is there twice: {one}, {one}."]
    assert first.added + second.added == 4
    name = "gradebook.csv"
    assert (together / name).read_bytes() == (whole / name).read_bytes()
    # The page of the class shows how long the checks took, so it is not compared as a whole.
    assert "2023001" in (together / "index.html").read_text("utf-8")
    with Store(whole / DATABASE) as expected, Store(together / DATABASE) as found:
        assert found.latest().keys() == expected.latest().keys()
        for hand_in, mark in found.latest().items():
            results = [r for run in mark.marks.runs for r in found.results(run).values()]
            other = expected.latest()[hand_in].marks.runs
            wanted = [r for run in other for r in expected.results(run).values()]
            assert [(r.id, r.outcome) for r in results] == [(r.id, r.outcome) for r in wanted]
            assert (together / hand_in / "report.json").is_file()
        count = "SELECT count(*) FROM part_run"
        assert found._db.execute(count).fetchone() == expected._db.execute(count).fetchone()
    # Nothing is doubled by another gathering, and people can mark what was gathered.
    assert gather([one, two], together, "en").added == 0
    with Course(together) as course:
        assert len(course.gradebook().marks) == 4


def test_what_does_not_belong_together_is_refused(graded: Graded, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "class", 2)
    one = graded(folder, "1/2")
    two = graded(folder, "2/2", Environment("3", "2", "2", "cpu", "landlock"))

    with pytest.raises(UsageError, match="differ in: environment"):
        gather([one, two], tmp_path / "together", "en")
    with pytest.raises(UsageError, match="no folder of results"):
        gather([tmp_path], tmp_path / "together", "en")
    assert not (tmp_path / "together").exists()

    foreign = json.loads((one / shards.FILE).read_text("utf-8"))
    foreign["hand_ins"] = ["../elsewhere"]
    shutil.copytree(one, tmp_path / "foreign")
    (tmp_path / "foreign" / shards.FILE).write_text(json.dumps(foreign), "utf-8")
    with pytest.raises(UsageError, match="damaged"):
        gather([tmp_path / "foreign"], tmp_path / "together", "en")


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/0", "1", "a/b", "1/1000", "-1/2", "1/2/3"])
def test_a_share_is_k_of_n(text: str) -> None:
    with pytest.raises(UsageError):
        Share.of(text)
