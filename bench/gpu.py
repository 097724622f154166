"""What has to be seen on a machine with an NVIDIA GPU, in at most five minutes.

``PYTHONPATH=. python bench/gpu.py --seconds 280``, as root so that the tier ``full`` applies; with
``RNN_LAB_DATA`` for the corpora. Each step prints what it expects and what it found, and the last
line counts the steps that went wrong. ``docs/gpu.md`` says what each step is for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from grader import ROOT
from grader.isolation.servers import gpu_devices
from grader.sandbox import ForkServer

LEARNING = "char_lstm.learning"
CUDA = "cpu, cuda for the proof of learning"

# In the step of training, where alone a worker has a GPU: other checks run on the CPU.
HUNGRY = """

_forward = CharLSTM.forward
_held = []


def _hungry(self, x, hidden=None):
    while torch.cuda.is_available():
        _held.append(torch.empty(1 << 30, dtype=torch.uint8, device="cuda"))
    return _forward(self, x, hidden)


CharLSTM.forward = _hungry
"""

LEAVES_A_KERNEL = """

_forward = CharLSTM.forward


def _leaves(self, x, hidden=None):
    if torch.cuda.is_available():
        torch.cuda._sleep(10**13)
    return _forward(self, x, hidden)


CharLSTM.forward = _leaves
"""

ON_THE_GPU = """

_train = train


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    if torch.cuda.is_available():
        assert str(device).startswith("cuda"), device
        assert next(model.parameters()).is_cuda
    return _train(model, loader, criterion, optim, device, epochs, clip, print_every)
"""

LOOK = """
import resource, torch
net = torch.nn.LSTM(32, 32, batch_first=True).to("cuda")
net(torch.randn(8, 20, 32, device="cuda"))[0].sum().backward()
torch.cuda.synchronize()
with open("/proc/self/status") as file:
    status = dict(line.split(":") for line in file)
answer = {
    "name": torch.cuda.get_device_name(),
    "count": torch.cuda.device_count(),
    "endless": resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY,
    **{key: int(status[key].split()[0]) // 1024 for key in ("VmPeak", "VmData", "VmHWM")},
}
"""

HAND_INS: Mapping[str, str] = {
    "right": "", "hungry": HUNGRY, "kernel": LEAVES_A_KERNEL, "asserts": ON_THE_GPU,
}  # fmt: skip
"""What is added to the solution of char_lstm."""


@dataclass(frozen=True)
class Graded:
    """A report, and how long it took."""

    report: Any
    seconds: float

    def outcome(self, check: str) -> str:
        """How a check ended."""
        return next(str(c["outcome"]) for c in self.report["checks"] if c["id"] == check)

    def lost(self) -> list[str]:
        """The checks that did not pass, in parts that were handed in."""
        optional = ("skipped", "missing")
        checks = [c for c in self.report["checks"] if c["part"] != "extensions"]
        return [c["id"] for c in checks if c["outcome"] not in ("passed", *optional)]


class Steps:
    """Runs the steps and keeps count."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wrong, self._serial = folder, 0, 0

    def step(self, what: str, expected: str, run: Callable[[], tuple[bool, str]]) -> None:
        """One step; whatever it raises is a step that went wrong, and the next ones still run."""
        start = time.perf_counter()
        try:
            right, found = run()
        except Exception as error:
            right, found = False, f"{type(error).__name__}: {error}"
        self.wrong += not right
        seconds = time.perf_counter() - start
        mark = "as expected" if right else "WRONG"
        print(f"{mark}: {what}: {found} ({seconds:.1f} s; expected: {expected})", flush=True)

    def grade(self, name: str, **environment: str) -> Graded:
        """Grade a hand-in by a process of its own, as a user would."""
        self._serial += 1
        home = self.folder / f"{self._serial}-{name}"
        write(home / name, name)
        start = time.perf_counter()
        command("grade", str(home / name), "--out", str(home / "out"), **environment)
        seconds = time.perf_counter() - start
        text = (home / "out" / name / "report.json").read_text("utf-8")
        return Graded(json.loads(text), seconds)


def write(folder: Path, name: str, note: str = "") -> None:
    """The three parts of the lab, with what is added to char_lstm."""
    folder.mkdir(parents=True)
    for part in ("numpy_rnn", "char_lstm", "poems", "corpora"):
        source = (ROOT / "solutions" / f"{part}.py").read_text("utf-8")
        if part == "char_lstm":
            source += HAND_INS[name] + note
        (folder / f"{part}.py").write_text(source, "utf-8")


def command(*arguments: str, **environment: str) -> str:
    """A command of the grader; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments], capture_output=True, text=True, timeout=200,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def gpu_processes() -> str:
    """What still runs on the GPU, by the driver's own tool."""
    asked = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True, timeout=30).stdout.strip()


def checks(steps: Steps) -> None:
    """The steps that concern the grader, the most important first."""

    def full(name: str, device: str = CUDA, **environment: str) -> tuple[bool, str]:
        graded = steps.grade(name, **environment)
        found = graded.report["environment"]
        lost = graded.lost()
        said = f"{found['isolation']}, {found['device']}, lost {lost}, {graded.seconds:.1f} s"
        return not lost and found["device"] == device, said

    def spoilt(name: str) -> tuple[bool, str]:
        graded = steps.grade(name)
        lost, left = graded.lost(), gpu_processes()
        said = f"{graded.outcome(LEARNING)}, lost {lost}, left on the GPU: {left or 'nothing'}"
        # The other checks of training call the same function in the same worker.
        trained = all(check.startswith("char_lstm.") for check in lost)
        return LEARNING in lost and trained and not left, said

    def after_the_fork() -> tuple[bool, str]:
        """What the host's memory takes (in MB) is what a limit on it would have to allow."""
        with (
            ForkServer(
                "torch", hash_seed=1, guest="tests.sandbox_guest:main", devices=gpu_devices()
            ) as server,
            server.spawn() as worker,
        ):
            answer = worker.exchange(LOOK, 60)
            right = isinstance(answer, dict) and answer.get("endless") is True
            return right and server.tier == "full", f"{server.tier}, {answer}"

    def selfcheck() -> tuple[bool, str]:
        return True, command("check", "--lang", "en").strip().splitlines()[-1]

    def two() -> tuple[bool, str]:
        home = steps.folder / "class"
        for i in range(4):
            write(home / f"s{i}", "right", f"\n# {i}\n")
        out = steps.folder / "class-out"
        command("batch", str(home), "--out", str(out), "--jobs", "2")
        reports = [json.loads(p.read_text("utf-8")) for p in sorted(out.glob("s*/report.json"))]
        lost = [Graded(report, 0).lost() for report in reports]
        devices = {report["environment"]["device"] for report in reports}
        return lost == [[]] * 4 and devices == {CUDA}, f"lost {lost}, {devices}"

    steps.step("CUDA after the fork", "works in the tier full", after_the_fork)
    steps.step("full grading", "no check lost, trained on cuda", lambda: full("right"))
    steps.step("the worker has the GPU", "no check lost", lambda: full("asserts"))
    steps.step("all GPU memory asked for", "learning lost, GPU free", lambda: spoilt("hungry"))
    steps.step("a kernel left running", "learning lost, GPU free", lambda: spoilt("kernel"))
    steps.step("the hand-in after them", "no check lost", lambda: full("right"))
    steps.step("two workers at once", "no check lost, trained on cuda", two)
    steps.step("GPU 0 chosen", "trained on cuda", lambda: full("right", CUDA_VISIBLE_DEVICES="0"))
    steps.step("no GPU chosen", "on the cpu", lambda: full("right", "cpu", CUDA_VISIBLE_DEVICES=""))
    steps.step("grader check", "exit code 0", selfcheck)


def char_lstm(seconds: float) -> None:
    """The documents' setting for as long as there is time; the results are those of reproduce."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    train = [sys.executable, "-m", "reproduce", "--row", "char-lstm-gpu"]
    try:
        subprocess.run(train, timeout=seconds, env=env, cwd=ROOT, check=True)
    except subprocess.TimeoutExpired:
        print(f"char_lstm stopped after {seconds:.0f} s; what it measured is kept")


@click.command()
@click.option("--seconds", default=280.0, show_default=True, help="for all of it")
def main(seconds: float) -> None:
    """Run the steps, then train with the time that is left."""
    start = time.perf_counter()
    if not gpu_devices():
        raise click.ClickException("There is no NVIDIA GPU here (no /dev/nvidia0, /dev/nvidiactl).")
    if not shutil.which("nvidia-smi"):
        raise click.ClickException("nvidia-smi is not on the PATH.")
    with tempfile.TemporaryDirectory() as name:
        steps = Steps(Path(name))
        checks(steps)
    left = seconds - (time.perf_counter() - start)
    if left > 30:
        char_lstm(left)
    print(f"{steps.wrong} steps went wrong")
    sys.exit(steps.wrong > 0)


if __name__ == "__main__":
    main()
