"""A class of many: memory, CPU time a submission, one process against two, and the rerun.

Run: ``PYTHONPATH=. python bench/batch.py [--size 1000]``. The hand-ins are the NumPy solution and
its known mistakes, each with a comment of its own so that none is another's twin, and without
backward, so that nothing is trained: what is measured is the grader. All figures are of one run.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import yaml

from grader import ROOT, batch
from grader.batch.messages import Early, Graded
from grader.batch.running import Summary
from grader.core.settings import Secret, Settings
from grader.diagnosis import catalogue, mutant
from grader.handins.records import HandIn
from grader.records.marks import Marks
from grader.records.store import GradingInfo

WITHOUT_BACKWARD = """

def _not_yet(self, *args, **kwargs):
    raise NotImplementedError


RNN.backward = _not_yet
"""


class Meter:
    """Takes the parent's memory after each hand-in."""

    def __init__(self) -> None:
        self.rss_kb: list[int] = []
        self.graded: list[Graded] = []

    def started(self, total: int) -> None:
        """Nothing to measure yet."""

    def under_way(self, early: Early) -> None:
        """The end of a hand-in is what counts."""

    def stopping(self) -> None:
        """A benchmark is not stopped half-way."""

    def finished(self, hand_in: HandIn, graded: Graded) -> None:
        """One is done."""
        status = Path("/proc/self/status").read_text()
        self.rss_kb.append(int(status.split("VmRSS:")[1].split()[0]))
        self.graded.append(replace(graded, pages={}, marks=Marks()))

    def unchanged(self, hand_in: HandIn, known: GradingInfo) -> None:
        """Nothing was graded, so there is nothing to measure."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--few", type=int, default=60, help="hand-ins of one job against two")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(
            rubric=numpy_alone(folder / "rubric.yaml"), out_dir=folder / "results", lang="en"
        )
        secret = folder / "secret"
        settings = replace(settings, secret_file=secret)
        Secret.load(secret)
        everyone, some = folder / "class", folder / "some"
        make_class(everyone, options.size)
        make_class(some, options.few)

        meter, wall, _ = run(everyone, settings, jobs=2)
        tenth = max(options.size // 10, 1)
        early, late = meter.rss_kb[tenth - 1], meter.rss_kb[-1]
        print(f"{options.size} hand-ins, two jobs: {wall:.0f} s")
        print(f"parent's memory at hand-in {tenth}: {early / 1024:.1f} MB, at the end "
              f"{late / 1024:.1f} MB: {late / early - 1:+.1%} (goal: below 5 %)")  # fmt: skip
        first, last = meter.graded[tenth : 2 * tenth], meter.graded[-tenth:]
        print(f"CPU a submission, second tenth against last: {growth('cpu_s', first, last)} "
              f"(goal: within 10 %); of it student code, which does the same throughout and shows "
              f"how steady the machine was: {growth('compute_s', first, last)}")  # fmt: skip
        overhead = statistics.median(g.seconds - g.compute_s for g in meter.graded)
        public = statistics.median(public_checks(folder) for _ in range(5))
        print(f"overhead a submission: {overhead:.3f} s; a fresh pytest over the public checks: "
              f"{public:.2f} s: {public / overhead:.1f} x (goal: at least 8)")  # fmt: skip
        _, again, summary = run(everyone, settings, jobs=2)
        assert len(summary.unchanged) == options.size
        print(f"rerun of the finished batch: {again:.1f} s (goal: below 5 and start-up)")

        walls = {}
        for jobs in (1, 2):
            out = replace(settings, out_dir=folder / f"jobs{jobs}")
            meter, walls[jobs], _ = run(some, out, jobs=jobs)
        print(f"{options.few} hand-ins: one job {walls[1]:.1f} s, two jobs {walls[2]:.1f} s: "
              f"{walls[1] / walls[2]:.2f} x (goal: at least 1.7)")  # fmt: skip
        print(
            f"processors: {len(os.sched_getaffinity(0))}, load {os.getloadavg()[0]:.1f}, "
            f"children's CPU {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s"
        )


def growth(figure: str, first: list[Graded], last: list[Graded]) -> str:
    """Medians of a figure, and by how much the second is above the first."""
    before, after = (statistics.median(getattr(g, figure) for g in some) for some in (first, last))
    return f"{before:.3f} s, {after:.3f} s, {after / before - 1:+.1%}"


def run(folder: Path, settings: Settings, jobs: int) -> tuple[Meter, float, Summary]:
    """Grade the class; what was metered, the seconds it took, and the summary."""
    meter = Meter()
    start = time.perf_counter()
    plan = batch.plan(settings, Secret.load(settings.secret_file), folder)
    summary = batch.run(plan, meter, jobs=jobs)
    assert summary.exit_code == 0, summary.faults
    return meter, time.perf_counter() - start, summary


def make_class(folder: Path, size: int) -> None:
    """`size` zips, the solution and its mistakes in turn."""
    folder.mkdir()
    solution = (ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8")
    texts = [solution, *(mutant(mistake) for mistake in catalogue("numpy_rnn"))]
    for i in range(size):
        with zipfile.ZipFile(folder / f"{2023000000 + i}.zip", "w") as archive:
            text = f"# {i}\n{texts[i % len(texts)]}{WITHOUT_BACKWARD}"
            archive.writestr("numpy_rnn.py", text)


def numpy_alone(path: Path) -> Path:
    """The default rubric with the NumPy part alone."""
    tree = yaml.load((ROOT / "rubric.yaml").read_text("utf-8"), yaml.BaseLoader)
    code = next(row for row in tree["rows"] if row["id"] == "code")
    part = code["parts"]["numpy_rnn"]
    code["parts"] = {"numpy_rnn": part}
    code["points"] = part["points"]
    extensions = next(row for row in tree["rows"] if row["id"] == "extensions")
    for key in ("parts", "optional"):
        extensions.pop(key, None)
    extensions["marked_by"] = "ta"
    tree["total"] = str(sum(int(row["points"]) for row in tree["rows"]))
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def public_checks(folder: Path) -> float:
    """Seconds of a fresh pytest process that runs the same public checks on one of them."""
    starter = folder / "starter"
    if not starter.exists():
        shutil.copytree(ROOT / "starter", starter)
        solution = (ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8")
        (starter / "numpy_rnn.py").write_text(solution + WITHOUT_BACKWARD, "utf-8")
    code = (
        "import sys, numpy, torch, pytest\n"
        f"sys.exit(pytest.main([{str(starter / 'tests' / 'test_numpy_rnn.py')!r}]))"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=starter, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
