"""The launcher's program reads one folder, and can do nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import resource
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.tiers import Tier
from grader.judging import linting
from grader.sandbox import landlock, launcher
from grader.sandbox.launcher import LauncherFailed, ProgramLimits

LIMITS = ProgramLimits(wall_s=20, cpu_s=5, memory_bytes=1 << 30, output_bytes=1 << 20)

# Reports each attempt that succeeds. `subprocess` would need pipes, threads and a shell; `os` does.
TRIES = """
import ctypes, os, resource, signal, socket, sys
def tried(name, action):
    try:
        action()
    except BaseException as error:
        return
    print(name, flush=True)
tried("folder", lambda: open(sys.argv[1] + "/000.py").read())
tried("write", lambda: open(sys.argv[1] + "/new", "w"))
tried("change", lambda: open(sys.argv[1] + "/000.py", "a"))
tried("remove", lambda: os.unlink(sys.argv[1] + "/000.py"))
tried("mode", lambda: os.chmod(sys.argv[1] + "/000.py", 0o777))
tried("secret", lambda: open(sys.argv[2]).read())
tried("listing", lambda: os.listdir(os.path.dirname(sys.argv[2])))
tried("passwd", lambda: open("/etc/passwd").read())
tried("fork", os.fork)
tried("exec", lambda: os.execv("/bin/true", ["true"]) if False else os.posix_spawn(
    "/bin/true", ["true"], {}))
tried("socket", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2))
tried("unix", lambda: socket.socket(socket.AF_UNIX))
tried("judge", lambda: os.kill(int(sys.argv[4]), 0))
tried("limit", lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)))
tried("root", lambda: os.setresuid(0, 0, 0) if os.getuid() else 1 / 0)
tried("descriptors", lambda: [os.fstat(n) for n in range(3, 60) if not _closed(n)][0])
tried("environment", lambda: os.environ["GRADER_SECRET_OF_A_TEST"])
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that anybody could read, were it not for Landlock."""
    tmp_path.chmod(0o755)
    path = tmp_path / "secret"
    path.write_text("secret", "ascii")
    path.chmod(0o644)
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """What the program is to read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "000.py").write_text("x = 1\n", "ascii")
        yield Path(name)


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An interpreter as the program: it tries more than a linter would. It reads its library."""
    # Root's program runs as another user, who may not be able to enter the folder of this one.
    usual = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    program = usual if usual and os.getuid() == 0 else sys.executable
    folders = ("/usr/lib", "/usr/local/lib", sys.base_prefix)
    monkeypatch.setattr(launcher, "_READABLE", (*launcher._READABLE, *folders))
    return [os.path.realpath(program), "-I", "-S", "-B", "-c"]


def output_of(
    command: list[str], folder: Path, limits: ProgramLimits = LIMITS, tier: Tier = "landlock"
) -> tuple[object, str]:
    with tempfile.TemporaryFile() as output:
        status = launcher.run(command, folder, output, tier, limits)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace")


def test_the_program_reads_its_folder_and_nothing_else(
    folder: Path, secret: Path, python: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_SECRET_OF_A_TEST", "x")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        arguments = [str(folder), str(secret), port, str(os.getpid())]
        status, said = output_of([*python, TRIES, *arguments], folder)
    assert (status, said.split()) == (0, ["folder"])
    assert sorted(path.name for path in folder.iterdir()) == ["000.py"]


def test_another_program_cannot_take_its_place(folder: Path, python: list[str]) -> None:
    code = "import os; os.execv('/bin/true', ['true'])"
    status, _ = output_of([*python, code], folder)
    assert status == 1


def test_limits_end_it(folder: Path, python: list[str]) -> None:
    short = dataclasses.replace(LIMITS, wall_s=1.0)
    assert output_of([*python, "import time; time.sleep(60)"], folder, short)[0] is None
    quick = dataclasses.replace(LIMITS, cpu_s=1)
    assert output_of([*python, "while True: pass"], folder, quick)[0] < 0
    assert output_of([*python, "x = bytes(4 << 30)"], folder)[0] == 1
    status, said = output_of([*python, "while True: print('x' * 999)"], folder)
    assert status != 0
    assert len(said) == LIMITS.output_bytes


SLEEPS = "import time; time.sleep(60)"


def test_a_judge_with_many_open_files_ends_it_in_time(folder: Path, python: list[str]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip("the hard limit of open files is below 1200")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(1100):
                stack.enter_context(open(os.devnull, "rb"))
            assert output_of([*python, "print(7)"], folder) == (0, "7\n")
            short = dataclasses.replace(LIMITS, wall_s=1.0)
            assert output_of([*python, SLEEPS], folder, short) == (None, "")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSYS])
def test_without_a_descriptor_of_the_process_it_ends_in_time(
    folder: Path, python: list[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(pid: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "pidfd_open", refused)
    assert output_of([*python, "print(7)"], folder) == (0, "7\n")
    short = dataclasses.replace(LIMITS, wall_s=1.0)
    assert output_of([*python, SLEEPS], folder, short) == (None, "")


def test_an_interruption_ends_it(
    folder: Path, python: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(process: object, wall_s: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(launcher, "_ends", interrupted)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        output_of([*python, SLEEPS], folder)
    assert time.monotonic() - begun < 30


def test_what_cannot_be_confined_does_not_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((LauncherFailed, OSError)):
        output_of([str(folder / "no-program")], folder)

    def none(*_: object, **__: object) -> int:
        return os.open("/dev/null", os.O_RDONLY)

    monkeypatch.setattr(landlock, "make_ruleset", none)
    with pytest.raises(LauncherFailed, match="system call"):
        output_of(["/bin/true"], folder)


@pytest.mark.parametrize("tier", ["full", "landlock", "seccomp", "none"])
def test_the_linter_finds_the_same_in_every_tier(tier: str) -> None:
    found = linting.lint({"b.py": "import os\n", "a.py": "import re\n"}, tier)
    assert found is not None
    assert found.complete
    lines = found.data.decode().splitlines()
    assert [line.rpartition("/")[2].split(" ")[0] for line in lines] == [
        "000.py:1:8:",
        "001.py:1:8:",
    ]


def test_without_landlock_it_still_writes_starts_and_reaches_nothing(
    folder: Path, secret: Path, python: list[str]
) -> None:
    arguments = [str(folder), str(secret), "9", str(os.getpid())]
    status, said = output_of([*python, TRIES, *arguments], folder, tier="seccomp")
    assert status == 0
    assert set(said.split()) <= {"folder", "secret", "listing", "passwd"}
