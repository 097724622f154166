"""Every tier holds what it says, is chosen by trying, and costs a right submission no point."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handing_in import grade_files, solution, submission_of
from refusing import NO_LANDLOCK, NO_NAMESPACES, NO_SECCOMP, run_refusing
from small_rubric import numpy_alone
from tier_attacks import GUEST, SMALL, bait, results, untouched

from grader import ROOT
from grader.core.model import GradeReport
from grader.core.settings import Secret, Settings
from grader.core.tiers import TIERS, Tier, ladder
from grader.isolation.runner import WorkerRunner
from grader.isolation.servers import Servers
from grader.judging.judge import Judge
from grader.protocol import wire
from grader.sandbox import ForkServer, Limits, Worker, platform_hints
from grader.scoring import rubric
from grader.scoring.rubric import Rubric
from grader.worker import tier_limitation
from kit.outcomes import Skipped, Verdict
from tests.attacks import harness
from tests.attacks.harness import corpus

REDUCED: tuple[Tier, ...] = ("landlock", "seccomp")
EXCUSES = ("PermissionError", "FileNotFoundError", "OSError", "ValueError", "NotADirectoryError",
           "AssertionError", "AttributeError")  # fmt: skip
"""The last: what the C library here does not know cannot be tried through it."""


@pytest.fixture(scope="module", params=REDUCED)
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    tier: Tier = request.param
    with ForkServer(
        "numpy", hash_seed=7, guest=GUEST, limits=SMALL, best=tier, floor=tier
    ) as server:
        assert server.tier == tier
        yield server


@pytest.fixture
def worker(server: ForkServer) -> Iterator[Worker]:
    with server.spawn() as worker:
        yield worker


def successes(table: dict[str, Any]) -> dict[str, Any]:
    """What of the table did not end in an exception."""
    return {name: answer for name, answer in table.items() if not _excused(answer)}


def _excused(answer: Any) -> bool:
    return isinstance(answer, str) and answer.split(":")[0] in EXCUSES


# ------------------------------------------------------------------------- the ladder


def test_tiers_are_tried_from_the_best_down_to_the_floor() -> None:
    assert ladder("full", "full", unsafe=False) == ("full",)
    assert ladder("full", "landlock", unsafe=False) == ("full", "landlock")
    assert ladder("full", "full", unsafe=True) == TIERS
    # No confinement is a word of the command line, never of the floor alone.
    assert ladder("full", "none", unsafe=False) == ("full", "landlock", "seccomp")
    assert ladder("landlock", "full", unsafe=False) == ()


_CHOOSE = """
from grader.core.errors import GraderError
from grader.sandbox import ForkServer
try:
    server = ForkServer("numpy", hash_seed=7, guest="tests.sandbox_guest:main", floor={floor!r},
                        unsafe={unsafe})
    print(server.tier, *server.unavailable)
    for tier, error in server.unavailable.items():
        print(tier, error.reason.en)
    server.close()
except GraderError as error:
    print(type(error).__name__, error.text.en, error.text.zh, sep="\\n")
"""


def choose(refused: dict[str, int], floor: Tier, user: bool, unsafe: bool = False) -> str:
    """What a server says where the kernel refuses these calls."""
    ran = run_refusing(refused, _CHOOSE.format(floor=floor, unsafe=unsafe), user=user)
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.parametrize("user", [False, True], ids=["as we are", "user"])
def test_without_namespaces_the_tier_is_landlock(user: bool) -> None:
    said = choose(NO_NAMESPACES, "landlock", user)
    assert said.startswith("landlock full\nfull step ")
    assert "namespace failed [EPERM]" in said


def test_a_floor_that_is_not_reached_refuses_with_the_reason_and_the_remedy() -> None:
    said = choose(NO_NAMESPACES, "full", user=True)
    assert said.startswith("ConfinementError\nThis machine cannot confine")
    assert "step user_namespace failed [EPERM]" in said
    assert 'floor = "landlock"' in said
    assert "步骤 user_namespace 失败 [EPERM]" in said


@pytest.mark.slow
@pytest.mark.parametrize("user", [False, True], ids=["as we are", "user"])
@pytest.mark.parametrize(
    ("refused", "floor", "unsafe", "said"),
    [
        (NO_NAMESPACES | NO_LANDLOCK, "seccomp", False, "seccomp full landlock\n"),
        (NO_LANDLOCK, "seccomp", False, "seccomp full landlock\n"),
        (NO_NAMESPACES | NO_LANDLOCK, "landlock", False, "ConfinementError\n"),
        (NO_SECCOMP, "seccomp", False, "ConfinementError\n"),
        (NO_SECCOMP, "none", False, "ConfinementError\n"),
        (NO_SECCOMP, "full", True, "none full landlock seccomp\n"),
        ({}, "none", True, "full\n"),
    ],
)
def test_each_mechanism_can_be_missing(
    user: bool, refused: dict[str, int], floor: Tier, unsafe: bool, said: str
) -> None:
    assert choose(refused, floor, user, unsafe).startswith(said)


_TWO_SERVERS = """
from grader.isolation.servers import Servers
from grader.core.settings import Settings
servers = Servers(Settings())
servers.start("torch")
numpy = servers.ready("numpy")
print(numpy.tier, servers.ready("torch").tier, servers.for_training())
print(servers.lowered().en, servers.lowered().zh, sep="\\n")
servers.close()
"""


@pytest.mark.slow
def test_all_servers_of_a_run_have_one_tier_and_say_why_it_is_not_the_best() -> None:
    ran = run_refusing(NO_NAMESPACES, _TWO_SERVERS)
    assert ran.stderr == ""
    first, en, zh = ran.stdout.splitlines()
    assert first == "landlock landlock torch"
    assert en.startswith("The tier of confinement is landlock, not full (full: step ")
    assert zh.startswith("隔离级别是 landlock，不是 full（full：步骤 ")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "sysctl user.max_user_namespaces"),
        ({".dockerenv": ""}, "docker run"),
        ({"run/.containerenv": ""}, "Podman"),
        ({"autograder/run_autograder": "", ".dockerenv": ""}, "Gradescope"),
        ({"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2"}, "wsl --update"),
        ({"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, "AppArmor"),
        ({"proc/sys/user/max_user_namespaces": "0"}, "user.max_user_namespaces=10000"),
    ],
)
def test_the_remedy_fits_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], words: str
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    machine = {"proc/sys/kernel/osrelease": "6.8.0-generic"} | files
    for name, text in machine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "ascii")
    remedy = platform_hints.remedy(tmp_path)
    assert words in remedy.en
    assert words in remedy.zh


@pytest.mark.parametrize(
    "hole", ["landlock_enforce", pytest.param("enforce_filter", marks=pytest.mark.slow)]
)
def test_a_hole_that_the_canary_finds_refuses_the_tier(
    monkeypatch: pytest.MonkeyPatch, hole: str
) -> None:
    from grader.core.errors import ConfinementError
    from grader.sandbox import forkserver

    leaky = forkserver._BOOTSTRAP.replace(
        "from grader.sandbox.server",
        f"from grader.sandbox import kernel; kernel.{hole} = lambda *_: None; "
        "from grader.sandbox.server",
    )
    monkeypatch.setattr(forkserver, "_BOOTSTRAP", leaky)
    server = ForkServer("numpy", hash_seed=0, guest=GUEST, best="landlock", floor="landlock")
    with pytest.raises(ConfinementError, match="it could open /etc/passwd|it could fork"):
        server.wait_ready()


# ------------------------------------------------------------------------- what is refused


def test_nothing_of_the_table_succeeds(server: ForkServer) -> None:
    with bait() as folder:
        assert successes(results(server, folder)) == {}
        assert untouched(folder)


@pytest.mark.parametrize(
    "tier", ["landlock", *(pytest.param(t, marks=pytest.mark.slow) for t in ("full", "seccomp"))]
)
def test_nothing_of_the_table_succeeds_for_an_ordinary_user(tier: Tier) -> None:
    program = f"""
import sys; sys.path.insert(0, "tests")
import tier_attacks
tier_attacks.main({tier!r}, {tier!r})
"""
    ran = run_refusing({}, program, user=True)
    assert ran.stderr == ""
    said = json.loads(ran.stdout)
    assert (said["tier"], said["untouched"]) == (tier, True)
    assert said["uid"] != 0
    assert successes(said["table"]) == {}


def test_the_table_would_show_a_success() -> None:
    harmless = ("append outside", "times outside", "pair of sockets", "netlink", "memory file")
    with bait() as folder, ForkServer(
        "numpy", hash_seed=7, guest=GUEST, limits=SMALL, best="none", unsafe=True
    ) as server:  # fmt: skip
        table = results(server, folder, harmless)
        assert set(successes(table)) >= {"append outside", "pair of sockets", "memory file"}
        assert not untouched(folder)


def test_each_worker_of_root_has_a_user_of_its_own(server: ForkServer) -> None:
    if os.getuid():
        pytest.skip("not root")
    with server.spawn() as first, server.spawn() as second:
        users = {w.exchange("import os; answer = os.getuid()", 5.0) for w in (first, second)}
    assert len(users) == 2
    assert min(users) > 1_000_000


# ------------------------------------------------------------------------- what works


def test_files_are_served_from_memory(worker: Worker) -> None:
    source = """
import codecs, io, json, os, pathlib, shutil, tempfile
import numpy as np
pathlib.Path("poems.txt").write_bytes("床前明月光\\n".encode())
with open("./poems.txt", encoding="utf-8") as f: first = f.read()
with codecs.open("poems.txt", encoding="utf-8") as f: second = f.read()
with io.open(os.path.join(os.getcwd(), "poems.txt"), "rb") as f: third = f.read().decode()
fourth = pathlib.Path.cwd().joinpath("poems.txt").read_text(encoding="utf-8")
os.makedirs("out/deep", exist_ok=True)
shutil.copy("poems.txt", "out/deep/copy.txt")
np.save("a.npy", np.arange(3)); np.savez("b.npz", x=np.eye(2)); np.savetxt("c.txt", np.eye(2))
with tempfile.TemporaryDirectory() as d: pathlib.Path(d, "x").touch()
with open("log.txt", "a") as f: f.write("one\\n"); f.flush()
with open("log.txt", "a") as f: print("two", file=f)
with open("log.txt", "r+") as f: f.seek(0); f.write("ONE"); f.seek(0); lines = f.readlines()
os.replace("log.txt", "out/log.txt")
answer = [len({first, second, third, fourth}), lines,
          sorted(str(p) for p in pathlib.Path(".").rglob("*")),
          [np.load("a.npy").tolist(), np.load("b.npz")["x"].sum(), np.loadtxt("c.txt").sum()],
          os.path.exists("log.txt"), os.path.isfile("out/deep/copy.txt"), os.path.isdir("out"),
          os.path.getsize("poems.txt"), sorted(os.listdir()), os.path.exists(d), os.getcwd()]
"""
    names = ["a.npy", "b.npz", "c.txt", "out", "out/deep", "out/deep/copy.txt", "out/log.txt",
             "poems.txt"]  # fmt: skip
    top = [name for name in names if "/" not in name]
    assert worker.exchange(source, 10.0) == [
        1, ["ONE\n", "two\n"], names, [[0, 1, 2], 2.0, 2.0], False, True, True, 16, top, False,
        "/scratch/work",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("open('weights.pth', 'rb')", "FileNotFoundError"),
        ("open('/etc/shadow')", "FileNotFoundError"),  # as where it does not exist
        ("open('no/such/folder.txt', 'w')", "FileNotFoundError"),
        ("open('.')", "IsADirectoryError"),
        ("open('x', 'w').close(); open('x', 'x')", "FileExistsError"),
        ("open('x', 'rw')", "ValueError"),
        ("open('x', 'wb', encoding='utf-8')", "ValueError"),
        ("open('x', 'w').read()", "UnsupportedOperation"),
        ("open('big', 'wb').write(bytes(3 << 20))", "OSError: [Errno 27]"),
        ("for i in range(9): open(f'b{i}', 'wb').write(bytes(1 << 20))", "OSError: [Errno 28]"),
        ("while True: import os; os.mkdir('d'); os.chdir('d')", "OSError: [Errno 36]"),
        ("for i in range(30000): open(str(i), 'w').close()", "OSError: [Errno 28]"),
    ],
)
def test_files_fail_as_files_do(worker: Worker, source: str, error: str) -> None:
    assert worker.exchange(source, 20.0).startswith(error)


def test_each_worker_starts_with_empty_folders(server: ForkServer) -> None:
    with server.spawn() as first, server.spawn() as second:
        first.exchange("open('left', 'w').close()", 5.0)
        assert second.exchange("import os; answer = os.listdir('.')", 5.0) == []


def test_what_a_submission_needs_works(worker: Worker) -> None:
    source = """
import csv, decimal, json, re, threading, time, signal, unicodedata, warnings
import numpy.testing, numpy.random, parts.poems.probes
"中".encode("gb18030"), "x".encode("cp1252"), "中".encode("big5")
done = []
threads = [threading.Thread(target=done.append, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
rang = []
signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.05)
open("/dev/null", "w").write("x")
answer = [len(done), rang, time.localtime(0).tm_hour]
"""
    assert worker.exchange(source, 10.0) == [8, [1], 0]


# ------------------------------------------------------------------------- limits and ends


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
    answer = worker.exchange(bomb, 20.0)
    assert "MemoryError" in answer or "Cannot allocate memory" in answer
    worker.kill()
    assert worker.wait_end(5).max_rss_kb < (SMALL.memory_mb + 150) << 10


def test_threads_and_descriptors_are_bounded(worker: Worker) -> None:
    source = """
import os, threading
gate = threading.Event(); n = 0
try:
    while n < 500: threading.Thread(target=gate.wait, daemon=True).start(); n += 1
except RuntimeError: pass
gate.set()
pipes = []
try:
    while len(pipes) < 500: pipes.append(os.pipe())
except OSError as error: answer = [n, len(pipes), error.errno]
"""
    threads, pipes, number = worker.exchange(source, 10.0)
    assert 4 <= threads < 60
    assert (pipes < SMALL.descriptors, number) == (True, 24)


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("import os; os._exit(7)", ("exited", 7, None)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ("signalled", None, 9)),
        ("import os; os.abort()", ("signalled", None, 6)),
        ("import ctypes; ctypes.string_at(0)", ("signalled", None, 11)),
    ],
)
def test_an_end_is_reported_as_it_was(worker: Worker, source: str, end: tuple[Any, ...]) -> None:
    with pytest.raises(wire.Closed):
        worker.exchange(source, 5.0)
    ended = worker.wait_end(5)
    assert (ended.kind, ended.code, ended.signal) == end


@pytest.mark.slow
def test_cpu_time_and_the_deadline_end_a_loop(server: ForkServer) -> None:
    with server.spawn(Limits(cpu_s=1)) as worker:
        with pytest.raises(wire.Closed):
            worker.exchange("while True: pass", 30)
        assert worker.wait_end(5).signal == 24  # SIGXCPU
    with server.spawn() as worker:
        with pytest.raises(wire.DeadlineExpired):
            worker.exchange("while True: pass", 0.2)
        worker.kill()
        assert worker.wait_end(5).kind == "killed_by_judge"


_JUDGE = """
import sys
from grader.sandbox import ForkServer
server = ForkServer("numpy", hash_seed=0, guest="tests.sandbox_guest:main", best={tier!r},
                    floor={tier!r}, unsafe={tier!r} == "none")
workers = [server.spawn() for _ in range(3)]
print(server.tier, flush=True)
workers[0].send("while True: pass")
workers[1].send("import time; time.sleep(600)")
sys.stdin.read()
"""


@pytest.mark.parametrize("user", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("tier", TIERS)
def test_a_killed_judge_leaves_no_process_after_a_second(tier: Tier, user: bool) -> None:
    from test_sandbox import alive, descendants

    become = [sys.executable, str(ROOT / "tests" / "sandbox_user.py")]
    judge = subprocess.Popen(
        [*(become if user and not os.getuid() else []), sys.executable, "-c",
         _JUDGE.format(tier=tier)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT}/starter/tests", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert judge.stdout is not None
    assert judge.stdin is not None
    assert judge.stdout.readline().decode().strip() == tier
    below = descendants(judge.pid)
    assert len(below) >= 5
    judge.kill()
    judge.wait()
    end = time.monotonic() + 1.0
    while any(map(alive, below)) and time.monotonic() < end:
        time.sleep(0.01)
    left = [pid for pid in below if alive(pid)]
    judge.stdin.close()
    judge.stdout.close()
    assert left == []


# ------------------------------------------------------------------------- marks


@pytest.fixture(scope="module")
def serving() -> Iterator[ForkServer]:
    """The grader's own guest in a tier without a folder."""
    with ForkServer(
        "numpy", hash_seed=1, guest="grader.worker:main", best="landlock", floor="landlock"
    ) as server:
        yield server


BEYOND = {
    "descriptor": "os.close(os.open('x', os.O_CREAT | os.O_WRONLY))",
    "memory map": "np.memmap('x', dtype='u1', mode='w+', shape=9)",
    "named temporary file": "tempfile.NamedTemporaryFile().close()",
    "module": "import tkinter",
    "handled": "\n    try: os.open('x', os.O_CREAT)\n    except OSError: raise ValueError('no')",
}
NOT_BEYOND = {
    "value": "raise ValueError('Permission denied')",
    "no such file": "open('weights.pth')",
    "elsewhere": "open('/etc/passwd')",
    "process": "os.fork()",
    "socket": "import socket; socket.socket()",
    "no such module": "import torch",
}


def clip(server: ForkServer, body: str, settings: Settings) -> tuple[Any, WorkerRunner]:
    """What a clip_by_norm that runs `body` comes to."""
    imports = "import os, sys, tempfile, threading, time\nimport numpy as np\n"
    source = f"{imports}def clip_by_norm(g, m):\n    {body}\n"
    runner = WorkerRunner("numpy_rnn", server, submission_of({"numpy_rnn.py": source}), settings)
    try:
        runner.call("clip_by_norm", {"grads": [np.ones(2)], "max_norm": 1.0})
    except Verdict as verdict:
        return verdict, runner
    finally:
        runner.close()
    return None, runner


@pytest.mark.parametrize("name", BEYOND)
def test_what_a_reduced_tier_cannot_run_is_skipped_and_the_report_says_so(
    serving: ForkServer, settings: Settings, name: str
) -> None:
    verdict, runner = clip(serving, BEYOND[name], settings)
    assert verdict is not None
    assert verdict.outcome == "skipped"
    assert runner.limited_by_tier


@pytest.mark.parametrize("name", NOT_BEYOND)
def test_what_no_tier_runs_is_the_codes_own_fault(
    serving: ForkServer, settings: Settings, name: str
) -> None:
    verdict, runner = clip(serving, NOT_BEYOND[name], settings)
    assert verdict is not None
    assert verdict.outcome == "failed"
    assert runner.notices == []
    assert not runner.limited_by_tier


OVERRUNS = {
    "numbers": ("np.ones(1 << 28)", "out_of_memory", "192 MB"),
    "list": ("x = []\n    while True: x.append(bytearray(1 << 22))", "out_of_memory", "192 MB"),
    "loop": ("\n    while True: pass", "timed_out", "(limit 1 s)"),
    "sleep": ("import time; time.sleep(60)", "timed_out", "(limit 1 s)"),
    "end": ("os._exit(0)", "crashed", "exit status 0"),
    "signal": ("os.abort()", "crashed", "signal SIGABRT"),
    "answer": ("m = np.ones(9 << 20)\n    return m", "over_limit", "at most 64 MB"),
    "file": (
        "\n    with open('x', 'wb') as f:\n        while True: f.write(bytes(1 << 20))",
        "over_limit",
        "at most 32 MB in one file",
    ),
    "array": ("np.save('x', np.zeros(5 << 20))", "over_limit", "at most 32 MB in one file"),
    "descriptors": ("\n    while True: os.dup(0)", "over_limit", "at most 64"),
    "threads": (
        "while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "over_limit",
        "at most 24",
    ),
    "passed on": (
        "\n    try:\n        while True: os.dup(0)\n    except OSError as e: raise IOError from e",
        "over_limit",
        "at most 64",
    ),
    "map": ("import mmap; mmap.mmap(-1, 1 << 32)", "out_of_memory", "192 MB"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OVERRUNS)
@pytest.mark.parametrize("tier", TIERS)
def test_each_overrun_has_its_outcome_and_a_sentence_with_the_limit(
    hasty: Settings, tier: Tier, name: str
) -> None:
    body, outcome, words = OVERRUNS[name]
    with ForkServer(
        "numpy", hash_seed=1, guest="grader.worker:main", best=tier, floor=tier,
        unsafe=tier == "none",
    ) as server:  # fmt: skip
        verdict, _ = clip(server, body, hasty)
    assert verdict is not None
    assert verdict.outcome == outcome
    assert words in verdict.text.en


def test_a_statement_that_a_tier_cannot_load_is_skipped(
    serving: ForkServer, settings: Settings
) -> None:
    source = "import os\nclip_by_norm = os.open('x', os.O_CREAT)\n"
    runner = WorkerRunner("numpy_rnn", serving, submission_of({"numpy_rnn.py": source}), settings)
    with pytest.raises(Skipped):
        runner.call("clip_by_norm", {"grads": [], "max_norm": 1.0})
    runner.close()


def test_a_worker_of_the_full_tier_cannot_have_a_check_skipped(settings: Settings) -> None:
    lie = "sys.modules['grader.worker'].REDUCED = True; raise PermissionError(1, 'no', 'x')"
    with ForkServer("numpy", hash_seed=1, guest="grader.worker:main") as server:
        verdict, _ = clip(server, lie, settings)
    assert verdict is not None
    assert verdict.outcome == "failed"


def judge_of(tier: Tier, settings: Settings, rubric: Rubric) -> Judge:
    """A judge whose servers start at `tier`."""
    settings = dataclasses.replace(settings, floor=tier, contained_by="a test")
    secret = Secret.load(settings.secret_file)
    return Judge(settings, rubric, secret, Servers(settings, best=tier))


@pytest.mark.parametrize("tier", ["landlock", pytest.param("seccomp", marks=pytest.mark.slow)])
def test_the_numpy_part_earns_all_its_points(
    settings: Settings, tmp_path: Path, tier: Tier
) -> None:
    with judge_of(tier, settings, numpy_alone()) as judge:
        report = grade_files(judge, tmp_path, {"numpy_rnn.py": solution("numpy_rnn")})
    assert report.environment.isolation == f"{tier} + a test"
    assert (report.score.earned, report.score.pending) == (12, 0)
    assert tier_limitation.NOT_FINAL not in report.notices


@pytest.mark.slow
@pytest.mark.parametrize("tier", REDUCED)
def test_the_solutions_earn_in_every_tier_what_they_do_in_full(
    settings: Settings, judge: Judge, tmp_path: Path, tier: Tier
) -> None:
    files = {f"{part}.py": solution(part) for part in ("numpy_rnn", "char_lstm", "poems")}
    (tmp_path / "full").mkdir()
    best = grade_files(judge, tmp_path / "full", files)
    with judge_of(tier, settings, rubric.load(settings.rubric)) as other:
        report = grade_files(other, tmp_path, files)
    assert outcomes(report) == outcomes(best)
    assert [(r.earned, r.pending) for r in report.score.rows] == [
        (r.earned, r.pending) for r in best.score.rows
    ]


def outcomes(report: GradeReport) -> dict[str, str]:
    """How each check ended, advice among them."""
    checks = [check.result for check in report.score.checks]
    return {result.id: str(result.outcome) for result in (*checks, *report.advice)}


LOOK = "def look(path): os.close(os.open(path, os.O_RDONLY))\n"
"""Landlock hides what files hold, not that they are there: in its tier an attack must read."""


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("tier", REDUCED)
def test_the_quick_attacks_have_no_success_in_any_tier(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tier: Tier, half: int
) -> None:
    if tier == "landlock":
        fill = harness.Field.fill
        monkeypatch.setattr(
            harness.Field,
            "fill",
            lambda self, text: LOOK + fill(self, text).replace("os.stat(", "look("),
        )
    settings = harness.limits(settings)
    with judge_of(tier, settings, rubric.load(settings.rubric)) as made:
        harness.warm(made, tmp_path / "warm")
        with harness.around(tmp_path / "canary", settings) as field:
            for attack in [attack for attack in corpus() if attack.quick][half::2]:
                verdict = harness.try_attack(made, attack, field, tmp_path / attack.name)
                assert verdict.held, f"{attack.id} ({attack.tries}): {verdict.words()}"
