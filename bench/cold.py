"""Where the time of one cold grading goes: ``python bench/cold.py`` writes ``docs/cold.md``.

Each round runs ``import torch`` and the command on the solutions of the four parts of the lab, in
turn. Seconds of the clock depend on what else runs, CPU seconds less. The least of the rounds
counts, because other work on the machine only adds.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import click

from grader import ROOT
from grader.isolation.servers import Servers

PARTS = ("numpy_rnn", "char_lstm", "poems", "extensions")

# As a user starts it: Python keeps compiled modules. The self-check runs once on each machine.
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "RNN_GRADER_SELF_CHECK": "no",
    "PYTHONPATH": str(ROOT),
}

Measured = dict[str, float]

# ------------------------------------------------------------ in the process that is measured


def cpu_of_tree(pid: int) -> tuple[float, float]:
    """CPU seconds of a server's processes: their own, and those of workers that have ended."""
    own = ended = 0.0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        fields = Path(f"/proc/{one}/stat").read_text("ascii").rpartition(")")[2].split()
        user, system, childrens_user, childrens_system = map(int, fields[11:15])
        own += user + system
        ended += childrens_user + childrens_system
        for task in Path(f"/proc/{one}/task").iterdir():
            waiting += map(int, (task / "children").read_text("ascii").split())
    ticks = os.sysconf("SC_CLK_TCK")
    return own / ticks, ended / ticks


def watched(told: Path, arguments: list[str]) -> None:
    """Run the command; write what its processes have used."""
    start = time.perf_counter()
    found: Measured = {}
    ready, close = Servers.ready, Servers.close

    def ready_at(self: Servers, name: Any) -> Any:
        server = ready(self, name)
        found.setdefault(f"{name} ready", time.perf_counter() - start)
        return server

    def close_and_tell(self: Servers) -> None:
        if not self._shared and "judged" not in found:
            found["judged"] = time.perf_counter() - start
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            found["forks"] = used.ru_utime + used.ru_stime
            for name, server in self._started.items():
                assert server._process is not None
                own, ended = cpu_of_tree(server._process.pid)
                found[f"{name} server"], found[f"{name} workers"] = own, ended
        close(self)

    sys.argv[:] = ["grader", *arguments]
    with (
        mock.patch.object(Servers, "ready", ready_at),
        mock.patch.object(Servers, "close", close_and_tell),
    ):
        try:
            from grader.cli import main

            main()
        finally:
            used = resource.getrusage(resource.RUSAGE_SELF)
            found["command"] = used.ru_utime + used.ru_stime
            told.write_text(json.dumps(found), "ascii")


# ------------------------------------------------------------ in the bench


def timed(command: list[str]) -> Measured:
    """Seconds of the clock and of the processors of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=ENV, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}


def grading(archive: Path, folder: Path) -> Measured:
    """One grading with an empty folder of results."""
    told, out = folder / "told.json", folder / f"out{time.monotonic_ns()}"
    found = timed(
        [sys.executable, __file__, "--child", str(told),
         "--", "grade", str(archive), "--out", str(out), "--lang", "en"]
    )  # fmt: skip
    (report,) = out.glob("*/report.json")
    checks = json.loads(report.read_text("utf-8"))["checks"]
    lost = [check["id"] for check in checks if check["outcome"] != "passed"]
    assert not lost, lost
    return {**found, **json.loads(told.read_text("ascii"))}


PAGE = """# Where the time of a cold grading goes

`python bench/cold.py` makes this page: `grader grade` on the solutions of the four parts of the lab
(`numpy_rnn`, `char_lstm`, `poems`, `extensions`), with every check passed and an empty store. The
least of {rounds} rounds on {machine} (Python {python}), in turn with `import torch`; the load
average was {load:.1f}: on a busy machine the clock says little, CPU seconds more.

| | seconds | x `import torch` |
|---|---|---|
| `import torch` in a new process, clock | {import_wall:.2f} | |
| the grading, clock | {wall:.2f} | {wall_ratio:.1f} |
| `import torch` in a new process, CPU | {import_cpu:.2f} | 1 |
| the grading, CPU of all processes | {cpu:.2f} | {cpu_ratio:.1f} |
| the same on {cores} cores, none of them ever idle | {floor:.2f} | {floor_ratio:.1f} |

| CPU seconds | | |
|---|---|---|
{rows}

The torch server was ready after {ready:.2f} s of the clock, all checks had ended after
{judged:.2f}. The code under test has its own cost: three proofs of learning, thousands of
sampled characters. {cores} cores that are never idle need {floor_ratio:.1f} imports
for all of it; for the goal of 2.5 all processes may use {goal:.1f} CPU seconds. What is left
besides the code under test is the import of torch and NumPy in servers that the jail keeps
separate, the comparisons with the solution, and Python's own imports.

## What was cut

Before and after, measured in turn on 28 November 2026 on two busy cores, without `extensions`, the
least of several: 13.9 to 10.4 s of the clock at a load of 6 (import of torch: 2.4), 18.7 to 14.8
at a load of 8. A torch server without torch's compiler was part of that measurement.

* The parts run side by side, each in a fork of the judge; NumPy parts begin while torch is
  imported, and the linter runs meanwhile. No hidden check begins while a part runs public ones
  (`grader/judging/side_by_side.py`). A class has a process for each core already, so there each
  hand-in runs its parts one after the other.
* Where `PYTHONDONTWRITEBYTECODE` is set, every start compiles the grader again, 0.6 CPU seconds:
  the benches unset it. The figures in [peers.md](peers.md) are older.
* The command starts the torch server before it imports NumPy, pydantic or the pages.
* The clocks of a worker are read without text files: 36 instead of 72 microseconds a reading, some
  800 readings a hand-in.

What was tried and left out: a torch server that does not import torch's compiler
(`torch._dynamo`), which the first step of an optimiser imports. It saves 1.0 CPU second and 110 MB,
but code that names the compiler, or `torch.func`, would pay that second from its own limit.

## One more hand-in

CPU seconds of a warm judge, median (least) of four gradings, one run before and then one after, all
checks passed. The machine was busy (a load of 12, then of 8), so each figure is too large by a
quarter or so; the code under test, which did not change, took 3.28 before and 3.59 after.

| the four parts | before | after |
|---|---|---|
| judge | 0.63 (0.60) | 0.49 (0.47) |
| reader: the hand-in, the linter's answer | 0.23 (0.21) | 0.18 (0.17) |
| everything besides the code under test | 1.20 | 0.98 |
| judge, `numpy_rnn` alone without the linter | 0.31 | 0.19 to 0.21 |

* NumPy had two threads in the judge, which spin while they wait for each other: the solution's
  predictions after the proof of learning took 10 to 57 ms, with one thread they take 4.
* The clocks of a worker are read twice for a call instead of five times, and once for a statement
  that is announced instead of twice.
* The texts of the proofs of learning are drawn once for a secret, 8 to 13 ms each time.
* What would contradict a cause is digested only where a check has failed.
* The walk over the syntax tree of each file leaves out operators and contexts: reading a hand-in of
  five files takes 52 instead of 70 ms.
* The linter's end is seen at once. Before, up to 50 ms of the clock went by until it was.

What is left in the judge for four parts: 25 to 29 ms to open pytest's session and to collect 86
checks, 20 ms to run as many empty checks, then comparisons, answers on their way (each is encoded,
sent, validated) and clocks, no function with more than a twentieth. To keep the session would need
pytest's private interface, and state from one hand-in to the next.

Thirteen workers are forked, confined and ended for four parts: each takes 3 to 5 ms of CPU until it
is ready, 12 (NumPy) to 18 ms (torch) to load a part, 2 to 6 ms to end. Of a load a third is page
faults, at 3 microseconds each on a virtual machine, most of the rest is Python's compiler. So the
goal of 0.10 s is out of reach: fewer workers would cost the isolation of parts, of proofs and of
the reader from each other.
"""

ROWS = (
    ("torch server: imports, forking its workers", ("torch server",)),
    ("torch workers: code under test, and its references", ("torch workers",)),
    ("NumPy server", ("numpy server",)),
    ("NumPy workers: code under test", ("numpy workers",)),
    ("reader: imports, the hand-in, the linter's answer", ("reader server", "reader workers")),
    ("judge: forks that compare (one a part), the linter", ("forks",)),
    ("judge: the command itself, imports, pages", ("command",)),
)


def page(imports: Measured, grade: Measured, rounds: int) -> str:
    """The text of the page."""
    cores = len(os.sched_getaffinity(0))
    seconds = {title: sum(grade[key] for key in keys) for title, keys in ROWS}
    seconds["all processes"] = grade["cpu"]
    floor = grade["cpu"] / cores
    return PAGE.format(
        rounds=rounds,
        machine=f"{cores} cores of {platform.machine()}",
        python=platform.python_version(),
        load=os.getloadavg()[0],
        import_wall=imports["wall"],
        import_cpu=imports["cpu"],
        wall=grade["wall"],
        wall_ratio=grade["wall"] / imports["wall"],
        cpu=grade["cpu"],
        cpu_ratio=grade["cpu"] / imports["cpu"],
        cores=cores,
        floor=floor,
        floor_ratio=floor / imports["cpu"],
        rows="\n".join(f"| {t} | {s:.2f} | {s / grade['cpu']:.0%} |" for t, s in seconds.items()),
        ready=grade["torch ready"],
        judged=grade["judged"],
        goal=2.5 * imports["cpu"] * cores,
    )


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--to", type=click.Path(path_type=Path), default=ROOT / "docs" / "cold.md")
@click.option("--child", type=click.Path(path_type=Path), hidden=True)
@click.argument("command", nargs=-1)
def main(rounds: int, to: Path, child: Path | None, command: tuple[str, ...]) -> None:
    """Measure, and write the page."""
    if child is not None:
        watched(child, list(command))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "solution.zip"
        with zipfile.ZipFile(archive, "w") as opened:
            for part in (*PARTS, "corpora"):
                opened.write(ROOT / "solutions" / f"{part}.py", f"solution/{part}.py")
        grading(archive, folder)  # compiles what is not compiled yet
        imports, graded = [], []
        for _ in range(rounds):
            imports.append(timed([sys.executable, "-c", "import torch"]))
            graded.append(grading(archive, folder))
    least = {key: min(one[key] for one in graded) for key in graded[0]}
    imported = {key: min(one[key] for one in imports) for key in imports[0]}
    to.write_text(page(imported, least, rounds), "utf-8")
    click.echo(json.dumps({"import": imported, "grade": least}, indent=1))


if __name__ == "__main__":
    main()
