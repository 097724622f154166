"""Only answers as a whole become marks: once, with the pages that say what is committed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import zip_of
from preset_judge import by_rubric
from small_rubric import numpy_alone

from grader.batch import work
from grader.batch.ledger import Ledger
from grader.batch.messages import Early, Graded, Job
from grader.core.model import CheckResult, Outcome
from grader.judging.judge import Judge
from grader.records import carrying
from grader.records.carrying import CarriedOutcome, CarriedRun
from grader.records.database import dump
from grader.records.gradebook_builder import DATABASE
from grader.records.mark_events import OverrideEvent
from grader.records.mark_store import DATABASE as MARKS
from grader.records.mark_store import MarkStore
from grader.records.store import Store
from grader.scoring.rubric import Rubric

CLIP = "numpy_rnn.clip.values"
RUBRIC = numpy_alone()


@pytest.fixture(scope="module")
def grader(judge: Judge) -> Iterator[work.Grader]:
    """A grader as in a process of the pool, on the warm servers of the tests."""
    made = by_rubric(judge, RUBRIC)
    made.close = lambda: None  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "Judge", lambda *_: made)
        one = work.Grader(judge._settings, RUBRIC, judge._secret, lambda message: None)
        yield one
        one.close()


@pytest.fixture(scope="module")
def answer(grader: work.Grader, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The answer to the starter: everything is not attempted."""
    return grader.grade(job(tmp_path_factory.mktemp("one")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of a class."""
    with Store(tmp_path / DATABASE) as made:
        yield made


def job(folder: Path, id: str = "a", content: str = "content") -> Job:
    path = folder / f"{id}.zip"
    zip_of(path, {"numpy_rnn.py": "x = 1\n"})
    return Job(id, ((path.name, path.read_bytes()),), content)


def ledger(store: Store, rubric: Rubric = RUBRIC) -> Ledger:
    return Ledger(store, rubric, "en")


def otherwise(graded: Graded, outcome: Outcome) -> Graded:
    """The answer with another outcome of its first check."""
    (run, *runs) = graded.runs
    first = run.outcomes[0]
    other = dataclasses.replace(first.checked, outcome=outcome)
    changed = dataclasses.replace(first, result=dump(other.to_json()))
    run = dataclasses.replace(run, outcomes=(changed, *run.outcomes[1:]))
    return dataclasses.replace(graded, runs=(run, *runs))


def results(store: Store) -> list[CheckResult]:
    return [r for run, _, _ in store.runs() for r in store.results(run).values()]


def test_an_answer_brings_all_outcomes(store: Store, answer: Graded, tmp_path: Path) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    taken = book.accept(answer)

    assert isinstance(taken, Graded)
    assert taken.marks.runs == tuple(run for run, _, _ in store.runs())
    assert taken.kept["runs"] == list(taken.marks.runs)
    assert [finished for _, _, finished in store.runs()] == [True]
    assert {r.id for r in results(store)} >= set(RUBRIC.check_ids)


def test_the_second_answer_of_a_job_changes_nothing(
    store: Store, answer: Graded, tmp_path: Path
) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    book.accept(answer)
    before = results(store)

    assert book.accept(otherwise(answer, Outcome.PASSED)) is None
    book.early(Early("a", answer.runs[0].key, otherwise(answer, Outcome.PASSED).runs[0].outcomes))
    assert results(store) == before


def test_a_twin_that_ended_otherwise_is_made_again_from_what_is_committed(
    store: Store, answer: Graded, grader: work.Grader, tmp_path: Path
) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    book.begin(job(tmp_path, "b", "the same files, packed otherwise"))
    book.accept(answer)
    twin = dataclasses.replace(otherwise(answer, Outcome.PASSED), id="b")

    again = book.accept(twin)
    assert isinstance(again, Job)
    assert again.known[0].outcomes == answer.runs[0].outcomes
    taken = book.accept(grader.grade(again))
    assert isinstance(taken, Graded)
    assert len(store.runs()) == 1
    assert taken.marks.earned == answer.marks.earned


def test_a_twin_that_took_another_time_is_the_same(
    store: Store, answer: Graded, tmp_path: Path
) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    book.begin(job(tmp_path, "b", "other"))
    book.accept(answer)
    run = answer.runs[0]
    slow = tuple(
        dataclasses.replace(
            one, result=dump(dataclasses.replace(one.checked, seconds=99.0).to_json())
        )
        for one in run.outcomes
    )
    twin = dataclasses.replace(answer, id="b", runs=(dataclasses.replace(run, outcomes=slow),))

    assert isinstance(book.accept(twin), Graded)
    assert len(store.runs()) == 1


def test_what_came_early_goes_with_the_next_try(
    store: Store, answer: Graded, grader: work.Grader, tmp_path: Path
) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    run = answer.runs[0]
    marked = otherwise(answer, Outcome.PASSED).runs[0].outcomes[0]  # it would be not attempted
    book.early(Early("a"))
    book.early(Early("a", run.key, (marked,)))

    # Killed here: another run of the command finds it by the content of the hand-in.
    informed = ledger(store).begin(job(tmp_path))
    assert informed.known == (CarriedRun(run.key, informed.known[0].created_at, None, (marked,)),)
    graded = grader.grade(informed)
    assert marked in graded.runs[0].outcomes


def test_a_fault_that_came_early_runs_again(store: Store, answer: Graded, tmp_path: Path) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    fault = otherwise(answer, Outcome.GRADER_ERROR).runs[0]
    book.early(Early("a", fault.key, (fault.outcomes[0],)))
    assert results(store) == []

    book.accept(otherwise(answer, Outcome.GRADER_ERROR))
    assert Outcome.GRADER_ERROR in {r.outcome for r in results(store)}
    mended = ledger(store)
    mended.begin(job(tmp_path))
    assert isinstance(mended.accept(answer), Graded)
    assert Outcome.GRADER_ERROR not in {r.outcome for r in results(store)}


def test_a_run_that_was_not_finished_stays_so(store: Store, answer: Graded, tmp_path: Path) -> None:
    """A fault of the grader ended the first try, and the second one had no need of that run."""
    book = ledger(store)
    book.begin(job(tmp_path))
    key = dataclasses.replace(answer.runs[0].key, reading="second")
    begun = CarriedRun(key, "t", None, answer.runs[0].outcomes[:1])
    book.accept(dataclasses.replace(answer, runs=(*answer.runs, begun)))

    assert [finished for _, _, finished in store.runs()] == [True, False]


def test_again_is_another_run_even_if_it_is_delivered_twice(
    store: Store, answer: Graded, tmp_path: Path
) -> None:
    book = ledger(store)
    book.begin(job(tmp_path))
    book.accept(answer)
    again = book.begin(dataclasses.replace(job(tmp_path), again=True))
    assert again.known == ()
    run = answer.runs[0]
    for _ in range(2):  # by a worker that died, and by the one that took its job over
        book.early(Early("a", run.key, run.outcomes[:3]))
    book.accept(answer)

    assert [finished for _, _, finished in store.runs()] == [True, True]


def test_what_people_gave_is_on_the_pages(store: Store, answer: Graded, tmp_path: Path) -> None:
    with MarkStore(tmp_path / MARKS) as marks:
        event = OverrideEvent(
            hand_in="a", check=CLIP, version=1, fraction=Fraction(1), author="ta",
            at="2026-11-28T00:00:00.000+00:00", why="seen by a person",
        )  # fmt: skip
        marks.add(overrides=[event])
    book = ledger(store)
    book.begin(job(tmp_path))
    taken = book.accept(answer)

    assert isinstance(taken, Graded)
    assert "seen by a person" in taken.pages["staff.html"]
    assert "seen by a person" not in taken.pages["feedback.html"]  # not published
    assert "seen by a person" not in answer.pages["staff.html"]


def test_a_process_that_grades_keeps_few_runs(grader: work.Grader) -> None:
    one = CarriedOutcome("a.b", "{}", "[]", "t")
    for i in range(100):
        key = dataclasses.replace(_key(), submission_sha256=str(i))
        carrying.add(grader._store, CarriedRun(key, "t", "t", (one,)))
    carrying.keep_last(grader._store, 5)

    assert len(grader._store.runs()) == 5
    assert len(carrying.known(grader._store, [str(i) for i in range(100)])) == 5
    carrying.keep_last(grader._store, 0)


def _key() -> carrying.PartKey:
    return carrying.PartKey(
        part="numpy_rnn", contract="", submission_sha256="", code_sha256="", grader_version="",
        secret_fingerprint="", environment="", limits="",
    )  # fmt: skip
