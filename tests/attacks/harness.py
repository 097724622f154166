"""Grade an attack, and see whether it gained, escaped, or cost an honest check its outcome."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import secrets
import socket
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from grader import ROOT
from grader.judging.judge import Judge
from grader.core.model import CheckResult, CheckScore, GradeReport, Outcome
from grader.core.settings import Settings
from grader.protocol.environment import REDUCED_TIERS
from grader.records.store import Store
from kit.contracts import BY_ID

from . import cores

HERE = Path(__file__).resolve().parent
GROUPS = ("forging", "peeking", "escaping", "exhausting", "archives", "parsing", "shadowing")
LEAK = "LEAK"
"""A submission that wants to carry hidden inputs out puts this before them."""

MARK = "attack-was-here"
"""In the name of whatever an attack writes where it must not."""

Build = Callable[[Path, "Field", dict[str, str]], Path]
"""Folder, field, files of the honest core -> what is handed in."""


@dataclass(frozen=True)
class Attack:
    """One submission: an honest core, and what it tries beyond."""

    group: str
    name: str
    tries: str
    earns: tuple[str, ...]
    build: Build
    quick: bool = False
    spoils: tuple[str, ...] = ()
    """Cores that it may lose: it wrecks the very interpreter or file that they are in."""

    @property
    def id(self) -> str:
        """As pytest and the table name it."""
        return f"{self.group}/{self.name}"


# ------------------------------------------------------------------------------ the corpus


def corpus() -> list[Attack]:
    """Every attack, group by group."""
    from . import builders, parsers

    found = [_read(path) for group in GROUPS for path in sorted(HERE.glob(f"{group}/*.py"))]
    found += [*builders.ATTACKS, *parsers.ATTACKS]
    return sorted(found, key=lambda a: (GROUPS.index(a.group), a.name))


def _read(path: Path) -> Attack:
    """An attack from its file: a header of comments, then code that is added to the core."""
    text = path.read_text("utf-8")
    header = dict(re.findall(r"^# (tries|earns|spoils|as|quick): *(.*)$", text, re.MULTILINE))
    place = header.get("as", "numpy_rnn.py")

    def build(folder: Path, field: Field, files: dict[str, str]) -> Path:
        files = dict(files)
        files[place] = files.get(place, "") + "\n" + field.fill(text)
        return pack(folder / "attack.zip", files)

    return Attack(
        path.parent.name,
        path.stem,
        header["tries"],
        names(header["earns"]),
        build,
        "quick" in header,
        names(header.get("spoils", "")),
    )


def names(listed: str) -> tuple[str, ...]:
    """Cores, as a header lists them."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def pack(path: Path, files: dict[str, str] | dict[str, bytes]) -> Path:
    """A zip of `files`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


# ------------------------------------------------------------------- what must not change


@dataclass
class Field:
    """What lies around the judge and must be as it was: files, sockets, processes, secrets."""

    folder: Path
    settings: Settings
    doors: dict[str, socket.socket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o777)
        for name, mode in (("open.txt", 0o666), ("closed.txt", 0o600)):
            (self.folder / name).write_text("canary\n", "ascii")
            (self.folder / name).chmod(mode)
        self.doors["tcp4"] = _listen(socket.AF_INET, ("127.0.0.1", 0))
        if socket.has_ipv6:
            with contextlib.suppress(OSError):  # a machine without it
                self.doors["tcp6"] = _listen(socket.AF_INET6, ("::1", 0))
        self.doors["unix"] = _listen(socket.AF_UNIX, str(self.folder / "s"))
        self.abstract = f"\0{MARK}-{secrets.token_hex(8)}"
        self.doors["abstract"] = _listen(socket.AF_UNIX, self.abstract)
        os.chmod(self.folder / "s", 0o777)
        os.environ["ATTACK_CANARY"] = "environment-of-the-judge"
        self._before = self._state()

    def close(self) -> None:
        """Give the sockets back."""
        for door in self.doors.values():
            door.close()
        os.environ.pop("ATTACK_CANARY", None)

    def fill(self, text: str) -> str:
        """An attack knows where everything is; the secret it is given backwards."""
        port6 = self.doors["tcp6"].getsockname()[1] if "tcp6" in self.doors else 9
        known = {
            "@CANARY@": str(self.folder),
            "@CHECKOUT@": str(ROOT),
            "@OUT@": str(self.settings.out_dir),
            "@SECRET_FILE@": str(self.settings.secret_file),
            "@TERCES@": self.settings.secret_file.read_text("ascii").strip()[::-1],
            "@JUDGE@": str(os.getpid()),
            "@PORT4@": str(self.doors["tcp4"].getsockname()[1]),
            "@PORT6@": str(port6),
            "@ABSTRACT@": repr(self.abstract)[1:-1],
            "@MARK@": MARK,
            "@VENV@": sys.prefix,
        }
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    def changes(self) -> list[str]:
        """What is not as it was; also what knocked at a door."""
        after = self._state()
        found = [f"changed: {name}" for name in sorted(after.keys() | self._before.keys())
                 if after.get(name) != self._before.get(name)]  # fmt: skip
        for name, door in self.doors.items():
            with contextlib.suppress(BlockingIOError):
                door.accept()[0].close()
                found.append(f"a connection to {name}")
        return found

    def _state(self) -> dict[str, str]:
        """Content and modes of the canary; names of what carries the mark in usual places."""
        state = {}
        for path in sorted(self.folder.rglob("*")):
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            attributes = os.listxattr(path, follow_symlinks=False)
            state[str(path)] = f"{info.st_mode} {info.st_mtime_ns} {content} {attributes}"
        places = ("/tmp", "/var/tmp", "/dev/shm", "/", str(Path.home()), os.getcwd(), str(ROOT),
                  str(ROOT / "starter" / "tests" / "kit"), str(ROOT / "grader"))  # fmt: skip
        for place in places:
            state |= {f"{place}/{n}": "" for n in os.listdir(place) if MARK in n}
        for name in ("grader", "solutions", "starter", "rubric.yaml"):
            info = (ROOT / name).stat()
            state[name] = f"{info.st_mode} {info.st_uid}"
        return state


def _listen(family: int, address: str | tuple[str, int]) -> socket.socket:
    door = socket.socket(family, socket.SOCK_STREAM)
    door.bind(address)
    door.listen()
    door.setblocking(False)
    return door


# ------------------------------------------------------------------------------ one attack


@dataclass(frozen=True)
class Verdict:
    """How an attack ended; all four lists are empty where it had no success."""

    attack: Attack
    honest: Fraction
    earned: Fraction
    gained: list[str]
    escaped: list[str]
    lost: list[str]
    left: list[str]
    seconds: float

    @property
    def held(self) -> bool:
        """Whether the attack had no success of any kind."""
        return not (self.gained or self.escaped or self.lost or self.left)

    def words(self) -> str:
        """For the table and for a failing test."""
        parts = {"gained": self.gained, "escaped": self.escaped, "lost": self.lost}
        parts["left behind"] = self.left
        return "; ".join(f"{k}: {', '.join(v)}" for k, v in parts.items() if v) or "held"


def grade(judge: Judge, path: Path, folder: Path) -> GradeReport:
    """The report of what is handed in at `path`."""
    with Store(folder / "attack.sqlite") as store:
        return judge.grade(judge.reader.read(path), store)


def try_attack(judge: Judge, attack: Attack, field: Field, folder: Path) -> Verdict:
    """Grade it, compare with its honest core, look around, and grade an honest one after it."""
    folder.mkdir(parents=True, exist_ok=True)
    _settled(descendants)
    before = len(descendants()), len(os.listdir("/proc/self/fd"))
    path = attack.build(folder, field, cores.files((*attack.earns, *attack.spoils)))
    start = time.monotonic()
    report = grade(judge, path, folder)
    seconds = time.monotonic() - start
    gained, escaped, lost = compare(attack, report, judge)
    escaped += field.changes()
    return Verdict(
        attack,
        honest=sum((honest(attack, c) for c in report.score.checks), Fraction(0)),
        earned=sum((c.earned for c in report.score.checks), Fraction(0)),
        gained=gained,
        escaped=escaped,
        lost=lost,
        left=_leftovers(before),
        seconds=seconds,
    )  # fmt: skip


def compare(
    attack: Attack, report: GradeReport, judge: Judge
) -> tuple[list[str], list[str], list[str]]:
    """What was gained, confessed or leaked, and lost, check by check."""
    gained, escaped, lost = [], [], []
    ids = [check.result.id for check in report.score.checks]
    wanted = [check.id for check in judge.checks if not check.advice]
    if sorted(ids) != sorted(wanted):
        lost.append("not exactly one outcome for every check")
    for check in report.score.checks:
        result = check.result
        spoiled = cores.earns(attack.spoils, result.id)
        if check.earned > (check.possible if spoiled else honest(attack, check)):
            gained.append(f"{result.id} ({result.outcome})")
        if _waits(result, report):
            gained.append(f"{result.id} (pending)")
        if check.earned < honest(attack, check) or result.outcome == Outcome.GRADER_ERROR:
            lost.append(f"{result.id} ({result.outcome}: {result.message.en[:100]})")
        if "Escaped" in result.message.en:
            escaped.append(result.message.en[:300])
        if result.visibility == "hidden" and LEAK in "".join(result.message):
            escaped.append(f"hidden inputs in the student's words for {result.id}")
    return gained, list(dict.fromkeys(escaped)), lost


def _waits(result: CheckResult, report: GradeReport) -> bool:
    """Whether an attack has made points wait for a person, in place of losing them.

    A proof of learning may be for a person to decide, and a reduced tier skips what it cannot run.
    """
    if result.id.endswith(".learning") or report.environment.isolation.split()[0] in REDUCED_TIERS:
        return False
    skipped = result.outcome == Outcome.SKIPPED and not BY_ID[result.part].optional
    return result.undecided or skipped


def honest(attack: Attack, check: CheckScore) -> Fraction:
    """What the honest core of an attack earns in a check."""
    return check.possible if cores.earns(attack.earns, check.result.id) else Fraction(0)


def warm(judge: Judge, folder: Path) -> None:
    """Start every server and reference, so that none counts as left behind by the first attack."""
    folder.mkdir(parents=True, exist_ok=True)
    judge._servers.ready("numpy")
    judge._servers.ready("torch again")
    for part in ("poems", "char_lstm"):
        judge._trusted.runner(part, None)._runner._ready()  # type: ignore[attr-defined]
        judge._trusted.mistakes(part)._open()  # the known mistakes, to which failed checks are compared
    for part in ("numpy_rnn", "poems", "char_lstm"):
        judge._trusted.mutants(part)._open()  # the edits of the solution, likewise
    grade(judge, pack(folder / "warm.zip", cores.files(("clip", "poems"))), folder)


def descendants() -> list[int]:
    """Every process below this one, whatever its namespace."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                stat = Path(f"/proc/{name}/stat").read_text("ascii", "replace")
                parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sorted(below - {os.getpid()})


def _settled(count: Callable[[], list[int]]) -> None:
    """Until the servers have done their own housekeeping."""
    seen = -1
    while (now := len(count())) != seen:
        seen = now
        time.sleep(0.1)


def _leftovers(before: tuple[int, int]) -> list[str]:
    """Processes and descriptors that were not there before."""
    end = time.monotonic() + 2.0
    while True:
        now = len(descendants()), len(os.listdir("/proc/self/fd"))
        if now[0] <= before[0] and now[1] <= before[1]:
            return []
        if time.monotonic() > end:
            return [f"{now[0] - before[0]} processes, {now[1] - before[1]} descriptors"]
        time.sleep(0.02)


def limits(settings: Settings) -> Settings:
    """Soon reached, since most attacks on resources run into them; the default memory is less."""
    return dataclasses.replace(
        settings,
        call_wall_s=1.0,
        learning_wall_s=8.0,
        load_cpu_s=0.5,
        load_wall_s=1.5,
        part_wall_s=25.0,
        memory_mb=192,
        scratch_mb=16,
    )


@contextlib.contextmanager
def around(folder: Path, settings: Settings) -> Iterator[Field]:
    """A field, closed afterwards."""
    made = Field(folder, settings)
    try:
        yield made
    finally:
        made.close()
