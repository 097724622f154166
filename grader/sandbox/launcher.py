"""Run one program on files of a hand-in: no other program, no network, read-only, within limits.

A worker may execute nothing, so a program such as the linter has a launcher of its own, `launched`:
a bare interpreter that confines itself and becomes the program. Landlock lets it read one folder
and the libraries that the program is linked to, execute this program and write nothing; seccomp
refuses new processes and sockets.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import IO, Final

from grader.core.tiers import Tier

from . import kernel, landlock, launched, libraries, seccomp, syscall_numbers
from .host_context import unused_user

_LOADERS: Final = ("/lib64/ld-linux-*.so.*", "/lib/ld-linux-*.so.*", "/lib/ld-musl-*.so.*")
"""The system's dynamic loaders: the kernel executes one of them with every program."""

_READABLE: Final = ("/etc/ld.so.cache", "/dev/null")
_CALLS: Final = ("capset", "landlock_restrict_self", "seccomp")
_STARTING: Final = ("execve", "execveat", "arch_prctl", "set_tid_address", "set_robust_list")
"""Calls by which a program starts, beside those of a worker."""

_OWN_PID: Final = 2**31 - 1
"""Of no process: the filter is made before the process. It can signal nobody, not even itself."""


@dataclass(frozen=True, slots=True)
class ProgramLimits:
    """What the program may use."""

    wall_s: float = 20.0
    cpu_s: int = 20
    memory_bytes: int = 2 << 30  # address space
    output_bytes: int = 4 << 20
    descriptors: int = 64


class LauncherFailed(Exception):
    """The program could not be confined, so it did not run."""


def run(
    command: list[str],
    folder: Path,
    output: IO[bytes],
    tier: Tier,
    limits: ProgramLimits,
) -> int | None:
    """Its exit status, negative for a signal; None if it takes longer than it may.

    `command` begins with the program's path. It may read `folder`; root gives the files there to
    the user that the program runs as. Where Landlock is missing (the tier "seccomp") it may read
    whatever that user may; in the tier "none" there are limits only.
    """
    user = None if os.getuid() else unused_user()
    if user is not None:
        for path in (*folder.iterdir(), folder):
            os.chown(path, user, user)
    confined = tier != "none"
    ruleset = _ruleset(command[0], folder) if tier in ("full", "landlock") else -1
    program = b"" if not confined else seccomp.program(
        kernel.MACHINE, tier="landlock", own_pid=_OWN_PID, also=_STARTING
    )  # fmt: skip
    numbers = (
        *(os.getpid(), user or 0, ruleset, len(program)),
        *(limits.memory_bytes, limits.output_bytes, limits.descriptors, limits.cpu_s),
        *(syscall_numbers.number(name, kernel.MACHINE) or -1 for name in _CALLS),
    )
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", launched.__file__, ",".join(map(str, numbers)),
             *command],
            env=_environment(folder),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            pass_fds=() if ruleset < 0 else (ruleset,),
            start_new_session=True,
        )  # fmt: skip
    finally:
        if ruleset >= 0:
            os.close(ruleset)
    with process:  # waits for its end, and closes the pipes
        assert process.stdin is not None
        assert process.stderr is not None
        ended = False
        try:
            with contextlib.suppress(BrokenPipeError):  # it has failed: its exit status says so
                process.stdin.write(program)  # less than a pipe holds
                process.stdin.close()
            ended = _ends(process, limits.wall_s)
        finally:
            if not ended:
                process.kill()
        if not ended:
            return None
        # The launcher's end is closed as it becomes the program: this is what went wrong before.
        said = process.stderr.read()
    if process.returncode == launched.SETUP_FAILED:
        raise LauncherFailed(said.decode("utf-8", "replace")[-2000:])
    return process.returncode


def _ends(process: subprocess.Popen[bytes], wall_s: float) -> bool:
    """Whether the process ends within `wall_s`.

    ``Popen.wait`` with a time limit sleeps up to 50 ms longer, once for every hand-in, so it is
    only for a kernel without descriptors of processes, and for a judge that has none left.
    """
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wall_s)
        return process.returncode is not None
    try:
        ready = select.poll()  # select.select refuses descriptors from 1024 on
        ready.register(pidfd, select.POLLIN)
        return bool(ready.poll(wall_s * 1000))
    finally:
        os.close(pidfd)


def _environment(folder: Path) -> dict[str, str]:
    environment = {"LANG": "C.UTF-8", "PATH": "", "HOME": str(folder), "NO_COLOR": "1"}
    if found := os.environ.get("LD_LIBRARY_PATH"):  # the interpreter may not start without
        environment["LD_LIBRARY_PATH"] = found
    return environment


def _ruleset(program: str, folder: Path) -> int:
    """The descriptor of the Landlock ruleset, which the launcher enforces on itself."""
    loaders = {os.path.realpath(path) for pattern in _LOADERS for path in glob(pattern)}
    linked = [file for _, file in libraries.needed((program,))]
    readable = (str(folder), *linked, *_READABLE)
    return landlock.make_ruleset(
        kernel.landlock_version(),
        tuple(path for path in readable if os.path.exists(path)),
        programs=(program, *sorted(loaders)),
    )
