"""Workers of a cluster as an Executor: who joins is checked, who is gone is replaced.

One thread does all of it, and everything else sends it notes. It gives each job to one worker that
was accepted, and to another one when that is gone: Dask would also give it to workers that nobody
has checked. What is lost with a scheduler is submitted again.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from grader.batch.messages import decode_early, decode_job, encode_graded, faulty
from grader.batch.pool import AHEAD, Answer, JobDied
from grader.batch.work import Tell
from grader.core.errors import MachineError
from grader.protocol.codec import WireError
from kit.text import Text

from . import words
from .connection import Connect, Connection
from .course import Credentials, Reply
from .remote import hello

LOOK_S: Final = 0.5
"""How often the list of workers is read."""

PATIENCE_S: Final = 300.0
"""How long a run waits for a worker or for the scheduler."""

REFUSED_S: Final = 20.0
"""How long it waits where all workers that are there were refused."""

_START_S: Final = 15.0
_TRIES: Final = 3
_DEATHS: Final = 4
"""A job with which so many workers have died is given up, as Dask does by default."""

_WORKER_ERROR = Text(
    "工作进程出错：{error}。请看那台机器上的日志，再运行同一条命令。",
    "A worker failed: {error}. See the log on its machine, and run the same command again.",
)


@dataclass(eq=False, slots=True)
class _Task:
    """A job that has no answer yet."""

    id: str  # of the hand-in
    work: Callable[[bytes], bytes | None]
    job: bytes
    outer: Answer
    inner: Answer | None = None
    worker: str = ""  # who has it
    begun: bool = False  # there
    deaths: int = 0
    errors: int = 0


class ClusterPool(Executor):
    """Submits jobs to the workers of one scheduler.

    `connect` makes a client; `say` shows what happens to workers; `hello` is what each of them is
    asked. Started by :meth:`start`.
    """

    def __init__(
        self,
        connect: Connect,
        address: str,
        course: bytes,
        wanted: Credentials,
        topic: str,
        say: Callable[[Text], None],
        *,
        hello: Callable[[bytes], bytes] = hello,
        patience_s: float = PATIENCE_S,
        refused_s: float = REFUSED_S,
    ) -> None:
        self._connection = Connection(connect, address, topic, self._told)
        self._course = course
        self._wanted = wanted
        self._say = say
        self._hello = hello
        self._patience_s = patience_s
        self._refused_s = refused_s
        self._notes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._tell: Tell = lambda message: None
        # In the order of submission, by the future that the owner has. No future may refer to
        # itself: answers would stay until the collector of garbage comes by.
        self._tasks: dict[Answer, _Task] = {}
        self._accepted: frozenset[str] = frozenset()
        self._asked: set[str] = set()
        self._refused: dict[str, Text] = {}
        self._alone_since = 0.0
        self._failure: BaseException | None = None

    # ------------------------------------------------------------ called from other threads

    def start(self, tell: Tell) -> ClusterPool:
        """Connect, and look for workers; `tell` takes what they say before their answers."""
        self._tell = tell
        self._connection.open(min(_START_S, self._patience_s))
        self._alone_since = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def width(self) -> int:
        """How many workers there are; at least 1, so that jobs wait for the first."""
        return max(len(self._accepted), 1)

    def submit(  # type: ignore[override]
        self, work: Callable[[bytes], bytes | None], job: bytes, /
    ) -> Answer:
        """The answer of `work` to `job`, from a worker whose credentials hold."""
        task = _Task(decode_job(job).id, work, job, Future())
        task.outer.add_done_callback(lambda outer: self._notes.put(partial(self._left, outer)))
        self._notes.put(partial(self._take, task))
        return task.outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what runs there is forgotten."""
        if self._thread is not None:
            self._connection.give_up()
            self._notes.put(None)
            self._thread.join()
            self._thread = None

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        look_at = 0.0
        try:
            while True:
                try:
                    note = self._notes.get(timeout=max(look_at - time.monotonic(), 0.01))
                except queue.Empty:
                    self._look()
                    look_at = time.monotonic() + LOOK_S
                    continue
                if note is None:
                    return
                note()
                # Many notes must not keep it from looking.
                if time.monotonic() > look_at + LOOK_S:
                    look_at = 0.0
        except BaseException as error:
            self._failure = error
            for task in list(self._tasks.values()):
                _fail(task, error)
            self._refuse_all(error)
        finally:
            self._connection.close()

    def _refuse_all(self, error: BaseException) -> None:
        """Answer what is still submitted, until the owner closes this."""
        while (note := self._notes.get()) is not None:
            note()
            for task in list(self._tasks.values()):
                _fail(task, error)

    def _take(self, task: _Task) -> None:
        if not task.outer.done():
            self._tasks[task.outer] = task
            if self._failure is None:
                self._give_out()

    def _left(self, outer: Answer) -> None:
        """A task has its answer, or was cancelled before it began."""
        if (task := self._tasks.pop(outer, None)) is not None:
            _take_back(task)
        if self._failure is None:
            self._give_out()

    def _give_out(self) -> None:
        """Give tasks that nobody has to the workers with the least to do."""
        load = self._load()
        for task in self._tasks.values():
            if task.worker or not load:
                continue
            worker = min(load, key=lambda address: load[address])
            if load[worker] >= AHEAD or not self._give(task, worker):
                return
            load[worker] += 1

    def _load(self) -> dict[str, int]:
        load = dict.fromkeys(sorted(self._accepted), 0)
        for task in self._tasks.values():
            if task.worker in load:
                load[task.worker] += 1
        return load

    def _give(self, task: _Task, worker: str) -> bool:
        try:
            inner = self._connection.on(worker).submit(task.work, task.job)
        except Exception:
            return False  # the connection is lost: given again when there is another
        task.inner, task.worker, task.begun = inner, worker, False
        inner.add_done_callback(lambda ended: self._notes.put(partial(self._ended, task, ended)))
        return True

    def _ended(self, task: _Task, inner: Answer) -> None:
        if task.inner is not inner or task.outer not in self._tasks:
            return  # given to another worker since, or answered
        try:
            reply, graded = Reply.decode(inner.result() or b"")
        except CancelledError:
            _take_back(task)
        except Exception as error:
            self._failed(task, error)
        else:
            if reply.credentials is None or reply.credentials.differences(self._wanted):
                # Another process has taken the place of one that was accepted.
                self._accepted -= {task.worker}
                _take_back(task)
            elif _starts(task.outer):
                task.outer.set_result(graded)
        self._give_out()

    def _failed(self, task: _Task, error: Exception) -> None:
        # What fails with its worker or with the connection is no error of the job.
        with contextlib.suppress(OSError):
            task.errors += task.worker in self._connection.present()
        if task.errors < _TRIES:
            _take_back(task)
        elif _starts(task.outer):
            said = f"{type(error).__name__}: {error}"
            why = _WORKER_ERROR.format(error=Text(said, said))
            task.outer.set_result(encode_graded(faulty(task.id, why)))

    def _lost(self, task: _Task) -> None:
        """The worker that had this task is gone."""
        # A job that only waited at a worker has no part in its end.
        task.deaths += task.begun
        _take_back(task)
        if task.deaths >= _DEATHS and _starts(task.outer):
            task.outer.set_exception(JobDied())

    # ------------------------------------------------------------ workers

    def _look(self) -> None:
        """Meet new workers, and take back what went to workers that are gone."""
        try:
            found = self._connection.present()
        except OSError:
            self._reconnect()
            return
        self._accepted &= found.keys()
        self._asked &= found.keys()
        self._refused = {a: why for a, why in self._refused.items() if a in found}
        for address, threads in found.items():
            if address not in self._accepted | self._asked | self._refused.keys():
                self._meet(address, threads)
        for task in list(self._tasks.values()):
            if task.worker and task.worker not in self._accepted:
                self._lost(task)
        self._relieve()
        self._give_out()
        self._see_that_somebody_works(bool(found))

    def _relieve(self) -> None:
        """Take from a slow worker what it has not begun, where another one has nothing to do."""
        load = self._load()
        idle = sum(count == 0 for count in load.values())
        if not all(task.worker for task in self._tasks.values()):
            return
        # The last tasks move first, since those before them begin sooner where they are.
        for task in reversed(list(self._tasks.values())):
            if idle and not task.begun and load.get(task.worker, 0) > 1:
                load[task.worker] -= 1
                idle -= 1
                _take_back(task)

    def _meet(self, address: str, threads: int) -> None:
        if threads != 1:
            self._refuse(address, words.THREADS.format(count=threads))
            return
        try:
            asked = self._connection.on(address).submit(self._hello, self._course)
        except Exception:
            return  # the connection is lost
        self._asked.add(address)
        asked.add_done_callback(lambda ended: self._notes.put(partial(self._met, address, ended)))

    def _met(self, address: str, asked: Future[bytes]) -> None:
        if address not in self._asked:
            return
        self._asked.discard(address)
        try:
            reply, _ = Reply.decode(asked.result())
        except CancelledError:
            return  # the next look meets it again, if it is still there
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            self._refuse(address, words.BROKEN.format(error=Text(said, said)))
            return
        if reply.credentials is None:
            self._refuse(address, reply.refusal or words.BROKEN.format(error="-"))
        elif differing := reply.credentials.differences(self._wanted):
            zh, en = ("；".join(d.zh for d in differing), "; ".join(d.en for d in differing))
            self._refuse(address, Text(zh, en))
        else:
            self._accepted |= {address}
            self._say(words.JOINED.format(address=address))
            self._give_out()

    def _refuse(self, address: str, why: Text) -> None:
        self._refused[address] = why
        self._say(words.REFUSED.format(address=address, why=why))

    def _see_that_somebody_works(self, anybody: bool) -> None:
        if self._accepted or self._asked:
            self._alone_since = time.monotonic()
            return
        patience = self._refused_s if anybody else self._patience_s
        waited = time.monotonic() - self._alone_since
        if waited > patience:
            reasons = Text(
                "；".join(f"{a}：{why.zh}" for a, why in self._refused.items()),
                "; ".join(f"{a}: {why.en}" for a, why in self._refused.items()),
            )
            raise MachineError(words.NOBODY.format(seconds=waited, reasons=reasons))

    # ------------------------------------------------------------ the scheduler

    def _reconnect(self) -> None:
        self._say(words.LOST)
        self._connection.close()
        self._accepted = frozenset()
        self._asked.clear()
        for task in self._tasks.values():
            _take_back(task)
        self._connection.open(self._patience_s)
        self._alone_since = time.monotonic()

    def _told(self, event: tuple[float, Any]) -> None:
        """What workers said: in a thread of Dask."""
        for message in event[1]:
            self._notes.put(partial(self._note_begun, message))
            self._tell(message)

    def _note_begun(self, message: bytes) -> None:
        """A job that has begun can no longer be cancelled: it ends as on one machine."""
        with contextlib.suppress(WireError):
            early = decode_early(message)
            for task in self._tasks.values():
                if early.key is None and early.job == task.id:
                    task.begun = True
                    _starts(task.outer)


def _take_back(task: _Task) -> None:
    """Nobody has this task any more; what comes of it is not waited for."""
    inner, task.inner, task.worker, task.begun = task.inner, None, "", False
    if inner is not None:
        inner.cancel()


def _starts(outer: Answer) -> bool:
    """Whether an answer may still be given."""
    if outer.running():
        return True
    return not outer.done() and outer.set_running_or_notify_cancel()


def _fail(task: _Task, error: BaseException) -> None:
    if _starts(task.outer):
        task.outer.set_exception(error)
