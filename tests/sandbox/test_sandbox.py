"""A worker is confined, bounded, and leaves nothing behind; how it ended is told right."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import ROOT
from grader.core.errors import ConfinementError, MachineError
from grader.protocol import wire
from grader.sandbox import ForkServer, Limits, Worker

GUEST = "tests.sandbox_guest:main"
SMALL = Limits(memory_mb=128, scratch_mb=4, scratch_inodes=200, file_mb=2, cpu_s=20)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer("numpy", hash_seed=7, guest=GUEST, limits=SMALL) as server:
        yield server


@pytest.fixture
def worker(server: ForkServer) -> Iterator[Worker]:
    with server.spawn() as worker:
        yield worker


def run(worker: Worker, source: str, wall_s: float = 10.0) -> Any:
    return worker.exchange(source, wall_s)


def descendants(pid: int) -> set[int]:
    """Living processes below `pid`."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {pid}


def settled(pid: int, count: int, other: Collection[int] = ()) -> set[int]:
    """The processes below `pid`, once there are `count`: the next namespace is made meanwhile."""
    end = time.monotonic() + 5.0
    while len(found := descendants(pid) - set(other)) != count and time.monotonic() < end:
        time.sleep(0.01)
    assert len(found) == count
    return found


def private_kb(worker: Worker) -> int:
    rollup = Path(f"/proc/{worker.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if "Private_" in line)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# -------------------------------------------------------------------------------- confinement


def test_the_tier_is_full_and_versions_are_told(server: ForkServer) -> None:
    assert server.tier == "full"
    assert server.versions.numpy == np.__version__
    assert server.versions.torch == ""


@pytest.mark.parametrize(
    "path",
    [
        str(ROOT / "grader"),
        str(ROOT / "grader" / "__init__.py"),
        str(ROOT / "solutions"),
        str(ROOT / "starter"),
        str(ROOT / "tests"),
        "/etc/passwd",
        "/etc/hostname",
        "/usr/bin",
        "/usr/share",
        "/sys",
        "/proc/self",
        "/proc/1",
        "/var",
        os.path.expanduser("~/.bashrc"),
    ],
)
def test_nothing_but_the_jail_exists(worker: Worker, path: str) -> None:
    assert run(worker, f"import os; os.stat({path!r})").startswith("FileNotFoundError")


def test_other_peoples_packages_are_not_to_be_had(worker: Worker) -> None:
    source = """
import importlib
answer = {}
for name in ("torch", "pytest", "click", "grader.scoring.rubric", "solutions", "kit", "numpy.fft"):
    try:
        importlib.import_module(name)
        answer[name] = ""
    except Exception as error:
        answer[name] = type(error).__name__
"""
    answer = run(worker, source)
    assert answer.pop("kit") == ""
    assert answer.pop("numpy.fft") == ""
    assert set(answer.values()) == {"ModuleNotFoundError"}


def test_proc_is_empty_and_the_environment_is_clean(worker: Worker) -> None:
    os.environ["JUDGE_SECRET"] = "x"
    try:
        listing, environment = run(
            worker, "import os\nanswer = [os.listdir('/proc'), dict(os.environ)]"
        )
    finally:
        del os.environ["JUDGE_SECRET"]
    assert listing == []
    assert environment["PYTHONHASHSEED"] == "7"
    assert "JUDGE_SECRET" not in environment
    assert str(ROOT) not in str(environment)


REFUSED = {
    "socket": "import socket; socket.socket()",
    "unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "socket pair": "import socket; socket.socketpair()",
    "fork": "import os; os.fork()",
    "subprocess": "import subprocess; subprocess.run(['/bin/true'])",
    "exec": "import os; os.execv('/lib64/ld-linux-x86-64.so.2', ['x'])",
    "system": "import os; r = os.system('true'); assert r == 0, r",
    "kill parent": "import os; os.kill(os.getppid(), 9)",
    "kill all": "import os; os.kill(-1, 9)",
    "kill group": "import os; os.killpg(0, 9)",
    "signal by fd": "import os, signal; signal.pidfd_send_signal(os.pidfd_open(1), 9)",
    "owner of a signal": "import fcntl; fcntl.fcntl(3, fcntl.F_SETOWN, 1)",
    "async": "import fcntl, os; fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)",
    "push into a terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
    "raise a limit": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (999, 999))",
    "limits of the parent": "import resource as r; r.prlimit(1, r.RLIMIT_CPU, (1, 1))",
    "affinity of the parent": "import os; os.sched_setaffinity(1, {0})",
    "write outside": "open('/x', 'w')",
    "write into a package": "import numpy; open(numpy.__file__, 'a')",
    "change a package": "import numpy, os; os.chmod(numpy.__file__, 0o777)",
    "touch a package": "import numpy, os; os.utime(numpy.__file__)",
    "make a device": "import os, stat; os.mknod('d', stat.S_IFCHR | 0o666, os.makedev(1, 1))",
    "make a memory file": "import os; os.memfd_create('m')",
    "chroot": "import os; os.chroot('.')",
    "become root": "import os; os.setuid(0)",
}
_CALLS = {  # by number on x86_64
    "ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "keyctl": 250, "bpf": 321,
    "io_uring_setup": 425, "userfaultfd": 323, "shmget": 29, "perf_event_open": 298,
    "personality": 135, "process_vm_readv": 310, "kcmp": 312, "fsopen": 430, "vfork": 58,
    "pidfd_getfd": 438, "seccomp": 317, "setsid": 112, "open_by_handle_at": 304,
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(worker: Worker, name: str) -> None:
    answer = run(worker, REFUSED[name])
    assert answer is not None
    assert answer.split(":")[0] in ("PermissionError", "OSError", "ValueError", "AssertionError")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_dangerous_system_calls_are_refused(worker: Worker) -> None:
    source = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
answer = {{n: (libc.syscall(i, 0, 0, 0, 0, 0), ctypes.get_errno()) for n, i in {_CALLS}.items()}}
answer["x32"] = (libc.syscall(0x40000000 + 39), ctypes.get_errno())
answer["clone3"] = (libc.syscall(435, 0, 0), ctypes.get_errno())
answer["new"] = (libc.syscall(999), ctypes.get_errno())
"""
    answer = run(worker, source)
    assert answer.pop("clone3") == answer.pop("new") == (-1, 38)
    assert set(answer.values()) == {(-1, 1)}


def test_what_a_submission_needs_works(worker: Worker) -> None:
    source = """
import os, signal, tempfile, threading, time, shutil, pathlib
pathlib.Path("a.txt").write_text("中文")
shutil.copy("a.txt", "b.txt"); os.rename("b.txt", "c.txt")
with tempfile.TemporaryDirectory() as d: open(d + "/x", "w").close()
if os.path.islink("/tmp"): open("/tmp/y", "w").close()  # not where Python lies below /tmp
done = []
threads = [threading.Thread(target=done.append, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
rang = []
signal.signal(signal.SIGALRM, lambda *_: rang.append("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.05)
signal.signal(signal.SIGPROF, lambda *_: rang.append("prof"))
signal.setitimer(signal.ITIMER_PROF, 0.01)
end = time.process_time() + 0.1
while time.process_time() < end: pass
open("/dev/null", "w").write("x")
import gc
answer = [sorted(os.listdir()), len(done), rang, gc.isenabled(), open("a.txt").read(), os.getpid()]
"""
    assert run(worker, source) == [["a.txt", "c.txt"], 8, ["alarm", "prof"], True, "中文", 2]


def test_the_hash_seed_is_the_one_asked_for(worker: Worker) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "print(hash('字'))"], env={"PYTHONHASHSEED": "7"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run(worker, "answer = hash('字')") == int(ran.stdout)


def test_threads_of_the_judge_share_a_server(server: ForkServer) -> None:
    def one(number: int) -> Any:
        with server.spawn() as worker:
            return run(worker, f"answer = {number} ** 2")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(16))) == [n**2 for n in range(16)]


def test_scratch_is_private_and_gone_afterwards(server: ForkServer) -> None:
    with server.spawn() as first, server.spawn() as second:
        run(first, "open('secret', 'w').close(); open('/dev/shm/s', 'w').close()")
        look = "import os\nanswer = os.listdir('.') + os.listdir('/dev/shm')"
        assert run(second, look) == []
        assert len(run(first, look)) == 2


def test_two_workers_draw_the_same_numbers(server: ForkServer) -> None:
    draw = "import random, numpy\nanswer = [random.random(), numpy.random.rand()]"
    with server.spawn() as first, server.spawn() as second:
        assert run(first, draw) == run(second, draw)


# ------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "bomb",
    [
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "import numpy; numpy.ones(1 << 30)",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 8 << 20))",
    ],
    ids=["objects", "array", "shared"],
)
def test_a_memory_bomb_is_refused_in_bounds(worker: Worker, bomb: str) -> None:
    answer = run(worker, bomb)
    assert "MemoryError" in answer or "Cannot allocate memory" in answer
    worker.kill()
    assert worker.wait_end(5).max_rss_kb < (SMALL.memory_mb + 100) << 10


def test_the_disk_is_bounded(worker: Worker) -> None:
    source = """
answer = []
try:
    with open("big", "wb") as f:
        while True: f.write(bytes(1 << 16)); f.flush()
except OSError as e: answer.append(e.errno)
try:
    for i in range(9): open(f"b{i}", "wb").write(bytes(1 << 20))
except OSError as e: answer.append(e.errno)
try:
    for i in range(900): open(f"/scratch/tmp/{i}", "w").close()
except OSError as e: answer.append(e.errno)
try:
    kept = [open("/dev/null") for i in range(90)]
except OSError as e: answer.append(e.errno)
"""
    assert run(worker, source) == [27, 28, 28, 24]


def test_threads_are_bounded(worker: Worker) -> None:
    source = """
import threading
gate = threading.Event(); n = 0
try:
    while n < 200: threading.Thread(target=gate.wait, daemon=True).start(); n += 1
except RuntimeError: pass
gate.set()
answer = n
"""
    assert 4 <= run(worker, source) < Limits().threads


def test_a_flood_of_output_is_drained_and_cut(worker: Worker) -> None:
    flood = "import sys\nprint('first')\nfor _ in range(400): sys.stdout.write('x' * 50000)\n"
    last = "sys.stdout.flush(); sys.stderr.write('last\\n')\nanswer = 5"
    assert run(worker, flood + last, 30) == 5
    output = worker.output()
    kept = SMALL.output_kb << 10
    assert output.startswith(b"first\nxxx")
    assert output.endswith(b"xlast\n")
    assert b" bytes left out" in output
    assert 2 * kept < len(output) < 2 * kept + 200


def test_output_of_a_worker_that_dies_is_kept(worker: Worker) -> None:
    with pytest.raises(wire.Closed):
        run(worker, "import os\nprint('好' * 30000, flush=True)\nprint('end')\nos._exit(3)")
    assert worker.wait_end(5).code == 3
    assert worker.output().decode().endswith("好\nend\n")


def test_an_endless_loop_ends_at_the_deadline_and_its_clock_was_seen(worker: Worker) -> None:
    with pytest.raises(wire.DeadlineExpired):
        run(worker, "while True: pass", 0.5)
    assert 0.05 < worker.cpu_s() < 1.0
    assert worker.times().waited_s >= 0.0
    with pytest.raises(wire.Closed):
        run(worker, "answer = 1")
    worker.kill()
    assert worker.wait_end(5).kind == "killed_by_judge"


def test_cpu_time_is_the_second_line(server: ForkServer) -> None:
    with server.spawn(Limits(cpu_s=1)) as worker:
        with pytest.raises(wire.Closed):
            run(worker, "while True: pass", 30)
        ended = worker.wait_end(5)
    assert (ended.kind, ended.signal) == ("signalled", signal.SIGXCPU)
    assert ended.cpu_s >= 0.7  # the limit counts ticks, this counts exactly


# ---------------------------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("source", "kind", "code", "number"),
    [
        ("import os; os._exit(0)", "exited", 0, None),
        ("import os; os._exit(7)", "exited", 7, None),
        ("raise SystemExit(3)", "exited", 3, None),
        ("import sys; sys.exit('why')", "exited", 1, None),
        ("raise KeyboardInterrupt", "exited", 1, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signalled", None, 9),
        ("import os; os.abort()", "signalled", None, 6),
        ("import ctypes; ctypes.string_at(0)", "signalled", None, 11),
        ("channel.close()\nimport os; os._exit(2)", "exited", 2, None),
    ],
)
def test_an_end_is_reported_as_it_was(
    worker: Worker, source: str, kind: str, code: int | None, number: int | None
) -> None:
    with pytest.raises(wire.Closed):
        run(worker, source)
    ended = worker.wait_end(5)
    assert (ended.kind, ended.code, ended.signal) == (kind, code, number)
    assert ended == worker.wait_end(0)


@pytest.mark.parametrize(
    "attack",
    [
        "channel.send(b'hello world, this is not a frame')",
        "import struct; channel.send(struct.pack('<IQ', 5, 1 << 60))",
        "import struct; channel.send(struct.pack('<IQ', 800000, 0) + b'[' * 100000)\n"
        "channel.setblocking(True)\nfor _ in range(7): channel.sendall(b'[' * 100000)",
        'import struct; h = b\'["a","<f8",[1180591620717411303424]]\'\n'
        "channel.send(struct.pack('<IQ', len(h), 0) + h)",
        "import struct; h = b'[\"a\",\"|O8\",[1]]'\nchannel.send(struct.pack('<IQ', len(h), 8) + h"
        " + b'12345678')",
    ],
    ids=["garbage", "claim", "deep", "shape", "object"],
)
def test_a_malformed_frame_is_a_wire_error(worker: Worker, attack: str) -> None:
    with pytest.raises(wire.WireError):
        run(worker, attack)


def test_guest_returns_when_the_judge_hangs_up(worker: Worker) -> None:
    worker._channel.shutdown(1)
    assert worker.wait_end(5).code == 0


def test_sixty_workers_leave_nothing(server: ForkServer) -> None:
    with server.spawn() as worker:
        run(worker, "answer = 1")
    time.sleep(0.5)  # until the next namespace has been made
    processes, descriptors = descendants(os.getpid()), sorted(os.listdir("/proc/self/fd"))
    for i in range(60):
        with server.spawn() as worker:
            source = ("answer = 1", "import os; os._exit(1)", "while True: pass")[i % 3]
            with contextlib.suppress(wire.Closed, wire.DeadlineExpired):
                run(worker, source, 0.05)
    settled(os.getpid(), len(processes))  # the next namespace is another one
    assert sorted(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_that_is_left_ends_and_another_starts(server: ForkServer, busy: bool) -> None:
    for _ in range(5):
        left = server.spawn()
        assert left.pid is not None
        pid = left.pid
        if busy:
            left.send("while True: pass")
        left.leave()
        left.close()  # as the end of a `with` block does
        with pytest.raises(wire.Closed):
            left.send("answer = 1")
        with server.spawn() as other:
            assert run(other, "answer = 1") == 1
        end = time.monotonic() + 5.0
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not alive(pid)


def test_a_fresh_worker_has_little_memory_of_its_own(worker: Worker) -> None:
    assert private_kb(worker) < 10 << 10


def test_closing_the_server_ends_its_workers() -> None:
    before = descendants(os.getpid())
    server = ForkServer("numpy", hash_seed=0, guest=GUEST, limits=SMALL)
    worker = server.spawn()
    settled(os.getpid(), 6, before)
    server.close()
    with pytest.raises(wire.Closed):
        run(worker, "answer = 1")
    worker.close()
    assert descendants(os.getpid()) == before
    with pytest.raises(MachineError):
        server._spawn(SMALL, "guest")


# ------------------------------------------------------------------------------ whole processes

_JUDGE = """
import sys
sys.path[:0] = [{root!r}]
from grader.sandbox import ForkServer, Limits
server = ForkServer("numpy", hash_seed=0, guest="tests.sandbox_guest:main")
worker = server.spawn(Limits(memory_mb=64))
print(server.tier, worker.exchange("import os; answer = os.getuid()", 5), flush=True)
worker.send("while True: pass")
sys.stdin.read()
"""


def test_a_killed_judge_leaves_no_process_after_a_second() -> None:
    judge = subprocess.Popen(
        [sys.executable, "-c", _JUDGE.format(root=str(ROOT))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert judge.stdout is not None
    assert judge.stdin is not None
    assert judge.stdout.readline().startswith(b"full")
    below = settled(judge.pid, 6)  # monitor, server, pool, two init processes, worker
    judge.kill()
    judge.wait()
    end = time.monotonic() + 1.0
    while any(map(alive, below)) and time.monotonic() < end:
        time.sleep(0.01)
    left = [pid for pid in below if alive(pid)]
    judge.stdin.close()
    judge.stdout.close()
    assert left == []


def test_an_ordinary_user_gets_the_same_confinement() -> None:
    from sandbox_user import run_as_user

    program = _JUDGE.format(root=str(ROOT)).replace("sys.stdin.read()", "worker.close()")
    ran = run_as_user(f"import os; assert os.getuid()\n{program}\nserver.close()")
    assert ran.stderr == ""
    tier, uid = ran.stdout.split()
    assert tier == "full"
    assert int(uid) > 0


def test_workers_of_root_run_under_an_unused_id(worker: Worker) -> None:
    uid = run(worker, "import os; answer = os.getuid()")
    assert uid == os.getuid() if os.getuid() else uid >= 2_000_000_000
    assert os.stat(f"/proc/{worker.pid}").st_uid == uid


def test_torch_is_there_in_a_torch_server_and_nothing_hangs() -> None:
    limits = Limits(memory_mb=512)
    with ForkServer("torch", hash_seed=1, guest=GUEST, limits=limits) as server:
        with server.spawn() as worker:
            source = """
import torch
model = torch.nn.LSTM(4, 8, num_layers=2, batch_first=True)
optimiser = torch.optim.AdamW(model.parameters())
for _ in range(3):
    optimiser.zero_grad()
    loss = model(torch.randn(2, 5, 4))[0].square().mean()
    loss.backward(); optimiser.step()
torch.save(model.state_dict(), "m.pth"); model.load_state_dict(torch.load("m.pth"))
answer = [loss.item() > 0, torch.get_num_threads(), torch.cuda.is_available()]
"""
            assert run(worker, source, 30) == [True, 1, False]
            assert worker.output().decode() == ""
        with server.spawn() as worker:
            assert private_kb(worker) < 10 << 10
        assert server.versions.torch.startswith("2.")


# ------------------------------------------------------------------------------------ refusals


def test_without_namespaces_it_refuses_and_says_what_to_do(monkeypatch: Any) -> None:
    from grader.sandbox import forkserver

    broken = forkserver._BOOTSTRAP.replace(
        "from grader.sandbox.server",
        "from grader.sandbox import kernel; "
        "kernel.unshare = lambda flags: (_ for _ in ()).throw(PermissionError(1, 'no')); "
        "from grader.sandbox.server",
    )
    monkeypatch.setattr(forkserver, "_BOOTSTRAP", broken)
    with pytest.raises(ConfinementError) as caught:
        ForkServer("numpy", hash_seed=0, guest=GUEST).wait_ready()
    assert "namespace" in caught.value.text.en
    assert "[EPERM]" in caught.value.text.en
    assert "--unsafe" in caught.value.text.zh
    with ForkServer("numpy", hash_seed=0, guest=GUEST, unsafe=True) as server:
        assert server.tier == "landlock"  # the best that works here
        assert "user_namespace" in server.unavailable["full"].reason.en or not os.getuid()
        with server.spawn() as worker:
            assert run(worker, "answer = 2") == 2


def test_a_hole_that_the_canary_finds_is_a_refusal(monkeypatch: Any) -> None:
    from grader.sandbox import forkserver

    leaky = forkserver._BOOTSTRAP.replace(
        "from grader.sandbox.server",
        "from grader.sandbox import kernel; kernel.enforce_filter = lambda program: None; "
        "from grader.sandbox.server",
    )
    monkeypatch.setattr(forkserver, "_BOOTSTRAP", leaky)
    with pytest.raises(ConfinementError, match="it could fork"):
        ForkServer("numpy", hash_seed=0, guest=GUEST).wait_ready()


def test_a_guest_that_is_not_there_is_our_fault() -> None:
    with pytest.raises(MachineError, match="no_such_guest") as caught:
        ForkServer("numpy", hash_seed=0, guest="tests.no_such_guest:main").wait_ready()
    assert not isinstance(caught.value, ConfinementError)


def test_unconfined_workers_are_bounded_and_leave_nothing() -> None:
    before = descendants(os.getpid())
    with ForkServer(
        "numpy", hash_seed=0, guest=GUEST, unsafe=True, best="none", limits=SMALL
    ) as server:
        assert server.tier == "none"
        with server.spawn() as worker:
            assert "Memory" in run(worker, "import numpy; answer = numpy.ones(1 << 28)")
            run(worker, "import os\nif os.fork() == 0:\n    import time; time.sleep(60)")
            assert run(worker, "open('x', 'w').close(); answer = os.listdir()") == ["x"]
            assert run(worker, "answer = os.getuid()") != 0
            worker.kill()
            assert worker.wait_end(5).kind == "killed_by_judge"
    assert descendants(os.getpid()) == before


def test_asking_for_no_confinement_needs_unsafe() -> None:
    with pytest.raises(ValueError, match="unsafe"):
        ForkServer("numpy", hash_seed=0, guest=GUEST, best="none")
