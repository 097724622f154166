"""The command of ``make bench-peers``: run everything in turns and write ``docs/peers.md``.

``PYTHONPATH=bench python -m peers --python .venv-peers/bin/python``: the Python of the environment
in which the peers are installed.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
from tqdm import tqdm

from .contestants import PEERS, Contestant, Earned, ThisGrader
from .hand_ins import HAND_INS, POINTS, ROOT, HandIn, checks_source, write_expected

DEADLINE_S = 60.0
"""How long a hand-in may take before the bench ends it: no grader has ended it by itself then."""

PACKAGES = ("pytest", "gradescope-utils", "otter-grader", "nbgrader", "check50", "numpy")


@dataclass
class Tried:
    """What grading one hand-in by one contestant gave."""

    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    others_s: list[float] = field(default_factory=list)
    """Of `seconds`, what this grader spent on checks that no peer makes."""
    ended: bool = True
    earned: Earned = None


def environment(python: Path) -> dict[str, str]:
    """One thread each; the tools of the environment in front; compiled modules are kept."""
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT), "RNN_GRADER_SELF_CHECK": "no"}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A command that has run: seconds, CPU seconds of all its processes, and whether it ended."""

    wall_s: float
    cpu_s: float
    ended: bool


def timed(command: list[str], folder: Path, python: Path) -> Run:
    """Run a command; its whole group is ended at the deadline."""
    env = environment(python)
    if folder.parent.name != ThisGrader.__name__:
        env.pop("PYTHONPATH")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(DEADLINE_S)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        wall = time.perf_counter() - start
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what is left of it, too
        process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, ended)


def compare(contestants: list[Contestant], rounds: int, home: Path) -> dict[str, dict[str, Tried]]:
    """Every contestant on every hand-in, in turns; the one that hangs is tried once."""
    tried = {c.name: {h.name: Tried() for h in HAND_INS} for c in contestants}
    for contestant in contestants:
        folder = home / type(contestant).__name__
        folder.mkdir()
        for command in contestant.prepare(folder):
            subprocess.run(
                command, cwd=folder, check=True, env=environment(contestant.python),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
    turns = [(r, h, c) for r in range(rounds) for h in HAND_INS for c in contestants]
    for turn, hand_in, contestant in tqdm(turns, unit="run"):
        found = tried[contestant.name][hand_in.name]
        if turn and (hand_in.name == "looping" or not found.ended):
            continue
        folder = home / type(contestant).__name__ / f"{hand_in.name}{turn}"
        folder.mkdir()
        command = contestant.set_up(folder, hand_in)
        run = timed(command, folder, contestant.python)
        found.ended = run.ended
        found.seconds.append(run.wall_s)
        found.cpu_s.append(run.cpu_s)
        found.earned = contestant.earned(folder) if found.ended else None
        if isinstance(contestant, ThisGrader):
            found.others_s.append(contestant.others_s(folder / "out" / "alice"))
    return tried


def class_of(size: int, grader: ThisGrader, home: Path) -> tuple[float, float]:
    """Seconds of ``grader batch`` on a class of right hand-ins, no two of them the same.

    The second number is what of it went to checks that no peer makes.
    """
    folder = home / ThisGrader.__name__ / f"class{size}-{time.monotonic_ns()}"
    folder.mkdir(parents=True)
    grader.rubric(folder)
    for i in range(size):
        (folder / "class" / f"s{i:03}").mkdir(parents=True)
        source = f"{HAND_INS[0].source}\n# {folder.name} {i}\n"
        (folder / "class" / f"s{i:03}" / "numpy_rnn.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "grader", "batch", "class", "--rubric", "rubric.yaml",
               "--out", "out", "--jobs", "1"]  # fmt: skip
    run = timed(command, folder, grader.python)
    if not run.ended or not (folder / "out" / "gradebook.csv").exists():
        raise RuntimeError((folder / "log.txt").read_text("utf-8"))
    return run.wall_s, sum(grader.others_s(made) for made in (folder / "out").glob("s*/"))


def said(hand_in: HandIn, tried: Tried) -> str:
    """The points beside those that a just grader gives."""
    if not tried.ended:
        return f"not ended in {DEADLINE_S:.0f} s: no marks"
    if tried.earned is None:
        return "no marks"
    total = f"{sum(tried.earned.values()):g}"
    lost = [n for n, due in hand_in.points.items() if tried.earned[n] < due]
    given = [n for n, due in hand_in.points.items() if tried.earned[n] > due]
    if lost:
        return f"{total}, lost: {', '.join(lost)}"
    return f"**{total}**, forged" if given else total


def versions(python: Path) -> str:
    """The peers' versions."""
    code = f"from importlib.metadata import version\nfor n in {PACKAGES}: print(n, version(n))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return ", ".join(done.stdout.split("\n")[:-1])


HEAD = """# Beside other graders

The same four checks of part `numpy_rnn` (the logits, the five gradients, clipping, a sampled text:
{points} points) of the same five hand-ins, each graded by a whole process as a user starts it:
`make bench-peers` makes this page. The peers' checks are written in NumPy as a teacher would
(`bench/peers/checks.py`); this grader makes its own checks of the same functions.
Each peer has an environment of its own (`bench/peers.txt`) and its default settings. Medians of
{rounds} round(s) in turns, one thread each, on {machine} (Python {python}); the load average was
{before:.1f} before and {after:.1f} after: with other work going on, compare rows, not seconds.
{versions}.

*right*, *wrong* (clipping does not clip), *crashing* (clipping ends the process), *looping*
(sampling does not end) and *forging* (four lines that replace NumPy's assertions and every
function). A just grader gives {just}.
"""


Classes = dict[int, list[tuple[float, float]]]


def document(tried: dict[str, dict[str, Tried]], classes: Classes, head: str) -> str:
    """The page."""
    middle = statistics.median
    base = middle(tried[ThisGrader.name]["right"].seconds)
    names = [h.name for h in HAND_INS]
    rows: dict[str, list[str]] = {}
    ratios: dict[str, float] = {}
    cpu = {n: f"{middle(found['right'].cpu_s):.2f}" for n, found in tried.items()}
    for name, found in tried.items():
        rows[name] = [
            f"{middle(t.seconds):.2f}" if t.ended else f"> {DEADLINE_S:.0f}" for t in found.values()
        ]
        ratios[name] = middle(found["right"].seconds) / base
        if name == ThisGrader.name:
            less = [[a - b for a, b in zip(t.seconds, t.others_s)] for t in found.values()]
            rows[f"{name}, less the checks that no peer makes"] = [f"{middle(v):.2f}" for v in less]
            ratios[f"{name}, less the checks that no peer makes"] = middle(less[0]) / base
    one, many = min(classes), max(classes)
    for less_others in (False, True):
        whole = {n: middle([a - less_others * b for a, b in v]) for n, v in classes.items()}
        more = (whole[many] - whole[one]) / (many - one)
        name = "this grader, one more" + ", less the checks that no peer makes" * less_others
        rows[name] = [f"{more:.2f}", *[""] * (len(names) - 1)]
        ratios[name] = more / base
    columns = [*names, "right, x this grader", "right, CPU"]
    lines = [
        head,
        "## Seconds",
        "",
        f"| | {' | '.join(columns)} |",
        "|---|" + "---|" * len(columns),
    ]
    for name, cells in rows.items():
        told = [*cells, f"{ratios[name]:.2f}", cpu.get(name, "")]
        lines.append(f"| {name} | {' | '.join(told)} |")
    lines += ["", ONE_MORE.format(one=one, many=many, between=many - one)]
    lines += ["", "## Points", "", "| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for name, found in tried.items():
        marks = [said(h, found[h.name]) for h in HAND_INS]
        lines.append(f"| {name} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


ONE_MORE = """*One more* is a class of {many} less a class of {one}, by `grader batch` with one
process, divided by {between}: imports and servers are paid once (on a
busy machine the difference of two small classes is mostly noise). A peer is a new process for each
hand-in. This grader makes all 27 checks of the part, a proof of learning and the distribution of
samples among them; the lines *less ...* leave out the seconds of the 23 that no peer makes. *CPU*
is the time of all processes that ended and were waited for: other work on the machine does not
change it much."""


@click.command()
@click.option("--python", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--size", default=20, show_default=True, help="hand-ins of the class")
@click.option("--only", multiple=True, help="these peers only")
@click.option("--to", type=click.Path(path_type=Path), default=ROOT / "docs" / "peers.md")
def main(python: Path, rounds: int, size: int, only: tuple[str, ...], to: Path) -> None:
    """Compare, and write the page."""
    python = python.absolute()  # not resolved: that would leave the environment
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_expected(home / "expected.npz")
        checks = checks_source(home / "expected.npz")
        ours = ThisGrader(python, checks)
        contestants: list[Contestant] = [ours, *(kind(python, checks) for kind in PEERS)]
        contestants = [c for c in contestants if not only or c is ours or c.name in only]
        tried = compare(contestants, rounds, home)
        classes = {n: [class_of(n, ours, home) for _ in range(rounds)] for n in (1, size)}
    head = HEAD.format(
        points=sum(POINTS.values()), rounds=rounds, before=before, after=os.getloadavg()[0],
        machine=f"{os.cpu_count()} cores of {platform.machine()}", versions=versions(python),
        python=platform.python_version(),
        just=", ".join(f"{sum(h.points.values()):g}" for h in HAND_INS),
    )  # fmt: skip
    to.write_text(document(tried, classes, head), "utf-8")
    click.echo(f"{to}")


if __name__ == "__main__":
    main()
