"""The desk with a class of a thousand: every page, a saved mark, a page of a report, feedback.

Run: ``PYTHONPATH=. python bench/desk.py [--size 1000]``. All marks are given already, so that
the store is as large as it gets. Times are those of the application; a connection on loopback adds
less than a millisecond.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from desk_class import desk_class, pdf_of  # type: ignore[import-not-found]
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from grader.core.materials import Material
from grader.core.model import CheckResult
from grader.desk.app import create
from grader.desk.room import Desk, Options
from grader.desk.warming import start as warm
from grader.feedback import html
from grader.marking import kept_materials
from grader.marking.course import Course
from grader.marking.pages import keep_pdf
from grader.records import kept_report
from grader.records.mark_events import MarkEvent

ORIGIN = "http://localhost"
ROUNDS = 40
WITH_REPORT = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000)
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        start = time.perf_counter()
        desk_class(out, size, reports=size <= 50)
        give_reports(out)
        mark_all(out)
        print(f"{size} hand-ins made in {time.perf_counter() - start:.0f} s")
        start = time.perf_counter()
        with Desk(Options(out=out, lang="en", token="t", author="li", origins=(ORIGIN,))) as desk:
            client = create(desk).test_client()
            client.get("/?token=t")
            warming = warm(desk)
            client.get("/")
            print(f"started, with its first page, in {time.perf_counter() - start:.2f} s")
            warming.join()
            print(
                f"everything ready for the first search {time.perf_counter() - start:.2f} s after"
            )
            measure(desk, client)
            feedback(desk)


def feedback(desk: Desk) -> None:
    """The student's page of a hand-in, from the report to the whole file."""
    course = desk.course()
    reports = []
    for entry in course.snapshot.entries[:ROUNDS]:
        kept = course.store.report(entry.id)
        assert kept is not None
        results: dict[str, CheckResult] = {}
        for run in course.latest[entry.id].marks.runs:
            results |= course.store.results(run)
        reports.append(kept_report.restore(kept, results, course.rubric))
    report("a feedback page", timed(lambda i: html.render(reports[i], staff=False), len(reports)))


def mark_all(out: Path) -> None:
    """Every criterion of every hand-in but the last tenth."""
    with Course(out) as course:
        entries = course.snapshot.entries
        marks: list[MarkEvent] = [
            course.mark(
                entry.id,
                criterion.id,
                Fraction(criterion.levels[i % len(criterion.levels)].points),
                seen=0,
                author=("li", "wang")[i % 2],
                note="轴没有名称" if i % 5 == 0 else "",
                settles=False,
            )
            for i, entry in enumerate(entries[: len(entries) * 9 // 10])
            for criterion in course.rubric.criteria
        ]
        course.marks.add(marks=marks)


def give_reports(out: Path) -> None:
    """A report of twenty pages and a log for the first hand-ins, which their pages show."""
    with Course(out) as course:
        for entry in course.snapshot.entries[:WITH_REPORT]:
            folder = out / entry.id
            folder.mkdir(parents=True, exist_ok=True)
            keep_pdf(folder, pdf_of(entry.people[0], pages=20))
            log = "\n".join(f"epoch {n} loss {5 / (n + 1):.3f}" for n in range(20_000))
            kept_materials.keep(folder, (Material("logs/train.txt", log.encode()),))


def measure(desk: Desk, client: FlaskClient) -> None:
    facts = desk.facts(desk.course())
    aliases = list(facts.by_alias)

    def page(path: str) -> Callable[[int], None]:
        def get(i: int) -> None:
            answer = client.get(path.format(alias=aliases[i % len(aliases)]))
            assert answer.status_code in (200, 303), (path, answer.status_code)

        return get

    def save(i: int) -> None:
        alias = aliases[i]
        shown = client.get(f"/api/hand-in/{alias}").json
        assert shown is not None
        data = {
            "hand_in": alias,
            "criterion": "report.figures",
            "points": ("8", "6", "3")[i % 3],
            "seen": shown["criteria"]["report.figures"]["version"],
        }
        begin = time.perf_counter()
        answer = client.post("/api/mark", json=data, headers={"Origin": ORIGIN})
        saved.append(time.perf_counter() - begin)
        assert answer.status_code == 200, answer.text

    def ask(path: str) -> Callable[[int], None]:
        """Of the hand-ins that have a report; the first question of each reads its file."""
        known = facts.by_id
        ids = [entry.id for entry in desk.course().snapshot.entries[:WITH_REPORT]]

        def get(i: int) -> None:
            answer = client.get(path.format(alias=known[ids[i % len(ids)]].alias))
            assert answer.status_code == 200, (path, answer.status_code)

        return get

    saved: list[float] = []
    for title, path in (
        ("queue", "/"),
        ("queue, second page", "/?page=2"),
        ("queue, one criterion, to mark", "/?criterion=report.figures&state=open"),
        ("queue, search", "/?q=2023012"),
        ("next to mark", "/next"),
        ("a hand-in", "/h/{alias}"),
        ("a hand-in, one criterion", "/h/{alias}?criterion=report.figures"),
        ("conflicts", "/conflicts"),
        ("comments", "/comments"),
        ("markers", "/markers"),
        ("questions", "/questions"),
        ("search of comments", "/api/comments?q=轴"),
    ):
        report(title, timed(page(path)))
    for title, path in (
        ("search of a report", "/api/report/{alias}?q=loss"),
        ("a log", "/api/log/{alias}/0"),
    ):
        report(f"{title}, the first time", timed(ask(path), WITH_REPORT))
        report(f"{title}, again", timed(ask(path)))
    # A browser asks for the next page while one is read; then it is in memory here.
    alias = known_alias(desk)
    shown = re.search(r'src="(/p/[^"]+?)1\.png"', client.get(f"/h/{alias}").text)
    assert shown is not None
    for title in ("a page of a report, drawn", "next page, prefetched"):
        report(title, timed(lambda i: ok(client.get(f"{shown[1]}{i + 1}.png")), 20))
    for i in range(ROUNDS):
        save(i)
    report("a saved mark", saved)
    # After a mark everything that is kept in memory is made again.
    after = []
    for i in range(ROUNDS):
        save(i)
        begin = time.perf_counter()
        client.get("/")
        after.append(time.perf_counter() - begin)
    report("queue, right after a mark", after)
    report("publish", timed(page("/finish")))


def known_alias(desk: Desk) -> str:
    """Of a hand-in with a report."""
    course = desk.course()
    return desk.facts(course).by_id[course.snapshot.entries[0].id].alias


def ok(answer: TestResponse) -> None:
    """The request was answered."""
    assert answer.status_code == 200, answer.text


def timed(work: Callable[[int], object], rounds: int = ROUNDS) -> list[float]:
    taken = []
    for i in range(rounds):
        begin = time.perf_counter()
        work(i)
        taken.append(time.perf_counter() - begin)
    return taken


def report(title: str, taken: list[float]) -> None:
    ordered = sorted(taken)
    median = 1000 * statistics.median(ordered)
    late = 1000 * ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    print(f"{title:32} median {median:7.1f} ms   p95 {late:7.1f} ms")


if __name__ == "__main__":
    main()
