"""The kill table: the checks that detect each known mistake, and the mutations that none detects.

Run ``python -m grader.authoring.mutants``. A mistake that passes a check it names, or fails one
that it does not name, is a fault of the suites (or of the catalogue); so is a mutation that passes
all checks and is not listed as equivalent. The exit status is then 1. The real judge grades
mistakes, in confined workers, with one judge for each job; mutations have :mod:`survivors`.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

from grader import ROOT
from grader.authoring.survivors import by_part, unexplained
from grader.core.errors import GraderError
from grader.core.model import CheckResult, Outcome
from grader.core.settings import Secret, Settings
from grader.core.watchdog import end_with_parent
from grader.diagnosis import Mistake, catalogue, mutant, parts
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.mutation import mutations
from grader.parts.checks import part_names
from grader.scoring.rubric import load

T = TypeVar("T")

KEY = "the kill table"
"""The default secret of the hidden inputs, which makes the table the same in every run."""

# A check that was blocked or skipped has not looked at the mistake.
LOSSES = tuple(o for o in Outcome if o not in (Outcome.PASSED, Outcome.BLOCKED, Outcome.SKIPPED))

SHARE = 0.95
"""The least share of mistakes with deterministic numbers that are diagnosed as themselves."""

SILENT_S = 300.0
"""After so long without a row from any job, the jobs are considered dead."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The result of one mistake. Checks are named without their part."""

    mistake: str
    killed: tuple[str, ...]  # named checks that failed
    unexpected: tuple[str, ...]  # failed checks that it does not name
    missed: tuple[str, ...]  # named checks that passed
    explained: dict[str, tuple[str, ...]]  # check -> the mistakes that its diagnosis names
    messages: dict[str, str]  # failed check -> outcome and message
    seconds: float
    trouble: str = ""  # a fault of the grader

    @property
    def exact(self) -> bool:
        """The named checks fail, and no others."""
        return bool(self.killed) and not (self.unexpected or self.missed or self.trouble)

    @property
    def deterministic(self) -> bool:
        """Some check failed by numbers that a diagnosis can explain."""
        return bool(self.explained)

    @property
    def diagnosed(self) -> bool:
        """Named in every diagnosis, of which there is at least one."""
        # A check without a diagnosis is not wrong; a diagnosis without this mistake is.
        named = [names for names in self.explained.values() if names]
        return bool(named) and all(self.mistake in names for names in named)

    @property
    def siblings(self) -> tuple[str, ...]:
        """Mistakes that give the same numbers in some check."""
        named = {name for names in self.explained.values() for name in names}
        return tuple(sorted(named - {self.mistake}))


def kill(judge: Judge, mistake: Mistake, skip: Collection[str] = ()) -> Kill:
    """Grade one mistake by all checks of its part except `skip`."""
    start = time.perf_counter()
    own = [c.id for c in judge.checks if c.part == mistake.part and not c.advice]
    ids = {id for id in own if id not in skip}
    results = judge.outcomes(trusted_source(mistake.part, mutant(mistake)), ids)
    row = _read(mistake, results, ids, time.perf_counter() - start)
    # A name that no check has would otherwise count as neither killed nor missed.
    if unknown := {*mistake.fails, *mistake.may_fail} - set(own):
        row = dataclasses.replace(row, trouble=f"no such check: {', '.join(sorted(unknown))}")
    return row


def _read(mistake: Mistake, results: dict[str, CheckResult], ids: set[str], seconds: float) -> Kill:
    lost = {id for id, r in results.items() if r.outcome in LOSSES}
    passed = {id for id, r in results.items() if r.outcome is Outcome.PASSED}
    faults = [r.staff_note for r in results.values() if r.outcome is Outcome.GRADER_ERROR]
    # A check without a result must not look like one that passed.
    faults += [f"no outcome of {id}" for id in sorted(ids - set(results))]
    return Kill(
        mistake=mistake.id,
        killed=_short(lost & set(mistake.fails)),
        unexpected=_short(lost - {*mistake.fails, *mistake.may_fail}),
        missed=_short(passed & set(mistake.fails)),
        explained={
            id: tuple(d.mistake for d in r.diagnosis)
            for id, r in results.items()
            if r.outcome in (Outcome.FAILED, Outcome.PARTIAL) and (r.diagnosis or r.clues)
        },
        messages={id: f"{r.outcome}: {r.message.en}" for id, r in results.items() if id in lost},
        seconds=seconds,
        trouble="\n".join(faults),
    )


def _short(ids: set[str]) -> tuple[str, ...]:
    return tuple(sorted(id.partition(".")[2] for id in ids))


# ---------------------------------------------------------------- many of them


def sample(items: list[T], size: int) -> list[T]:
    """`size` of the items, evenly spread; all if there are not more."""
    if not 0 < size < len(items):
        return items
    # Evenly and not at random, so that the sample is the same in every run.
    return [items[i * len(items) // size] for i in range(size)]


@contextmanager
def judging(names: tuple[str, ...], key: str = KEY) -> Iterator[Judge]:
    """A judge of the parts `names` whose secret is `key`."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        settings = Settings(out_dir=Path(folder), lang="en")
        rubric = load(ROOT / "rubric.yaml")
        with Judge(settings, rubric, Secret(key.encode()), parts=names) as judge:
            yield judge


def _job(names: tuple[str, ...], key: str, todo: Any, done: Any) -> None:
    """One process: takes mistakes from `todo` until it takes None."""
    end_with_parent()
    with judging(names, key) as judge:
        while (mistake := todo.get()) is not None:
            try:
                row = kill(judge, mistake)
            except Exception:  # one bad row, which must not cost the other mistakes theirs
                row = Kill(mistake.id, (), (), (), {}, {}, 0.0, traceback.format_exc())
            done.put((mistake, row))


def table(mistakes: list[Mistake], jobs: int, key: str = KEY) -> Iterator[tuple[Mistake, Kill]]:
    """Grade `mistakes` with `jobs` judges in parallel; yields each row as it is done.

    RuntimeError where a judge has ended without a row.
    """
    names = tuple(dict.fromkeys(m.part for m in mistakes))
    context = multiprocessing.get_context("spawn")  # a judge starts servers and forks nothing else
    todo, done = context.Queue(), context.Queue()
    for mistake in mistakes:
        todo.put(mistake)
    workers = [context.Process(target=_job, args=(names, key, todo, done)) for _ in range(jobs)]
    for worker in workers:
        # Each job ends when it takes a None, so there is one for each.
        todo.put(None)
        worker.start()
    try:
        for _ in mistakes:
            try:
                # A judge that was killed puts nothing into the queue, so only a time limit ends
                # this wait.
                yield done.get(timeout=SILENT_S)
            except Empty:
                raise RuntimeError(f"no row for {SILENT_S:g} s: a judge has ended") from None
    finally:
        for worker in workers:
            worker.join(timeout=30)
            if worker.is_alive():
                # A judge that does not end by itself would keep its fork servers alive.
                worker.terminate()


def share(rows: Iterable[Kill]) -> float:
    """The share of mistakes with deterministic numbers that are diagnosed as themselves."""
    diagnosed = [row.diagnosed for row in rows if row.deterministic]
    return sum(diagnosed) / len(diagnosed) if diagnosed else 1.0


def show(mistake: Mistake, row: Kill) -> str:
    """One line of the table; more lines where something is wrong."""
    line = (
        f"{mistake.part + '.' + mistake.id:<44} {'ok ' if row.exact else 'BAD'} "
        f"{row.seconds:5.1f} s  killed by: {', '.join(row.killed) or '-'}"
    )
    if row.unexpected:
        line += f"\n    unexpected: {', '.join(row.unexpected)}"
    if row.missed:
        line += f"\n    missed: {', '.join(row.missed)}"
    if row.trouble:
        line += "\n    " + row.trouble.strip().replace("\n", "\n    ")
    if row.unexpected:
        line += "".join(f"\n    {id}: {text}" for id, text in row.messages.items())
    return line


def summary(rows: list[tuple[Mistake, Kill]], seconds: float) -> str:
    """Counts, the share that was diagnosed, and mistakes with the same numbers."""
    kills = [row for _, row in rows]
    lines = [
        f"mistakes   {len(kills)}",
        f"killed     {sum(bool(k.killed) for k in kills)}",
        f"exactly    {sum(k.exact for k in kills)}   by the checks they name, and by no others",
    ]
    open_ = [(m, k) for m, k in rows if k.deterministic]
    named = [k for _, k in open_ if k.diagnosed]
    if open_:
        lines.append(
            f"diagnosed  {len(named)} of {len(open_)} with deterministic numbers: "
            f"{share(kills):.1%} as themselves"
        )
    for m, k in open_:
        if not k.diagnosed:
            others = sorted({n for names in k.explained.values() for n in names})
            lines.append(f"  not named: {m.part}.{m.id}; {', '.join(others) or 'nothing'} instead")
    lines += [
        f"  siblings of {m.part}.{m.id}: {', '.join(k.siblings)}" for m, k in open_ if k.siblings
    ]
    lines.append(f"seconds    {seconds:.0f}")
    return "\n".join(lines)


def survivors(names: Sequence[str], size: int, jobs: int, key: str) -> int:
    """Print the mutations that no check sees and no proof explains; how many there are."""
    start = time.perf_counter()
    todo = sample([m for part in names for m in mutations(part)], size)
    known = {m.id: m for m in todo}
    seen, left = 0, 0
    for part, found in by_part(todo, key, jobs):
        seen += sum(bool(f.killer) for f in found)
        for fate in unexplained(part, found):
            left += 1
            print(f"survives: {known[fate.id].edit.en}", flush=True)
            if fate.trouble:
                print("    " + fate.trouble.strip().replace("\n", "\n    "))
    print(
        f"mutations  {len(todo)}\nseen       {seen}\nequivalent {len(todo) - seen - left}\n"
        f"survive    {left}\nseconds    {time.perf_counter() - start:.0f}"
    )
    return left


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0 if every mistake is killed by the checks it names and by no others.

    Of all mistakes of a part, 95 % of those with deterministic numbers must be diagnosed too, and
    no mutation may survive without a proof.
    """
    parser = argparse.ArgumentParser(prog="python -m grader.authoring.mutants", description=__doc__)
    parser.add_argument("--part", action="append", choices=sorted({*parts(), *part_names()}))
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="only N, evenly spread")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="judges side by side")
    parser.add_argument("--only", action="append", metavar="ID", help="mistakes with this id")
    parser.add_argument("--secret", default=KEY, metavar="TEXT", help="draws other hidden inputs")
    parser.add_argument(
        "--which",
        choices=("both", "mistakes", "mutations"),
        default="both",
        help="the catalogue, every first-order mutation, or both",
    )
    given = parser.parse_args(arguments)
    if given.which == "mutations":
        names = tuple(given.part or parts())
        return 1 if survivors(names, given.sample, max(1, given.jobs), given.secret) else 0
    found = [m for part in given.part or parts() for m in catalogue(part)]
    wanted = [m for m in found if not given.only or m.id in given.only]
    chosen = sample(wanted, given.sample)
    try:
        # Before any judge starts: a text that no longer fits its solution stops the run at once.
        for mistake in chosen:
            mutant(mistake)
    except GraderError as error:
        print(error.text.en, file=sys.stderr)
        return 1
    start, rows = time.perf_counter(), []
    for mistake, row in table(chosen, max(1, given.jobs), given.secret):
        rows.append((mistake, row))
        print(show(mistake, row), flush=True)
    # Rows come as they are done; the table has the order of the catalogue in every run.
    rows.sort(key=lambda pair: chosen.index(pair[0]))
    print("\n" + summary(rows, time.perf_counter() - start))
    # The share of a sample says little, so only a whole part is held to it.
    few = len(chosen) == len(found) and share(row for _, row in rows) < SHARE
    left = 0
    if given.which == "both" and not given.only:
        names = tuple(given.part or parts())
        left = survivors(names, given.sample, max(1, given.jobs), given.secret)
    return 0 if all(row.exact for _, row in rows) and not few and not left else 1


if __name__ == "__main__":
    sys.exit(main())
