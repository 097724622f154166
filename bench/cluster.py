"""A class on a cluster: bytes and seconds of a task, what the head costs, and a model of both.

Run: ``PYTHONPATH=.:bench python bench/cluster.py real --size 2000`` grades small hand-ins of the
part `theory` on a scheduler and four workers of this machine, each a process of its own, over TLS.
``sleep`` does the same with workers that sleep and send one real answer under each name: the head,
the scheduler, the store and the pages do all of their work, and nothing competes with them for the
processors. Both compare the wall time with a simulation, and read the processor time of each
process, which other programs of the machine do not change much. In a network of its own
(``unshare --net``, then ``ip link set lo up``) the bytes on the wire are counted as well.
``model`` simulates 100,000 hand-ins by the figures given.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from pathlib import Path

import dask
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "cluster"))

from cold import cpu_of_tree
from loopback import Loopback  # type: ignore[import-not-found]

from grader import ROOT
from grader import batch as batches
from grader.batch.messages import Early, Graded, decode_graded, encode_early, encode_graded
from grader.batch.messages import decode_job as job_of
from grader.batch.planning import ClassPlan
from grader.batch.pool import AHEAD
from grader.batch.running import Crew
from grader.batch.work import Grader
from grader.cluster import remote
from grader.cluster.course import Reply
from grader.cluster.starting import crew as cluster_crew
from grader.core.model import Environment
from grader.core.settings import ENV_PREFIX, Secret, Settings
from grader.diagnosis import catalogue, mutant
from grader.handins.records import HandIn
from grader.records.marks import Marks
from grader.records.store import GradingInfo

PART = "theory"
SLEEP_S = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been used so far."""

    at: float
    done: int
    head_mb: float
    scheduler_mb: float
    head_s: float  # of processor
    writing_s: float  # of that, in the thread that merges, stores and writes pages
    scheduler_s: float
    workers_s: float  # with all that they have started
    wire: int  # bytes over the loopback device


class Meter:
    """Notes the end of each hand-in, and after each tenth what every process has used."""

    def __init__(self, size: int, scheduler: int, workers: Iterable[int]) -> None:
        self.seconds: list[float] = []
        self.readings: list[Reading] = []
        self._every = max(size // 10, 1)
        self._scheduler = scheduler
        self._workers = tuple(workers)

    def started(self, total: int) -> None:
        """Nothing to measure yet."""

    def under_way(self, early: Early) -> None:
        """The end of a hand-in is what counts."""

    def stopping(self) -> None:
        """A benchmark is not stopped half-way."""

    def unchanged(self, hand_in: HandIn, known: GradingInfo) -> None:
        """Nothing was graded, so there is nothing to measure."""

    def finished(self, hand_in: HandIn, graded: Graded) -> None:
        """One is done."""
        assert graded.fault is None, graded.fault
        self.seconds.append(graded.seconds)
        if len(self.seconds) % self._every == 0:
            self.readings.append(self._read())
            print(self.readings[-1], flush=True)

    def _read(self) -> Reading:
        return Reading(
            time.perf_counter(),
            len(self.seconds),
            _rss_mb(os.getpid()),
            _rss_mb(self._scheduler),
            time.process_time(),
            time.thread_time(),
            sum(cpu_of_tree(self._scheduler)),
            sum(sum(cpu_of_tree(worker)) for worker in self._workers),
            int(Path("/proc/net/dev").read_text().split("lo:")[1].split()[0]),
        )


def _rss_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def asleep(work: partial[bytes], template: str, job: bytes) -> bytes:
    """In a worker: sleep, then answer as the template does, under the name of the job."""
    id = job_of(job).id
    course, topic = work.args
    seat = remote._seated(course)
    seconds = random.Random(id).uniform(*SLEEP_S)
    seat._topic, seat._heap, seat._told_at = topic, [], 0.0
    seat._tell(encode_early(Early(id)))
    time.sleep(seconds)
    answer = decode_graded(Path(template).read_bytes())
    runs = tuple(replace(run, key=replace(run.key, submission_sha256=id)) for run in answer.runs)
    # The head must not keep one line of evidence for all of them.
    graded = replace(answer, id=id, seconds=seconds, runs=runs, evidence=None)
    return Reply(seat.credentials).encode(encode_graded(graded))


def simulate(
    durations: Sequence[float], workers: int, head_s: float, latency_s: float
) -> list[float]:
    """When each answer is dealt with: workers with a queue, and a head that does one at a time."""
    left, free = deque(durations), [0.0] * workers
    events: list[tuple[float, int]] = []
    ended: list[float] = []
    head = 0.0

    def give(worker: int, at: float) -> None:
        free[worker] = max(free[worker], at) + left.popleft()
        heappush(events, (free[worker], worker))

    for worker in [*range(workers)] * AHEAD:
        if left:
            give(worker, latency_s)
    while events:
        end, worker = heappop(events)
        head = max(head, end + latency_s) + head_s
        ended.append(head)
        if left:
            give(worker, head + latency_s)
    return ended


def measure(folder: Path, size: int, workers: int, sleeping: bool) -> None:
    """Grade a class on the workers, and print the figures beside those of the simulation."""
    settings = Settings(
        rubric=part_alone(folder / "rubric.yaml"),
        out_dir=folder / "results",
        secret_file=folder / "secret",
        self_check=False,
        lang="en",
    )
    secret = Secret.load(settings.secret_file)
    make_class(folder / "class", size)
    plan = batches.plan(settings, secret, folder / "class")
    template = one(plan, folder)
    environ = {
        f"{ENV_PREFIX}SELF_CHECK": "no",
        # As docs/scaling.md says.
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",
        "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "50",
    }
    with closing(Loopback(folder, settings.secret_file, **environ)) as processes:
        dask.config.update(dask.config.config, dask.config.collect_env(processes.environ))
        started = [processes.add_worker().pid for _ in range(workers)]
        meter = Meter(size, processes.scheduler.pid, started)
        with cluster_crew(plan, processes.address, lambda text: print(text.en)) as made:

            def crew(environment: Environment) -> Crew:
                real = made(environment)
                if not sleeping:
                    return real
                assert isinstance(real.work, partial)
                return replace(real, work=partial(asleep, real.work, str(template)))

            summary = batches.run(plan, meter, crew=crew)
    assert summary.exit_code == 0, summary.faults
    report(meter, workers, "sleeping" if sleeping else "graded")
    store = (settings.out_dir / "grades.sqlite").stat().st_size
    pages = sum(p.stat().st_size for p in settings.out_dir.glob("*/*"))
    print(f"on the head's disk: {(store + pages) / size / 1e3:.0f} kB a hand-in")


def report(meter: Meter, workers: int, kind: str) -> None:
    """What a hand-in costs from the first tenth to the end, and the same by the simulation."""
    first, last = meter.readings[0], meter.readings[-1]
    count = last.done - first.done
    wall = last.at - first.at

    def each(figure: str) -> float:
        return float(getattr(last, figure) - getattr(first, figure)) / count

    seconds = meter.seconds[first.done :]
    compute = each("workers_s")
    ended = simulate(meter.seconds, workers, each("head_s"), 0.005)
    expected = ended[last.done - 1] - ended[first.done - 1]
    print(
        f"{last.done} hand-ins, {kind}, {workers} workers, load {os.getloadavg()[0]:.1f}: "
        f"{statistics.fmean(seconds):.3f} s each, after the first tenth {wall:.1f} s, "
        f"simulated {expected:.1f} s ({wall / expected - 1:+.1%})"
    )
    print(f"worker time beyond the grading: {workers * wall / sum(seconds) - 1:.1%}")
    print(f"processor time a hand-in: workers {compute * 1e3:.0f} ms")
    for name, cost in (
        ("scheduler", each("scheduler_s")),
        ("head, to merge, store and write", each("writing_s")),
        ("head, the rest", each("head_s") - each("writing_s")),
    ):
        print(f"  {name}: {cost * 1e3:.1f} ms, {cost / compute:.1%} of it")
    print(f"on the wire: {each('wire') / 1e3:.0f} kB a hand-in, two hops")
    for name in ("head_mb", "scheduler_mb"):
        print(f"{name} after each tenth: {[round(getattr(r, name)) for r in meter.readings]}")


def one(plan: ClassPlan, folder: Path) -> Path:
    """The file of one real answer; prints the bytes of its job, itself and what is told early."""
    from grader.batch.messages import Job, encode_job

    told: list[bytes] = []
    path = next((folder / "class").iterdir())
    job = Job(path.stem, ((path.name, path.read_bytes()),), "c")
    grader = Grader(plan.settings, plan.rubric, plan.secret, told.append)
    try:
        answer = encode_graded(grader.grade(job))
    finally:
        grader.close()
    assert decode_graded(answer).marks != Marks()
    template = folder / "template"
    template.write_bytes(answer)
    print(
        f"one hand-in: job {len(encode_job(job)) / 1e3:.0f} kB, answer {len(answer) / 1e3:.0f} kB, "
        f"told early {sum(map(len, told)) / 1e3:.0f} kB",
        flush=True,
    )
    return template


def make_class(folder: Path, size: int) -> None:
    """Zips of right solutions of one part, a mistake in each tenth; no two are the same."""
    folder.mkdir()
    right = [ROOT / "solutions" / f"{PART}.py", *(ROOT / "tests" / "variants" / PART).glob("*.py")]
    texts = [path.read_text("utf-8") for path in sorted(right)]
    wrong = [mutant(mistake) for mistake in catalogue(PART)]
    for number in range(size):
        text = texts[number % len(texts)] if number % 10 else wrong[number // 10 % len(wrong)]
        with zipfile.ZipFile(folder / f"{2023000000 + number}.zip", "w") as archive:
            archive.writestr(f"{PART}.py", f"# {number}\n{text}")


def part_alone(path: Path) -> Path:
    """A rubric of one part, with the points of Lab 5."""
    tree = yaml.safe_load((ROOT / "presets" / "lab5.yaml").read_text("utf-8"))
    code = next(row for row in tree["rows"] if row["id"] == "code")
    part = code["parts"][PART]
    row = code | {"points": part["points"], "parts": {PART: part}}
    alone = {
        "version": tree["version"],
        "title": tree["title"],
        "total": part["points"],
        "rows": [row],
    }
    path.write_text(yaml.safe_dump(alone, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def model(options: argparse.Namespace) -> None:
    """Wall time and waste for 100,000 hand-ins, by the figures of a task."""
    dice = random.Random(1)
    # Few hand-ins take much longer than the others: a loop that is cut off, a part that hangs.
    durations = [dice.lognormvariate(0, 0.5) for _ in range(options.size)]
    scale = options.seconds / statistics.fmean(durations)
    durations = [d * scale for d in durations]
    print("| workers | hours | waste | head busy | MB/s |\n|---|---|---|---|---|")
    for workers in (4, 16, 64, 256, 1024):
        wall = simulate(durations, workers, options.head_ms / 1e3, options.latency_ms / 1e3)[-1]
        waste = workers * wall / sum(durations) - 1
        busy = options.size * options.head_ms / 1e3 / wall
        rate = options.size * options.kb / 1e3 / wall
        print(f"| {workers} | {wall / 3600:.2f} | {waste:.1%} | {busy:.0%} | {rate:.1f} |")


def main() -> None:
    """Measure or simulate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("real", "sleep", "model"))
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="to keep what is made; must not be there")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one hand-in")
    parser.add_argument("--head-ms", type=float, default=20.0, help="of the head, for one")
    parser.add_argument("--latency-ms", type=float, default=5.0)
    parser.add_argument("--kb", type=float, default=400.0, help="there and back, for one")
    options = parser.parse_args()
    if options.what == "model":
        model(options)
        return
    if options.folder:
        options.folder.mkdir()
        measure(options.folder, options.size, options.workers, options.what == "sleep")
        return
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options.size, options.workers, options.what == "sleep")


if __name__ == "__main__":
    main()
