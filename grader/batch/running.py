"""One run over a class: grade what has changed, then write the gradebook and the class's page."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from multiprocessing import active_children
from pathlib import Path
from types import FrameType
from typing import Protocol

from grader import handins
from grader.core.digests import content_sha256
from grader.core.errors import GraderError, MachineError, UsageError
from grader.core.model import Environment, Status
from grader.export.formats import export
from grader.feedback import PAGES, REPORT
from grader.feedback.atomic import write_text
from grader.feedback.class_page import write_class_page
from grader.handins.records import ClassFolder, HandIn
from grader.judging.judge import Judge
from grader.marking import kept_materials
from grader.marking.pages import keep_pdf
from grader.records import keys
from grader.records.gradebook import Gradebook
from grader.records.gradebook_builder import DATABASE, FAULT, build
from grader.records.roster_snapshot import snapshot_of
from grader.records.store import GradingInfo, Store
from kit.text import Text, os_reason

from .ledger import Ledger
from .local_pool import SPAWN, LocalPool
from .messages import Early, Graded, Job, faulty
from .planning import ClassPlan
from .pool import Pool
from .work import Tell, grade, set_up


@dataclass(slots=True)
class Summary:
    """The result of a run."""

    graded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    faults: list[tuple[str, Text]] = field(default_factory=list)  # the grader's, by hand-in
    not_gradable: int = 0  # of those graded: nothing could be opened
    left: int = 0  # hand-ins that were not reached
    gradebook: Gradebook | None = None

    @property
    def exit_code(self) -> int:
        """0, or 1 where a fault of the grader or an interruption left a hand-in without a mark."""
        return 1 if self.faults or self.left else 0


class Observer(Protocol):
    """Watches a run: a progress bar, or a benchmark's meter."""

    def started(self, total: int) -> None:
        """`total` hand-ins are about to be graded."""

    def under_way(self, early: Early) -> None:
        """A hand-in has begun, or checks of it have ended."""

    def finished(self, hand_in: HandIn, graded: Graded) -> None:
        """One hand-in is done."""

    def unchanged(self, hand_in: HandIn, known: GradingInfo) -> None:
        """Nothing of a hand-in has changed since it was graded."""

    def stopping(self) -> None:
        """Ctrl-C was pressed once: what has begun still ends."""


def environment(plan: ClassPlan, ready: Callable[[Judge], None]) -> Environment:
    """The environment in which marks are made here, once `ready` has accepted the judge."""
    with contextlib.closing(Judge(plan.settings, plan.rubric, plan.secret)) as judge:
        ready(judge)
        return judge.environment()


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes that grade: how they are started, how many there are, what they call."""

    make: Callable[[Tell], Executor]
    width: Callable[[], int]
    work: Callable[[bytes], bytes | None] = grade


class Batch:
    """One run over a class."""

    def __init__(
        self,
        plan: ClassPlan,
        environment: Environment,
        observer: Observer,
        *,
        jobs: int,
        again: bool = False,
        crew: Crew | None = None,
    ) -> None:
        self._plan = plan
        self._settings = plan.settings
        self._rubric = plan.rubric
        self._secret = plan.secret
        self._environment = environment
        self._observer = observer
        self._again = again
        self._stop = SPAWN.RawValue(ctypes.c_bool, False)
        self._ledger: Ledger | None = None
        crew = crew or Crew(self._processes(jobs), lambda: jobs)
        self._pool = Pool(crew.make, crew.width, crew.work, self._early)

    def _processes(self, jobs: int) -> Callable[[Tell], Executor]:
        settings, fingerprint = self._settings, self._secret.fingerprint
        before = (settings, self._rubric, fingerprint)
        return lambda tell: LocalPool(jobs, tell, set_up, before, (self._stop,))

    def run(self) -> Summary:
        """Grade what has changed, then write the gradebook and the page of the class."""
        out, folder = self._settings.out_dir, self._plan.folder
        summary = Summary()
        self._observer.started(len(folder.hand_ins))
        with only_run_in(out), Store(out / DATABASE) as store, self._interruptible():
            # First, so that the gradebook of a run that is killed also lists the whole class.
            store.keep_class(snapshot_of(folder, self._plan.rubric_text).to_json())
            self._ledger = Ledger(store, self._rubric, self._settings.lang)
            try:
                self._grade_all(folder, store, self._ledger, summary)
            finally:
                self._pool.close()
            done = len(summary.graded) + len(summary.unchanged) + len(summary.faults)
            summary.left = len(folder.hand_ins) - done
            summary.gradebook = build(store, out)
        export(summary.gradebook, "csv", out=out / "gradebook.csv", lang=self._settings.lang)
        write_class_page(summary.gradebook, out / "index.html", self._settings.lang)
        return summary

    def _early(self, early: Early) -> None:
        if self._ledger is not None and self._ledger.early(early):
            self._observer.under_way(early)

    def _grade_all(
        self, folder: ClassFolder, store: Store, ledger: Ledger, summary: Summary
    ) -> None:
        by_id = {hand_in.id: hand_in for hand_in in folder.hand_ins}
        wanted: dict[str, str] = {}  # the key of each hand-in that was given to the pool
        duplicates: list[HandIn] = []

        def jobs(hand_ins: list[HandIn], again: bool, hold: bool) -> Iterator[Job]:
            known = store.latest()
            first: set[str] = set()
            with handins.Reader() as reader:
                for hand_in in hand_ins:
                    try:
                        files = tuple(handins.load(hand_in, reader=reader).items())
                    except (GraderError, OSError) as error:
                        why = getattr(error, "text", Text(str(error), str(error)))
                        self._keep(by_id, faulty(hand_in.id, why), "", store, summary)
                        continue
                    content = _content(files)
                    key = self._key(content, hand_in)
                    graded = known.get(hand_in.id)
                    if graded and not self._again and self._is_current(hand_in, key, graded):
                        summary.unchanged.append(hand_in.id)
                        self._observer.unchanged(hand_in, graded)
                    elif hold and content in first:
                        duplicates.append(hand_in)  # graded after the first, whose outcomes it has
                    else:
                        first.add(content)
                        wanted[hand_in.id] = key
                        job = Job(
                            hand_in.id,
                            files,
                            content,
                            again,
                            hand_in.submitted_at,
                            hand_in.late,
                            tuple(person.student_id for person in hand_in.people),
                            tuple(f"{p.name} {p.student_id}".strip() for p in hand_in.people),
                        )
                        before = graded.submission_sha256 if graded else ""
                        yield ledger.begin(job, before)

        def grade_some(hand_ins: list[HandIn], again: bool, hold: bool) -> None:
            for answer in self._pool.run(jobs(hand_ins, again, hold)):
                graded = ledger.accept(answer)
                if isinstance(graded, Job):
                    self._pool.repeat(graded)
                elif graded is not None:
                    self._keep(by_id, graded, wanted[graded.id], store, summary)

        grade_some(list(folder.hand_ins), self._again, True)
        if duplicates and not self._pool.stopping:
            # Not again: the first of them has just run every check on the same files.
            grade_some(duplicates, False, False)

    def _key(self, content: str, hand_in: HandIn) -> str:
        late = ""
        if self._rubric.late is not None:
            ids = [person.student_id for person in hand_in.people]
            late = repr((hand_in.submitted_at, hand_in.late, ids))
        return keys.hand_in_key(
            content,
            self._rubric.parts(),
            self._rubric.sha256,
            self._environment,
            self._settings,
            self._secret,
            late,
        )

    def _is_current(self, hand_in: HandIn, key: str, last: GradingInfo) -> bool:
        """Whether grading the hand-in again would give its last mark and pages again."""
        if last.key != key or last.status is Status.GRADER_ERROR:
            return False
        # The pages may have been deleted since; a grading writes them from the stored results.
        return (self._settings.out_dir / hand_in.id / REPORT).exists()

    def _keep(
        self,
        by_id: dict[str, HandIn],
        graded: Graded,
        key: str,
        store: Store,
        summary: Summary,
    ) -> None:
        """Write the pages, then record the mark, so a kill between the two only costs a rerun."""
        folder = self._settings.out_dir / graded.id
        folder.mkdir(parents=True, exist_ok=True)
        for name in PAGES:
            if name not in graded.pages:
                # A page of an earlier grading, such as error.txt, must not lie beside this mark.
                (folder / name).unlink(missing_ok=True)
        for name, content in graded.pages.items():
            write_text(folder / name, content)
        keep_pdf(folder, graded.report)
        kept_materials.keep(folder, graded.materials)
        store.add_grading(
            graded.id, key, graded.submission_sha256, graded.status, graded.marks, graded.kept
        )
        if graded.status is Status.GRADER_ERROR:
            summary.faults.append((graded.id, graded.fault or FAULT))
        else:
            summary.graded.append(graded.id)
            summary.not_gradable += graded.status is Status.NOT_GRADABLE
        self._observer.finished(by_id[graded.id], graded)

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C once: finish the running jobs and start no more. Twice: end at once."""

        def interrupted(number: int, frame: FrameType | None) -> None:
            if self._pool.stopping:
                for process in active_children():
                    # Killed: a process that waits for a worker would not react to a request to end.
                    process.kill()
                raise SystemExit(130)  # every finished check is committed
            self._stop.value = True
            self._pool.stop()
            self._observer.stopping()

        try:
            before = signal.signal(signal.SIGINT, interrupted)
        except ValueError:  # not in the main thread: the caller handles Ctrl-C
            yield
            return
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def default_jobs() -> int:
    """One process for each processor that this process may use."""
    return max(len(os.sched_getaffinity(0)), 1)


@contextlib.contextmanager
def only_run_in(out: Path) -> Iterator[None]:
    """Allow one run at a time in a folder of results."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        opened = (out / ".lock").open("w")
    except OSError as error:
        raise MachineError(
            Text(
                f"无法写入结果文件夹 {out}：{os_reason(error).zh}。请检查磁盘空间和权限，"
                "或用 --out 换一个文件夹。",
                f"Cannot write to the folder of results {out}: {os_reason(error).en}. Check the "
                "disk and its permissions, or name another folder with --out.",
            )
        ) from error
    with opened as lock:
        try:
            # The kernel releases it when the process ends, however that happens.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                Text(
                    f"另一个评分进程正在写 {out}。请等它结束，或用 OUT= 换一个结果文件夹。",
                    f"Another run is grading into {out}. Wait for it to end, or name another "
                    "folder with OUT=.",
                )
            ) from None
        yield


def _content(files: tuple[tuple[str, bytes], ...]) -> str:
    """A hash of names and bytes. The name of a lone zip does not count: it names its student."""
    if len(files) == 1 and files[0][0].lower().endswith(".zip"):
        return content_sha256([("zip", files[0][1])])
    return content_sha256(files)
