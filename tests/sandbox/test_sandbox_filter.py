"""The seccomp filter, run by a small interpreter, for both machines whatever this one is."""

from __future__ import annotations

import errno
import re
import struct
from typing import Any

import pytest

from grader import ROOT
from grader.sandbox import landlock, seccomp, syscall_numbers

ALLOW = 0x7FFF0000
EPERM = 0x00050000 | errno.EPERM
EAGAIN = 0x00050000 | errno.EAGAIN
ENOSYS = 0x00050000 | errno.ENOSYS
KILL = 0x80000000
MACHINES = ("x86_64", "aarch64")


def verdict(
    machine: str, number: int, *arguments: int, arch: int | None = None, **filtered: Any
) -> int:
    """What the filter says of a call."""
    program = list(struct.iter_unpack("HBBI", seccomp.program(machine, **filtered)))
    padded = [*arguments, *[0] * (6 - len(arguments))]
    arch = syscall_numbers.AUDIT_ARCH[machine] if arch is None else arch
    data = struct.pack("<iIQ6Q", number, arch, 0, *(a & 2**64 - 1 for a in padded))
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return int(value)
        else:
            truth = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x45: bool(accumulator & value),
            }[code]
            at += if_true if truth else if_false


CASES: list[tuple[str, tuple[Any, ...], int]] = [
    ("read", (0,), ALLOW),
    ("clone", (0x3D0F00,), ALLOW),  # as pthread_create asks
    ("clone", (0x1200011,), EPERM),  # as fork asks
    ("clone", (0x10010000,), EPERM),  # a thread with a new user namespace
    ("clone3", (), ENOSYS),
    ("kill", (2, 9), ALLOW),
    ("kill", (1, 9), EPERM),
    ("kill", (-1, 9), EPERM),
    ("kill", (0, 9), EPERM),
    ("tgkill", (2, 7, 6), ALLOW),
    ("tgkill", (1, 1, 6), EPERM),
    ("fcntl", (1, 4, 0o4000), ALLOW),  # F_SETFL, O_NONBLOCK
    ("fcntl", (1, 4, 0o20000), EPERM),  # F_SETFL, O_ASYNC
    ("fcntl", (1, 8, 1), EPERM),  # F_SETOWN
    ("fcntl", (1, 10, 9), EPERM),  # F_SETSIG
    ("fcntl", (1, 1031, 1 << 20), EPERM),  # F_SETPIPE_SZ
    ("fcntl", (1, 1030, 3), ALLOW),  # F_DUPFD_CLOEXEC
    ("ioctl", (0, 0x5401), ALLOW),
    ("ioctl", (0, 0x5412), EPERM),  # TIOCSTI
    ("ioctl", (0, 0x1_0000_5401), ALLOW),  # the kernel reads the low half alone
    ("prctl", (15,), ALLOW),
    ("prctl", (22,), EPERM),
    ("prlimit64", (0, 7), ALLOW),
    ("prlimit64", (1, 7), EPERM),
    ("sched_setaffinity", (0,), ALLOW),
    ("sched_setaffinity", (1,), EPERM),
    ("getsockopt", (3, 1, 4), ALLOW),
    ("getsockopt", (3, 1, 77), EPERM),  # SO_PEERPIDFD
    ("getsockopt", (3, 0, 4), EPERM),
    ("kill", (2, 34), EPERM),  # a real-time signal is queued, and counted by user
    ("tgkill", (2, 7, 34), EPERM),
    ("fcntl", (1, 5), EPERM),  # F_GETLK
    ("fcntl", (1, 6), EPERM),  # F_SETLK
    ("fcntl", (1, 7), EPERM),  # F_SETLKW
    ("fcntl", (1, 36), EPERM),  # F_OFD_GETLK
    ("fcntl", (1, 37), EPERM),  # F_OFD_SETLK
    ("fcntl", (1, 38), EPERM),  # F_OFD_SETLKW
    ("fcntl", (1, 1024), EPERM),  # F_SETLEASE
    ("preadv2", (3, 0, 1, 0, 0, 0), ALLOW),
    ("preadv2", (3, 0, 1, 0, 0, 8), EPERM),  # RWF_NOWAIT
    ("pwritev2", (3, 0, 1, 0, 0, 8), EPERM),
    ("preadv2", (3, 0, 1, 0, 0, 0x80), EPERM),  # RWF_DONTCACHE
    ("madvise", (0, 4096, 4), ALLOW),  # MADV_DONTNEED, as allocators ask
    ("madvise", (0, 4096, 8), ALLOW),  # MADV_FREE
    ("madvise", (0, 4096, 12), EPERM),  # MADV_MERGEABLE
    ("madvise", (0, 4096, 20), EPERM),  # MADV_COLD
    ("madvise", (0, 4096, 21), EPERM),  # MADV_PAGEOUT
    ("madvise", (0, 4096, 25), EPERM),  # MADV_COLLAPSE
    ("madvise", (0, 4096, 100), EPERM),  # MADV_HWPOISON
    ("mmap", (0, 4096, 3, 0x22), ALLOW),
    ("mmap", (0, 4096, 1, 1), ALLOW),  # MAP_SHARED of a file
    ("mmap", (0, 4096, 3, 0x40022), EPERM),  # MAP_HUGETLB
    ("mmap", (0, 4096, 3, 0x2022), EPERM),  # MAP_LOCKED
    ("membarrier", (8,), ALLOW),
    ("membarrier", (1,), EPERM),  # MEMBARRIER_CMD_GLOBAL
    ("futex", (0, 0x80), ALLOW),  # FUTEX_WAIT_PRIVATE
    ("futex", (0, 0x81), ALLOW),  # FUTEX_WAKE_PRIVATE
    ("futex", (0, 0x189), ALLOW),  # FUTEX_WAIT_BITSET_PRIVATE by the wall clock
    ("futex", (0, 0), EAGAIN),  # FUTEX_WAIT
    ("futex", (0, 0x109), EAGAIN),  # FUTEX_WAIT_BITSET by the wall clock, as pthread_join asks
    *[
        # WAKE, FD, REQUEUE, CMP_REQUEUE, WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAKE_BITSET,
        # WAIT_REQUEUE_PI, CMP_REQUEUE_PI, LOCK_PI2
        ("futex", (0, operation | clock), EPERM)
        for operation in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13)
        for clock in (0, 0x100)
    ],
    ("clock_gettime", (1,), ALLOW),
    ("clock_gettime", (-6,), ALLOW),  # the processor time of this process
    ("clock_gettime", (-2,), ALLOW),  # of this thread
    ("clock_gettime", (~77 << 3 | 2,), EPERM),  # of process 77
    ("clock_nanosleep", (~77 << 3 | 2,), EPERM),
    ("clock_getres", (~77 << 3 | 2,), EPERM),
    ("sched_getaffinity", (0,), ALLOW),
    ("sched_getaffinity", (77,), EPERM),
    ("sched_getscheduler", (77,), EPERM),
    ("sched_getparam", (77,), EPERM),
    ("getpgid", (0,), ALLOW),
    ("getpgid", (77,), EPERM),
    ("getsid", (77,), EPERM),
    ("getpriority", (0, 0), ALLOW),
    ("getpriority", (0, 77), EPERM),
    ("getpriority", (2, 0), EPERM),  # PRIO_USER
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_the_filter_decides(
    machine: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    number = syscall_numbers.number(name, machine)
    assert number is not None
    assert verdict(machine, number, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_every_permitted_call_can_pass_and_no_other(machine: str) -> None:
    permitted = {syscall_numbers.number(name, machine) for name in syscall_numbers.permitted()} - {
        None
    }
    for number in range(syscall_numbers.LAST_KNOWN + 1):
        if number not in permitted:
            assert verdict(machine, number) == EPERM
    assert verdict(machine, syscall_numbers.LAST_KNOWN + 1) == ENOSYS
    assert verdict(machine, 0x40000000) == EPERM


def test_calls_of_another_machine_end_the_process() -> None:
    assert verdict("x86_64", 0, arch=0x40000003) == KILL  # i386
    assert verdict("x86_64", 0, arch=syscall_numbers.AUDIT_ARCH["aarch64"]) == KILL


def test_the_document_gives_a_reason_for_every_permitted_call() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    table = text.partition("## What two workers could share")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_0-9]+)`", table))

    assert set(syscall_numbers.permitted()) - named == set()


def test_dangerous_names_are_not_in_the_table() -> None:
    # fmt: off
    refused = {
        "execve", "execveat", "fork", "vfork", "socket", "socketpair", "connect", "bind",
        "ptrace", "mount", "umount2", "unshare", "setns", "bpf", "io_uring_setup", "keyctl",
        "userfaultfd", "memfd_create", "shmget", "perf_event_open", "personality", "pidfd_open",
        "pidfd_getfd", "pidfd_send_signal", "process_vm_readv", "mknod", "seccomp", "setresuid",
        "setuid", "chroot", "pivot_root", "kcmp", "splice",
        # By these two workers could tell each other something.
        "flock", "fadvise64", "mincore", "cachestat", "sysinfo", "statfs", "fstatfs", "getrusage",
        "capget", "set_robust_list", "set_tid_address", "timer_create", "inotify_init1",
        "inotify_add_watch", "fanotify_init", "mlock", "setpriority", "sched_setattr",
        "sched_getattr", "readahead", "sync_file_range", "futex_waitv", "msgget", "semget",
    }
    # fmt: on
    assert refused.isdisjoint(syscall_numbers.permitted())


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (1, (0x1FFF, 0, 0)),
        (2, (0x3FFF, 0, 0)),
        (3, (0x7FFF, 0, 0)),
        (4, (0x7FFF, 3, 0)),
        (5, (0xFFFF, 3, 0)),
        (6, (0xFFFF, 3, 3)),
        (9, (0xFFFF, 3, 3)),
    ],
)
def test_landlock_handles_what_the_kernel_knows(
    version: int, expected: tuple[int, int, int]
) -> None:
    assert landlock.handled(version) == expected


REDUCED_CASES: list[tuple[str, str, tuple[Any, ...], int]] = [
    ("landlock", "openat", (-100, 0, 0o2000000), ALLOW),  # O_CLOEXEC
    ("landlock", "openat", (-100, 0, 1), EPERM),
    ("landlock", "openat", (-100, 0, 2), EPERM),
    ("landlock", "openat", (-100, 0, 0o100), EPERM),  # O_CREAT
    ("landlock", "openat", (-100, 0, 0o1000), EPERM),  # O_TRUNC, which writes by reading
    ("landlock", "openat", (-100, 0, 0o20200000), EPERM),  # O_TMPFILE
    ("landlock", "newfstatat", (-100, 0, 0, 0), ALLOW),
    ("landlock", "fchmod", (3,), EPERM),
    ("landlock", "unlinkat", (), EPERM),
    ("landlock", "utimensat", (), EPERM),
    ("landlock", "sched_getaffinity", (2,), EPERM),
    ("landlock", "kill", (77, 9), ALLOW),
    ("landlock", "kill", (2, 9), EPERM),
    ("landlock", "prlimit64", (77,), ALLOW),
    ("landlock", "prlimit64", (2,), EPERM),
    ("landlock", "clone", (0x1200011,), EPERM),
    ("landlock", "prctl", (1,), EPERM),  # PR_SET_PDEATHSIG: it must die with the server
    ("seccomp", "openat", (-100, 0, 0), EPERM),
    ("seccomp", "newfstatat", (3, 0, 0, 0x1000), ALLOW),  # fstat of a C library
    ("seccomp", "newfstatat", (-100, 0, 0, 0), EPERM),
    ("seccomp", "statx", (), EPERM),
    ("seccomp", "readlinkat", (), EPERM),
    ("seccomp", "faccessat2", (), EPERM),
    ("seccomp", "fstat", (3,), ALLOW),
    ("seccomp", "mmap", (), ALLOW),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("tier", "name", "arguments", "expected"), REDUCED_CASES)
def test_the_filter_of_a_reduced_tier_decides(
    machine: str, tier: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    number = syscall_numbers.number(name, machine)
    assert number is not None
    assert verdict(machine, number, *arguments, tier=tier, own_pid=77) == expected


@pytest.mark.parametrize("tier", ["full", "landlock", "seccomp"])
def test_what_is_kept_of_one_process_is_not_used_for_another(tier: str) -> None:
    for own, other in ((2, 3), (3, 2), (77_777, 2)):
        for name in ("kill", "tkill", "tgkill", "prlimit64", "getsid", "sched_getaffinity"):
            number = syscall_numbers.number(name, "x86_64")
            assert number is not None
            assert verdict("x86_64", number, own, tier=tier, own_pid=own) == ALLOW
            assert verdict("x86_64", number, other, tier=tier, own_pid=own) == EPERM
