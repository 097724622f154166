"""Check that this machine grades correctly, by hand-ins whose marks are known.

The solution must earn everything and the starter nothing, also in float32. A weak mistake must
lose points, a handful of attacks must gain nothing and reach nothing, and the libraries must run in
one thread. A pass is remembered by machine, versions, code and secret: each is checked once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import ROOT
from grader.core.digests import digest
from grader.core.errors import MachineError
from grader.core.model import GradeReport, Outcome, Submission
from grader.diagnosis import Mistake, catalogue, mutant
from grader.feedback.atomic import write_text
from grader.judging.judge import Judge
from grader.parts.registry import spec_of
from grader.parts.spec import PartSpec
from grader.records.keys import code_sha256
from grader.records.store import Store
from kit.text import Text, joined

KEPT = 200
"""Machines and versions that are remembered in one file."""

# The obvious theft: run the reference in place of the student's own code.
READ_THE_SOLUTION = """
import os
for _folder in {folders!r}:
    try:
        for _name in os.listdir(_folder):
            if _name == {file!r}:
                exec(open(os.path.join(_folder, _name), encoding="utf-8").read(), globals())
    except Exception:
        pass
"""

# Lies to the judge in ways that have worked on other autograders.
FORGE = """
import builtins, json, os, sys
try:
    import numpy.testing
    numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *a, **k: None
    numpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True
except Exception:
    pass
for _fd in range(3, 40):
    try:
        os.write(_fd, b'{"outcome": "passed"}' * 4)
    except OSError:
        pass
builtins.abs = builtins.max = lambda *a, **k: 0
json.dumps = lambda *a, **k: '{"outcome": "passed"}'
os._exit(0)
"""

# Tries to leave a trace outside: a file, a connection, a new process, a signal.
REACH_OUT = """
import os, signal, socket, subprocess
for _path in {paths!r}:
    try:
        open(_path, "w").write("reached")
    except Exception:
        pass
try:
    socket.create_connection(("127.0.0.1", {port!r}), 1).send(b"reached")
except Exception:
    pass
try:
    subprocess.run(["/bin/sh", "-c", "echo reached > " + {paths!r}[0]])
except Exception:
    pass
try:
    os.kill(os.getppid(), signal.SIGKILL)
except Exception:
    pass
"""


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One check of the machine, and whether it passed."""

    title: Text
    ok: bool
    said: Text = Text("", "")  # what differs


OnCheck = Callable[[MachineCheck], None]


def passed(judge: Judge, memory: Path) -> bool:
    """Whether this machine passed before, with these versions, this code and this secret."""
    return identity(judge) in _remembered(memory)


def forget(judge: Judge, memory: Path) -> None:
    """Forget that this machine passed, so that the next grading checks it again."""
    known = _remembered(memory)
    if (key := identity(judge)) in known:
        known.remove(key)
        write_text(memory, json.dumps(known, indent=1) + "\n")


def ensure(judge: Judge, memory: Path, on_check: OnCheck = lambda check: None) -> None:
    """Check this machine, and remember it where it passes.

    Raises:
        MachineError: something differs; nothing must be graded here.
    """
    checks = run(judge, on_check)
    if wrong := [check for check in checks if not check.ok]:
        listed = [Text(f"{f.title.zh}：{f.said.zh}", f"{f.title.en}: {f.said.en}") for f in wrong]
        raise MachineError(
            Text(
                "这台机器上的自检没有通过，因此不评分：\n"
                + "\n".join(f"- {text.zh}" for text in listed)
                + "\n请对照 docs/versions.md 检查 numpy 和 torch 的版本，再运行 make check。"
                "若只有 learning 失分且没有超时，"
                "是由课程密钥抽取的训练起点太差：请换一个密钥文件。",
                "The self-check failed on this machine, so nothing is graded:\n"
                + "\n".join(f"- {text.en}" for text in listed)
                + "\nCompare the versions of numpy and torch with docs/versions.md, then run "
                "make check. If only a check named learning was lost, and not for time, the "
                "course secret draws a bad start for training: use another secret file.",
            )
        )
    # The oldest go first, in case a folder is shared by many machines.
    kept = [*_remembered(memory), identity(judge)][-KEPT:]
    with contextlib.suppress(OSError):  # a read-only checkout: then it is done each time
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_text(memory, json.dumps(kept, indent=1) + "\n")


def identity(judge: Judge) -> str:
    """This machine, its versions, and everything here that can move a mark."""
    uname = platform.uname()
    return digest(
        *(uname.node, uname.release, uname.machine, _processor()),
        repr(judge.environment()),
        # The secret counts: it draws the start of trainings, and some starts never learn.
        *judge.fixed,
        *(part + code_sha256(part) for part in judge.parts),
        # Its own text, because the digests of the parts leave this package out.
        hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
    )


def run(judge: Judge, on_check: OnCheck = lambda check: None) -> tuple[MachineCheck, ...]:
    """Run every check, one after another; `on_check` is called with each as it ends."""
    checks = []
    with tempfile.TemporaryDirectory() as name, Store(Path(name) / "check.sqlite") as store:
        for check in _checks(judge, store, Path(name)):
            checks.append(check)
            on_check(check)
    return tuple(checks)


def _checks(judge: Judge, store: Store, folder: Path) -> Iterator[MachineCheck]:
    def grade(name: str, files: dict[str, str]) -> GradeReport:
        return judge.grade(_submission(judge, name, files), store)

    solution = {f"{part}.py": _text("solutions", part) for part in judge.parts}
    starter = {f"{part}.py": _text("starter", part) for part in judge.parts}
    yield _earns_all(Text("参考解得满分", "the solution earns everything"), grade("s", solution))
    yield _earns_nothing(Text("空白模板得零分", "the starter earns nothing"), grade("e", starter))
    for spec in map(spec_of, judge.parts):
        if spec.self_check.in_single and spec.self_check.weak:
            yield from _precise(grade, spec)
    part = judge.parts[0]
    # Attacks are appended to the starter, which earns nothing: any point comes from the attack.
    base = _text("starter", part)
    folders = [str(ROOT / "solutions"), "/solutions", "solutions", "../solutions"]
    read = _filled(READ_THE_SOLUTION, folders=folders, file=f"{part}.py")
    yield _earns_nothing(
        Text("无法读取参考解", "the solution cannot be read"),
        grade("read", {f"{part}.py": base + read}),
    )
    yield _earns_nothing(
        Text("伪造结果不得分", "forged results gain nothing"),
        grade("forge", {f"{part}.py": base + FORGE}),
    )
    yield _reaches_nothing(grade, part, base, folder)
    if not all(spec_of(part).in_process for part in judge.parts):
        threads = judge.torch_threads()
        said = Text(f"torch 用了 {threads} 个线程", f"torch runs {threads} threads")
        yield MachineCheck(Text("只用一个线程", "the threads are one"), threads == 1, said)


def _precise(
    grade: Callable[[str, dict[str, str]], GradeReport], spec: PartSpec
) -> Iterator[MachineCheck]:
    """The tolerance: float32 must be exact enough, and a mistake that shows little must not be."""
    part, file, in_single = spec.id, f"{spec.id}.py", spec.self_check.in_single
    single = grade("single", {file: _text("solutions", part) + in_single})
    said = Text("float32 的参考解得满分", "the solution in float32 earns everything")
    yield _earns_all(said, single, part)
    mistake = next(m for m in catalogue(part) if m.id == spec.self_check.weak)
    if not {check.result.id for check in single.score.checks} & set(mistake.fails):
        return  # the rubric leaves out what would see it
    weak = mutant(mistake)
    for title, text in (
        (Text("细微的错误会失分", "a weak mistake loses"), weak),
        (Text("float32 下也会失分", "it loses in float32 too"), weak + in_single),
    ):
        yield _loses(title, grade("weak", {file: text}), mistake)


def _reaches_nothing(
    grade: Callable[[str, dict[str, str]], GradeReport], part: str, base: str, folder: Path
) -> MachineCheck:
    """An attack on what lies outside: files here, a socket here, this process."""
    title = Text("无法访问外面的文件、网络和进程", "nothing outside can be reached")
    traces = [folder / "reached", ROOT / ".reached", Path.home() / ".reached"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        # The attack is over when this is asked, so a connection is waiting or will never come.
        server.settimeout(0.05)
        port = server.getsockname()[1]
        attack = _filled(REACH_OUT, paths=[str(trace) for trace in traces], port=port)
        report = grade("reach", {f"{part}.py": base + attack})
        try:
            server.accept()[0].close()
            called = ["127.0.0.1"]
        except TimeoutError:
            called = []
    called += [str(trace) for trace in traces if trace.exists()]
    # The traces go in any case, or the next run would take them for its own.
    for trace in traces:
        trace.unlink(missing_ok=True)
    if called:
        listed = joined(called)
        return MachineCheck(title, False, Text(f"访问到了 {listed.zh}", f"it reached {listed.en}"))
    return _earns_nothing(title, report)


def _filled(attack: str, **values: object) -> str:
    """`attack` with the values in place of their names; not `format`, since code has braces."""
    for name, value in values.items():
        attack = attack.replace(f"{{{name}!r}}", repr(value))
    return attack


def _earns_all(title: Text, report: GradeReport, part: str | None = None) -> MachineCheck:
    lost = [
        check.result.id
        for check in report.score.checks
        if check.earned != check.possible
        # What does not apply on this machine, such as a check that needs a GPU, is no loss.
        and check.result.outcome is not Outcome.SKIPPED
        and part in (None, check.result.part)
    ]
    listed = joined(lost)
    return MachineCheck(title, not lost, Text(f"失分的检查：{listed.zh}", f"lost: {listed.en}"))


def _earns_nothing(title: Text, report: GradeReport) -> MachineCheck:
    earned = [c.result.id for c in report.score.checks if c.earned > 0]
    # A fault earns nothing either, but it would hide whether the attack had worked.
    faults = [c.result.id for c in report.score.checks if c.result.outcome is Outcome.GRADER_ERROR]
    listed = joined(earned or faults)
    said = Text(
        f"不应得分却得分或评分器故障的检查：{listed.zh}", f"earned or at fault: {listed.en}"
    )
    return MachineCheck(title, not earned and not faults, said)


def _loses(title: Text, report: GradeReport, mistake: Mistake) -> MachineCheck:
    # By outcome, since a rubric may show these checks without counting them.
    lost = [
        check
        for check in report.score.checks
        if check.result.id in mistake.fails
        and check.result.outcome in (Outcome.FAILED, Outcome.PARTIAL)
    ]
    said = Text(f"{mistake.id} 没有失分", f"{mistake.id} lost nothing")
    return MachineCheck(title, bool(lost), said)


def _submission(judge: Judge, name: str, files: dict[str, str]) -> Submission:
    return judge.reader.read_files(
        {path: text.encode("utf-8") for path, text in files.items()}, id=f"self-check-{name}"
    )


def _text(folder: str, part: str) -> str:
    return (ROOT / folder / f"{part}.py").read_text("utf-8")


def _processor() -> str:
    """The processor's model: a linear algebra library computes differently on another."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith(("model name", "CPU part")):
                return line.split(":", 1)[-1].strip()
    return f"{platform.processor()} {os.cpu_count()}"


def _remembered(memory: Path) -> list[str]:
    try:
        kept = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [key for key in kept if isinstance(key, str)] if isinstance(kept, list) else []
