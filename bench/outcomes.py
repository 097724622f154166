"""How every check ends for everything in the tree that can be graded: one JSON line a check.

Run: ``python bench/outcomes.py FILE``. Graded are the solutions, the starter, every known mistake,
every right variant and every attack, under one secret. A line holds the hand-in, the check, its
outcome, its fraction, the ids of its diagnosis and its sentences, with line numbers masked.

A change that must not move a mark is shown to move none by two files, one made before it and one
after: ``python bench/outcomes.py --compare OLD NEW [AGAIN ...]`` lists the lines that differ.
Give it two files made from the same code first: what differs there already is noise of the machine.
"""

from __future__ import annotations

import argparse
import copy
import json
import multiprocessing
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader import ROOT, intake
from grader.core.model import CheckResult, Submission
from grader.core.settings import Secret, Settings
from grader.core.watchdog import end_with_parent
from grader.diagnosis import catalogue, mutant, parts
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.checks import part_names
from grader.scoring.rubric import load
from tests.attacks import cores, harness

SECRET = "outcomes"
JOBS = 2
SILENT_S = 900.0
VARIANTS = ROOT / "tests" / "variants"

Item = tuple[str, str]  # kind of hand-in, its name


def items() -> list[Item]:
    """Everything that is graded."""
    found: list[Item] = []
    for part in part_names():
        found += [("solution", part), ("starter", part)]
    found += [("mistake", f"{part}/{m.id}") for part in parts() for m in catalogue(part)]
    folders = [f for f in sorted(VARIANTS.iterdir()) if f.is_dir() and f.name in part_names()]
    whole = [f for f in sorted(VARIANTS.iterdir()) if f not in folders and f.name != "nndl"]
    variants = [v for f in folders for v in sorted(f.iterdir())] + whole
    variants = [
        inner
        for v in variants
        for inner in (sorted(v.iterdir()) if v.name == "poems_whole" else [v])
        if not inner.name.startswith((".", "_"))
    ]
    found += [("variant", v.relative_to(VARIANTS).as_posix()) for v in variants]
    found += [("nndl", v.name) for v in sorted((VARIANTS / "nndl").iterdir())]
    found += [("attack", attack.id) for attack in harness.corpus()]
    return found


def variant_files(path: Path) -> dict[str, bytes]:
    """What a student would zip."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    kept = [p for p in sorted(path.rglob("*")) if p.suffix in (".py", ".ipynb")]
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in kept}


class Grader:
    """One job's judges: of every part, of the public exercise, and one with short limits."""

    def __init__(self, folder: Path) -> None:
        secret_file = folder / "secret"
        settings = Settings(
            out_dir=folder / "out", rubric=ROOT / "rubric.yaml", secret_file=secret_file, lang="en"
        )
        Secret.load(secret_file)  # makes the file that attacks look for
        secret = Secret(SECRET.encode())
        names = tuple(part_names())
        self.judge = Judge(settings, load(settings.rubric), secret, parts=names).start()
        nndl = load(ROOT / "presets" / "nndl.yaml")
        self.nndl = Judge(settings, nndl, secret, self.judge._servers)
        limited = copy.copy(Judge(settings, load(settings.rubric), secret, self.judge._servers))
        limited._settings = harness.limits(settings)
        self.limited = limited
        for other in (self.nndl, self.limited):
            other._trusted = self.judge._trusted
        self.field = harness.Field(folder / "canary", settings)
        self.attacks = {attack.id: attack for attack in harness.corpus()}
        self.folder = folder

    def close(self) -> None:
        self.judge.close()
        self.field.close()

    def grade(self, kind: str, name: str) -> dict[str, CheckResult]:
        """The results of one hand-in, by check."""
        if kind == "attack":
            attack = self.attacks[name]
            folder = self.folder / name
            folder.mkdir(parents=True, exist_ok=True)
            files = cores.files((*attack.earns, *attack.spoils))
            handed_in = intake.read(attack.build(folder, self.field, files))
            if handed_in.refusal is not None:
                return {}
            return self.limited.outcomes(handed_in, [c.id for c in self.limited.checks])
        if kind == "nndl":
            handed_in = intake.read_files(variant_files(VARIANTS / "nndl" / name), id="variant")
            return self.nndl.outcomes(handed_in, [c.id for c in self.nndl.checks])
        if kind == "variant":
            handed_in = intake.read_files(variant_files(VARIANTS / name), id="variant")
            found = [c.id for c in self.judge.checks if c.part in handed_in.parts]
            return self.judge.outcomes(handed_in, found)
        part = name.partition("/")[0]
        return self.judge.outcomes(
            trusted(kind, name), [c.id for c in self.judge.checks if c.part == part]
        )


def trusted(kind: str, name: str) -> Submission:
    """A file of the tree, or a known mistake, as a hand-in."""
    if kind == "mistake":
        part, _, id = name.partition("/")
        return trusted_source(part, mutant(next(m for m in catalogue(part) if m.id == id)))
    folder = "solutions" if kind == "solution" else "starter"
    return trusted_source(name, (ROOT / folder / f"{name}.py").read_text("utf-8"))


def lines(kind: str, name: str, results: dict[str, CheckResult]) -> Iterator[dict[str, Any]]:
    """What is compared."""
    for id, result in sorted(results.items()):
        yield {
            "handed_in": f"{kind}/{name}",
            "check": id,
            "outcome": str(result.outcome),
            "fraction": str(result.fraction),
            "diagnosis": [d.mistake for d in result.diagnosis],
            "clues": [masked(clue.en) for clue in result.clues],
            "zh": masked(result.message.zh),
            "en": masked(result.message.en),
        }


def masked(text: str) -> str:
    """Without line numbers, addresses and names that are drawn at each run."""
    text = re.sub(r"line \d+", "line N", re.sub(r"第 \d+ 行", "第 N 行", text))
    return re.sub(r"0x[0-9a-f]+|[0-9a-f]{16,}|/tmp/\S+", "*", text)


def _job(todo: Any, done: Any) -> None:
    end_with_parent()
    with tempfile.TemporaryDirectory(prefix="outcomes-") as folder:
        Path(folder).chmod(0o755)
        grader = Grader(Path(folder))
        try:
            while (item := todo.get()) is not None:
                try:
                    kind, name = item
                    rows = list(lines(kind, name, grader.grade(kind, name)))
                except Exception:
                    rows = [{"handed_in": "/".join(item), "error": traceback.format_exc()}]
                done.put((item, rows))
        finally:
            grader.close()


def measure(wanted: list[Item], jobs: int) -> list[dict[str, Any]]:
    """Every line, in the order of the hand-ins."""
    context = multiprocessing.get_context("spawn")
    todo, done = context.Queue(), context.Queue()
    for item in wanted:
        todo.put(item)
    workers = [context.Process(target=_job, args=(todo, done)) for _ in range(jobs)]
    for worker in workers:
        todo.put(None)
        worker.start()
    rows = {}
    for count in range(len(wanted)):
        item, found = done.get(timeout=SILENT_S)
        rows[item] = found
        if count % 50 == 49:
            print(f"{count + 1} of {len(wanted)}", file=sys.stderr, flush=True)
    for worker in workers:
        worker.join(timeout=60)
    return [row for item in wanted for row in rows[item]]


def compare(paths: list[Path]) -> int:
    """Print what differs between the first file and each of the others."""
    first, *others = (_read(path) for path in paths)
    differs = 0
    for path, other in zip(paths[1:], others, strict=True):
        keys = sorted(first.keys() | other.keys())
        moved = [key for key in keys if first.get(key) != other.get(key)]
        print(f"{paths[0].name} and {path.name}: {len(keys)} checks, {len(moved)} differ")
        for key in moved:
            a, b = first.get(key, {}), other.get(key, {})
            fields = [f for f in sorted(a.keys() | b.keys()) if a.get(f) != b.get(f)]
            print(f"  {' '.join(key)}")
            for f in fields:
                print(f"    {f}: {a.get(f)!r}\n    {' ' * len(f)}  {b.get(f)!r}")
        differs += len(moved)
    return 1 if differs else 0


def _read(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {(row["handed_in"], row.get("check", "")): row for row in rows}


def main() -> int:
    """Write a file, or compare some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--only", action="append", metavar="TEXT", help="hand-ins with this text")
    given = parser.parse_args()
    if given.compare:
        return compare(given.files)
    wanted = [i for i in items() if not given.only or any(t in "/".join(i) for t in given.only)]
    rows = measure(wanted, given.jobs)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    given.files[0].write_text(text, "utf-8")
    print(f"{len(rows)} checks of {len(wanted)} hand-ins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
