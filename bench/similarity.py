"""Similar code: limits from independent right solutions, planted copies found, and the time.

Run ``PYTHONPATH=. python bench/similarity.py --limits | --planted | --rings | --speed``.
``--limits``: what independent right solutions share, part by part; the limit is the highest of
all, rounded up to the next 0.05 (``LIMIT`` in ``grader/similarity/matching.py``). ``--planted``:
for each disguise of `planting.py`, how many copies lie above the limit. ``--rings``: how many of a
ring of copies in a class of 40 are named, and how many pairs of independent right solutions, now
and if what a quarter of the class has were left out. ``--speed``: the command on
300 hand-ins of two parts against 1,500 former ones, twice: nothing kept, the former years kept.
docs/similarity.md has the figures.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fresh
import numpy as np
import planting

from grader import ROOT, handins
from grader.core.settings import Settings
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.protocol.messages import File
from grader.similarity import finding, keeping, page, reading, taking
from grader.similarity.matching import LEAST, LIMIT, Match
from grader.similarity.messages import PartAsked
from kit.contracts import PARTS

STUDENTS = 24
"""Independent students that are put together; not every two of them share no author."""


def code_of(part: str, text: str, blanks: Sequence[str] | None = None) -> reading.PartCode:
    """The code of one part of a text that is ours: no worker is needed."""
    path = f"{part}.py"
    names = reading.compared(part) if blanks is None else tuple(blanks)
    asked = PartAsked(part, (path,), names, reading.of_others(part))
    source = File(path, (text,))
    read = taking.read(asked, {path: source}, frozenset(reading.given()))
    return reading.part_code(asked, {path: source}, read)


def share(left: reading.PartCode, right: reading.PartCode) -> float:
    """How alike two hand-ins are that nobody else is with: nothing is common to many."""
    found, covered = Match([left, right]).share(0, 1)
    return found if covered >= LEAST else 0.0


def measured(part: str) -> tuple[str, ...]:
    """The blanks of which there are two authors, as far as they are compared."""
    two = planting.rewritten_by_two(part)
    classes = {name for name in two if "." not in name}
    return tuple(
        name for name in reading.compared(part) if name in two or name.partition(".")[0] in classes
    )


def independent(part: str) -> Iterator[tuple[float, str]]:
    """The shares of pairs of independent right solutions, and who they are.

    The authors: those of `tests/variants`, the solution's, those of `bench/fresh/right`. Some
    variants are edits of another text. Whoever copies by hand keeps the names, so a pair of which
    most lines are the same to the letter is left out.
    """
    home = ROOT / "tests" / "variants" / part
    whole = {path.stem: path.read_text("utf-8") for path in sorted(home.glob("*.py"))}
    whole["the solution"] = fresh.solution(part)
    drawn = itertools.islice(planting.students(part, random.Random(1)), STUDENTS)
    students = {f"student {n}": student for n, student in enumerate(drawn)}
    texts = whole | {name: text for name, (_, text) in students.items()}
    compared = {name: code_of(part, text) for name, text in texts.items()}
    # What only one author has rewritten is the solution's in every student.
    rewritten = {name: code_of(part, text, measured(part)) for name, text in texts.items()}
    for left, right in itertools.combinations(texts, 2):
        if left in students and right in students and students[left][0] & students[right][0]:
            continue
        codes = compared if left in whole and right in whole else rewritten
        if not same_text(codes[left], codes[right]):
            yield share(codes[left], codes[right]), f"{left}, {right}"


def same_text(left: reading.PartCode, right: reading.PartCode) -> bool:
    """Whether more than half of the lines of one stand in the other as they are."""
    ours, theirs = ({line.text.strip() for line in code.lines} for code in (left, right))
    return 2 * len(ours & theirs) > min(len(ours), len(theirs))


def copies(part: str, count: int) -> Iterator[tuple[str, float]]:
    """Disguises, and how alike each copy is to what it was made from."""
    rng = random.Random(2)
    # The other blanks are the solution's in every student, so nobody can copy them.
    blanks = measured(part)
    texts = [text for _, text in itertools.islice(planting.students(part, rng), count + 1)]
    codes = [code_of(part, text, blanks) for text in texts]
    for number in range(count):
        text = texts[number]
        for name, disguise in planting.DISGUISES.items():
            yield name, share(codes[number], code_of(part, disguise(text, rng), blanks))
        both = code_of(part, planting.mixed(text, texts[number + 1], rng), blanks)
        for name, source in (("mixed: of the one", number), ("mixed: of the other", number + 1)):
            yield name, share(codes[source], both)


def show_limits() -> None:
    """The distribution in each part, and the limit that follows from all."""
    print("| part | pairs | median | 95 % | 99 % | highest | of |\n|---|---|---|---|---|---|---|")
    top = 0.0
    for part in (p.id for p in PARTS):
        found = sorted(independent(part))
        values = [value for value, _ in found]
        shown = [values[int(q * (len(values) - 1))] for q in (0.5, 0.95, 0.99, 1)]
        cells = " | ".join(f"{value:.2f}" for value in shown)
        print(f"| {part} | {len(values)} | {cells} | {found[-1][1]} |", flush=True)
        top = max(top, values[-1])
    print(f"limit: {math.ceil(round(top * 20, 6)) / 20:.2f}, now {LIMIT:.2f}")


def show_planted(count: int) -> None:
    """The table found / not found."""
    names: list[str] = []
    rows: dict[str, dict[str, list[float]]] = {}
    for part in (p.id for p in PARTS):
        for name, found in copies(part, count):
            rows.setdefault(part, {}).setdefault(name, []).append(found)
            names += [name] if name not in names else []
    print(f"| part | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for part, row in rows.items():
        cells = (f"{sum(s >= LIMIT for s in row[n])}/{len(row[n])}" for n in names)
        print(f"| {part} | {' | '.join(cells)} |")


SIZE = 40
RINGS = (0.3, 0.5, 0.8)


def ring_of(
    part: str, share_of_class: float
) -> tuple[list[reading.PartCode], int, set[tuple[int, int]]]:
    """A class: a ring of copies, each in a disguise of its own, then independent students.

    Also how many are in the ring, and the pairs that are independent.
    """
    rng, ring = random.Random(5), round(SIZE * share_of_class)
    blanks = measured(part)
    students = list(itertools.islice(planting.students(part, rng), SIZE - ring + 1))
    source = students[0][1]
    texts = [rng.choice(list(planting.DISGUISES.values()))(source, rng) for _ in range(ring)]
    texts += [text for _, text in students[1:]]
    codes = [code_of(part, text, blanks) for text in texts]
    authors = [students[0][0]] * ring + [names for names, _ in students[1:]]
    apart = {
        (left, right)
        for left, right in itertools.combinations(range(SIZE), 2)
        if not authors[left] & authors[right]
    }
    return codes, ring, apart


def common(codes: Sequence[reading.PartCode]) -> reading.Numbers:
    """The fingerprints that a quarter of the hand-ins have, and at least ten."""
    found, counts = np.unique(
        np.concatenate([np.unique(code.hashes) for code in codes]), return_counts=True
    )
    return found[counts >= max(10, len(codes) / 4)]


def show_rings() -> None:
    """Named of a ring, and named pairs of independent solutions."""
    print("| part | ring | of it named | independent pairs named | without what a quarter has |")
    print("|---|---|---|---|---|")
    for part in (p.id for p in PARTS):
        for share_of_class in RINGS:
            codes, ring, apart = ring_of(part, share_of_class)
            cells = []
            for given in (None, common(codes)):
                pairs = {(hit.left, hit.right) for hit in Match(codes, given).hits(SIZE, LIMIT)}
                named = {n for pair in pairs for n in pair if max(pair) < ring}
                cells.append((len(named), len(pairs & apart)))
            (now, alarms), (before, before_alarms) = cells
            print(
                f"| {part} | {ring} of {SIZE} | {now} | {alarms} of {len(apart)} | "
                f"{before}, {before_alarms} |",
                flush=True,
            )


def make_class(folder: Path, count: int, seed: int) -> None:
    """Hand-ins of two parts, each by authors of its own, with names of its own."""
    rng = random.Random(seed)
    made = {}
    for part in ("numpy_rnn", "char_lstm"):
        texts = [t for _, t in itertools.islice(planting.students(part, rng), STUDENTS)]
        made[part] = [planting.reordered(text, rng) for text in texts for _ in range(4)]
    for number in range(count):
        home = folder / f"2{seed:03d}{number:05d}"
        home.mkdir(parents=True)
        for part, texts in made.items():
            extra = "".join(f"extra_{number}_{i} = {rng.random()}\n" for i in range(3))
            (home / f"{part}.py").write_text(rng.choice(texts) + "\n" + extra, "utf-8")


def show_speed(count: int, former: int) -> None:
    """Seconds and memory of the whole, with nothing kept and with the former years kept."""
    with tempfile.TemporaryDirectory() as home:
        make_class(Path(home, "now"), count, 1)
        make_class(Path(home, "former"), former, 2)
        settings = Settings(out_dir=Path(home, "out"), rubric=ROOT / "rubric.yaml")
        for title in ("nothing kept", "former years kept"):
            if title != "nothing kept":
                make_class(Path(home, "next"), count, 3)
            now = Path(home, "now" if title == "nothing kept" else "next")
            start, cpu = time.perf_counter(), _cpu()
            with (
                closing(Servers(settings)) as servers,
                keeping.Kept(settings.out_dir / keeping.FILE) as kept,
            ):
                reads, takes = servers.ready("reader"), servers.ready("similarity")
                reader = HandInReader(lambda server=reads: server)  # type: ignore[misc]
                wanted = [
                    finding.Wanted(one, year)
                    for folder, year in ((now, ""), (Path(home, "former"), "former"))
                    for one in handins.discover(folder, contents=reader).hand_ins
                ]
                codes = reading.CodeReader(lambda server=takes: server)  # type: ignore[misc]
                found = finding.Finder(codes, kept).find(wanted)
            page.write(found, settings.out_dir, "en")
            print(
                f"{title}: {len(wanted)} hand-ins, {time.perf_counter() - start:.0f} s, "
                f"{_cpu() - cpu:.0f} s of processor, {len(found.hits)} pairs, this process "
                f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, "
                f"load {os.getloadavg()[0]:.1f}, unread {sum(k.unread for k in found.known)}",
                flush=True,
            )


def _cpu() -> float:
    return sum(
        sum(resource.getrusage(w)[:2]) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    """Show what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--planted", type=int, nargs="?", const=10, default=0, metavar="COPIES")
    parser.add_argument("--rings", action="store_true")
    parser.add_argument("--speed", type=int, nargs="?", const=300, default=0, metavar="HAND_INS")
    parser.add_argument("--former", type=int, default=1500)
    wanted = parser.parse_args()
    if wanted.limits:
        show_limits()
    if wanted.planted:
        show_planted(wanted.planted)
    if wanted.rings:
        show_rings()
    if wanted.speed:
        show_speed(wanted.speed, wanted.former)


if __name__ == "__main__":
    main()
