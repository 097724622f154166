"""A class on a cluster: bytes and seconds of a task, what the head costs, and a model of both.

Run: ``PYTHONPATH=.:bench python bench/cluster.py real --size 200`` grades small hand-ins of the
NumPy part on four workers of this machine. ``sleep --size 2000`` does the same with workers that
sleep and send one real answer under each name: the head, the scheduler, the store and the pages do
all of their work, and nothing competes with them for the processors. Both compare the wall time
with a simulation. ``model`` simulates 100,000 hand-ins by the figures given.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush
from pathlib import Path

from batch import make_class, numpy_alone

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
from grader.handins.records import HandIn
from grader.records.marks import Marks
from grader.records.store import GradingInfo

SLEEP_S = (0.25, 0.75)


class Meter:
    """Notes the end of each hand-in, the head's memory and its CPU time."""

    def __init__(self) -> None:
        self.ended: list[float] = []
        self.seconds: list[float] = []
        self.rss_mb: list[float] = []
        self.cpu: list[float] = []

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
        status = Path("/proc/self/status").read_text()
        self.rss_mb.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        self.ended.append(time.perf_counter())
        self.cpu.append(time.process_time())
        self.seconds.append(graded.seconds)


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
        rubric=numpy_alone(folder / "rubric.yaml"),
        out_dir=folder / "results",
        secret_file=folder / "secret",
        self_check=False,
        lang="en",
    )
    secret = Secret.load(settings.secret_file)
    # By which the workers find it, as on any cluster.
    os.environ[f"{ENV_PREFIX}SECRET_FILE"] = str(settings.secret_file)
    os.environ[f"{ENV_PREFIX}SELF_CHECK"] = "no"
    make_class(folder / "class", size)
    plan = batches.plan(settings, secret, folder / "class")
    template, job_bytes, answer_bytes, early_bytes = one(plan, folder)
    print(
        f"one hand-in: job {job_bytes / 1e3:.0f} kB, answer {answer_bytes / 1e3:.0f} kB, told "
        f"early {early_bytes / 1e3:.0f} kB"
    )
    meter = Meter()
    with cluster_crew(plan, f"local:{workers}", lambda text: print(text.en)) as made:

        def crew(environment: Environment) -> Crew:
            real = made(environment)
            if not sleeping:
                return real
            assert isinstance(real.work, partial)
            return replace(real, work=partial(asleep, real.work, str(template)))

        summary = batches.run(plan, meter, crew=crew)
    assert summary.exit_code == 0, summary.faults
    tenth = max(size // 10, 1)
    wall = meter.ended[-1] - meter.ended[tenth]
    head_s = (meter.cpu[-1] - meter.cpu[tenth]) / (size - tenth - 1)
    compute = statistics.fmean(meter.seconds)
    ended = simulate(meter.seconds, workers, head_s, 0.005)
    expected = ended[-1] - ended[tenth]
    kind = "sleeping" if sleeping else "graded"
    print(
        f"{size} hand-ins, {kind}, {workers} workers: {compute:.3f} s each, after the first tenth "
        f"{wall:.1f} s, simulated {expected:.1f} s ({wall / expected - 1:+.1%})"
    )
    print(
        f"head and scheduler: {head_s * 1e3:.1f} ms of CPU a hand-in, {head_s / compute:.1%} of "
        f"its compute (goal: below 5 %)"
    )
    early, late = meter.rss_mb[tenth], meter.rss_mb[-1]
    print(f"head's memory: {early:.0f} MB at a tenth, {late:.0f} MB at the end")
    store = (settings.out_dir / "grades.sqlite").stat().st_size
    pages = sum(p.stat().st_size for p in settings.out_dir.glob("*/*"))
    print(f"on the head's disk: {(store + pages) / size / 1e3:.0f} kB a hand-in")


def one(plan: ClassPlan, folder: Path) -> tuple[Path, int, int, int]:
    """The file of one real answer, and the bytes of its job, itself and what is told early."""
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
    return template, len(encode_job(job)), len(answer), sum(map(len, told))


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
    parser.add_argument("--seconds", type=float, default=3.0, help="of one hand-in")
    parser.add_argument("--head-ms", type=float, default=20.0, help="of the head, for one")
    parser.add_argument("--latency-ms", type=float, default=5.0)
    parser.add_argument("--kb", type=float, default=400.0, help="there and back, for one")
    options = parser.parse_args()
    if options.what == "model":
        model(options)
        return
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options.size, options.workers, options.what == "sleep")


if __name__ == "__main__":
    main()
