"""Run a Python program where the kernel refuses what a stock Ubuntu or a container refuses.

A seccomp filter of a parent answers for the kernel: the refusals are real ones, with the errno that
the caller asks for, and nothing in the grader knows of them.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Mapping

from grader import ROOT
from grader.sandbox import kernel, syscall_numbers

sys.path.insert(0, os.path.dirname(__file__))

CALLS = {  # x86_64, aarch64
    "unshare": (272, 97),
    "mount": (165, 40),
    "setns": (308, 268),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
}
NO_NAMESPACES = {"unshare": 1, "mount": 1}  # as Docker's own filter has it: EPERM
NO_LANDLOCK = {"landlock_create_ruleset": 95}  # EOPNOTSUPP: built in, but switched off
NO_SECCOMP = {"seccomp": 22}  # EINVAL: not built in


def run_refusing(
    refused: Mapping[str, int], program: str, *, user: bool = False, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """`program` in a fresh interpreter to which these calls fail; `user`: not as root."""
    words = [f"{name}={number}" for name, number in refused.items()]
    return subprocess.run(
        [sys.executable, __file__, "user" if user else "same", *words, "--", program],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT}/starter/tests"},
    )


def _filter(refused: Mapping[str, int]) -> bytes:
    """All calls are permitted but these."""
    column = ("x86_64", "aarch64").index(kernel.MACHINE)
    parts = [(0x20, 0, 0, 4), (0x15, 1, 0, syscall_numbers.AUDIT_ARCH[kernel.MACHINE]),
             (0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0)]  # fmt: skip
    for name, errno in refused.items():
        parts += [(0x15, 0, 1, CALLS[name][column]), (0x06, 0, 0, 0x00050000 | errno)]
    parts.append((0x06, 0, 0, 0x7FFF0000))
    return b"".join(struct.pack("HBBI", *part) for part in parts)


def _main(who: str, *words: str) -> None:
    cut = words.index("--")
    refused = {name: int(number) for name, _, number in (w.partition("=") for w in words[:cut])}
    if who == "user" and os.getuid() == 0:
        from sandbox_user import become_user

        become_user()
    kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.enforce_filter(_filter(refused))
    os.execv(sys.executable, [sys.executable, "-c", words[cut + 1]])


if __name__ == "__main__":
    _main(*sys.argv[1:])
