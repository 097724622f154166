"""How long grading takes: start-up, and one more submission. Run: ``make bench``.

Prints medians of one run. *Overhead* is wall time less the CPU time of the submission's own
code in its calls; loading, forking and confining count as overhead. Learning is left out where
the line says so: its cost is the submission's own compute, and the same everywhere.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from grader import ROOT
from grader.core.settings import Secret, Settings
from grader.isolation.servers import Servers
from grader.judging.judge import Judge
from grader.records.store import Store
from grader.scoring.rubric import load

RUNS = 5
LEARNING = ("learn", "train")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = solution_zip(folder)
        settings = Settings(rubric=ROOT / "rubric.yaml", out_dir=folder, lang="en")
        secret = Secret.load(folder / "secret")
        more, learning, compute, waits = warm(archive, settings, secret)
        imports, cold, public = [], [], []
        for run in range(RUNS):  # in turn, so that a drift of the machine meets all three
            imports.append(wall([sys.executable, "-c", "import torch"]))
            # A folder of its own: a second run in one would find every outcome in the store.
            cold.append(wall(grade_command(archive, folder / f"run{run}")))
            public.append(wall(public_command(folder)))
        own = statistics.median(compute)
        print(f"python -c 'import torch'                     {med(imports):.2f} s")
        print(f"grader grade, one submission, cold           {med(cold):.2f} s")
        ratio = (med(cold) - own) / med(imports)
        print(f"  less its own compute ({own:.2f} s), x import   {ratio:.2f}   (goal: at most 2)")
        print(f"one more submission, learning left out: overhead {med(more):.3f} s (goal: 0.25)")
        print(f"fresh pytest process, public checks          {med(public):.2f} s")
        print(f"  x that overhead                            {med(public) / med(more):.1f} (8)")
        print(f"proof of learning, wall                      {med(learning):.2f} s")
        print(f"torch server ready after                     {waits:.2f} s")


def warm(
    archive: Path, settings: Settings, secret: Secret
) -> tuple[list[float], list[float], list[float], float]:
    """Overheads without learning, learning times, and compute, of submissions after the first."""
    overheads: list[float] = []
    learning: list[float] = []
    compute: list[float] = []
    start = time.perf_counter()
    servers = Servers(settings)
    with Judge(settings, load(settings.rubric), secret, servers) as judge:
        servers.ready("torch")
        ready = time.perf_counter() - start
        for run in range(RUNS + 1):
            with Store(settings.out_dir / f"{run}.sqlite") as store:
                start = time.perf_counter()
                report = judge.grade(judge.reader.read(archive), store)
                wall_s = time.perf_counter() - start
            wrong = [c for c in report.score.checks if c.earned != c.possible]
            assert all(c.result.part == "extensions" for c in wrong), "not a full mark"
            learned = sum(
                c.result.seconds for c in report.score.checks if c.result.id.endswith(".learning")
            )
            own = sum(s for p, s in judge.compute_s.items() if p not in LEARNING)
            if run:
                overheads.append(wall_s - learned - own)
                learning.append(learned)
                compute.append(sum(judge.compute_s.values()))
    return overheads, learning, compute, ready


def solution_zip(folder: Path) -> Path:
    """The solutions of the three parts of the default lab as a hand-in."""
    path = folder / "solution.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("numpy_rnn", "char_lstm", "poems", "corpora"):
            archive.write(ROOT / "solutions" / f"{name}.py", f"solution/{name}.py")
    return path


def grade_command(archive: Path, out: Path) -> list[str]:
    """``make grade`` without make."""
    return [sys.executable, "-m", "grader", "grade", str(archive), "--out", str(out / "results")]


def public_command(folder: Path) -> list[str]:
    """The public checks on the solution in a fresh process that imports numpy and torch."""
    starter = folder / "starter"
    if not starter.exists():
        shutil.copytree(ROOT / "starter", starter)
        for file in (ROOT / "solutions").glob("*.py"):
            shutil.copy(file, starter)
    code = (
        "import sys, numpy, torch, pytest\n"
        f"sys.exit(pytest.main([{str(starter)!r}, '-k', 'not learning']))"
    )
    return [sys.executable, "-c", code]


def wall(command: list[str]) -> float:
    """Seconds of a command that must succeed."""
    start = time.perf_counter()
    # As for a user: where this is set, every process would compile the grader again.
    env = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def med(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)


if __name__ == "__main__":
    main()
