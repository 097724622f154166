"""Time, memory and outcome of hostile hand-ins against their size; and what confinement costs.

Run: ``PYTHONPATH=.:starter/tests python bench/intake.py`` with any of ``--sizes 60,240,960``,
``--kind WORDS``, ``--cost``, ``--memory SIZE``, ``--fuzz SECONDS``. Each kind of input is read at
growing sizes, as a grading does: archive, sources, notebook, report, linter, its output. The last
column is by how much the time grows from the last size but one to the last, over the growth of the
input: 1 is linear.
`--fuzz` mutates right hand-ins for so many seconds; each finding is written to a file.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import resource
import statistics
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from grader import ROOT, intake
from grader.core.errors import GraderError
from grader.core.model import Submission
from grader.core.settings import Settings
from grader.intake import contents
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.judging import evidence, linting
from grader.reader import functions, layers, pdf, tidiness
from grader.reader.own_lines import own_lines

Files = dict[str, bytes]
KILO = 1000


def packed(files: dict[str, bytes]) -> Files:
    """A hand-in of one zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return {"a.zip": buffer.getvalue()}


def source(text: str) -> Files:
    """A hand-in of one file that claims to be a part."""
    return {"numpy_rnn.py": text.encode()}


def notebook(cells: list[str]) -> Files:
    """A hand-in of one notebook."""
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return {"numpy_rnn.ipynb": json.dumps({"cells": made}).encode()}


def deep_notebook(size: int) -> Files:
    half = size * KILO // 2
    return {"a.ipynb": b'{"cells":' + b"[" * half + b"]" * half + b"}"}


_ZIP = packed({"a.py": b"x = 1\n" * 20})["a.zip"]

KINDS: dict[str, Callable[[int], Files]] = {
    "spaces": lambda k: source(" " * k * KILO + "x"),
    "spaces before a comment": lambda k: source("x = 1" + " " * k * KILO + "# coding"),
    "brackets": lambda k: source("x = " + "(" * (k * KILO // 2) + ")" * (k * KILO // 2)),
    "lists in lists": lambda k: source("x = [" + "[1], " * (k * KILO // 5) + "]"),
    "an f-string": lambda k: source("x = f'" + "{a}" * (k * KILO // 3) + "'"),
    "f-strings": lambda k: source("x = f'{a!r:>{w}}'\n" * (k * KILO // 18)),
    "f-strings with nested formats": lambda k: source("x = " + "f'{a!r:{b}}'" * (k * KILO // 12)),
    "an f-string that is not closed": lambda k: source("x = f'''" + "{" * k * KILO),
    "quotes": lambda k: source("'" * k * KILO),
    "backslashes": lambda k: source("\\\n" * (k * KILO // 2)),
    "one long line": lambda k: source("x = " + "1 + " * (k * KILO // 4) + "1"),
    "comparisons": lambda k: source("a == " + "None == " * (k * KILO // 8) + "a"),
    "a long string": lambda k: source(f"x = '{'a' * k * KILO}'"),
    "a long number": lambda k: source("x = 0x" + "f" * k * KILO),
    "indentation": lambda k: source(
        "".join(" " * i + "if x:\n" for i in range(int((2 * k * KILO) ** 0.5))) + " " * 9999 + "y"
    ),
    "definitions": lambda k: source("def train(): pass\n" * (k * KILO // 18)),
    "decorators": lambda k: source("@a\n" * (k * KILO // 3) + "def f(): pass\n"),
    "statements with semicolons": lambda k: source("a;" * (k * KILO // 2)),
    "imports": lambda k: source("import os\n" * (k * KILO // 10)),
    "form feeds": lambda k: source("\f" * k * KILO),
    "null bytes": lambda k: source("x = 1\n" + "\0" * k * KILO),
    "not UTF-8": lambda k: {"numpy_rnn.py": b"\xff\xfe\x80" * (k * KILO // 3)},
    "magics": lambda k: notebook(["%" + "a" * 99 + "\n" * 8] * (k * KILO // 110)),
    "a cell of magics": lambda k: notebook(["%\n" * (k * KILO // 2)]),
    "a cell of brackets": lambda k: notebook(["(\n" * (k * KILO // 2)]),
    "many cells": lambda k: notebook(["x = 1"] * (k * KILO // 38)),
    "a deep notebook": deep_notebook,
    "a notebook of lists": lambda k: {
        "a.ipynb": b'{"cells":[' + b"[]," * (k * KILO // 3) + b"[]]}"
    },
    "a notebook with long output": lambda k: {
        "a.ipynb": json.dumps({"cells": [{"cell_type": "raw", "source": "o" * k * KILO}]}).encode()
    },
    "many files": lambda k: packed({f"f{i}.py": b"x = 1\n" for i in range(k)}),
    "many other files": lambda k: packed({f"f{i}.txt": b"" for i in range(4 * k)}),
    "a zip of zips": lambda k: packed({f"{i}.zip": _ZIP for i in range(k)}),
    "a zip that swells": lambda k: packed({"a.py": bytes(k * KILO)}),
    "directory headers": lambda k: {"a.zip": b"PK\x01\x02" * (k * KILO // 4) + b"PK\x05\x06"},
    "a report": lambda k: packed({"a.pdf": _pdf(k), "numpy_rnn.py": b"x = 1\n"}),
    "a report of nested lists": lambda k: packed(
        {"a.pdf": b"%PDF-1.4\n1 0 obj\n" + b"[" * k * KILO + b"\nendobj\ntrailer"}
    ),
}


def _pdf(size: int) -> bytes:
    objects = b"".join(
        b"%d 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n" % i for i in range(3, 3 + 15 * size)
    )
    kids = b" ".join(b"%d 0 R" % i for i in range(3, 3 + 15 * size))
    return (
        b"%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n"
        b"<< /Type /Pages /Count %d /Kids [%s] >>\nendobj\n%s"
        b"trailer\n<< /Root 1 0 R >>\n%%%%EOF" % (15 * size, kids, objects)
    )


def graded(reader: HandInReader, files: Files) -> str:
    """How reading ends: all that a grading reads of a hand-in."""
    try:
        found = reader.read_files(files, id="a")
        if found.refusal is not None:
            return "refused"
        seen = evidence.gather(found, reader)
        for path in found.parts.get("numpy_rnn", ())[:1]:
            cells = next(s.cells for s in found.sources if s.path == path)
            reader.functions("\n".join(cells))
            reader.layer_lines(cells, ("train",), "")
    except GraderError as error:
        return f"FAULT {error}"
    return "read" if seen.tidiness is not None else "read, not linted"


def table(reader: HandInReader, sizes: list[int], wanted: str) -> None:
    """A line for each kind: processor seconds of all that is read of it, at each size.

    They are measured in this process, where they are not hidden by the start of workers, and
    with the linter's. How it ends is told by workers, on the largest.
    """
    print(f"| kind | {' | '.join(f'{k} KB' for k in sizes)} | ends | growth |")
    print(f"|---|{'---|' * len(sizes)}---|---|")
    for kind, make in KINDS.items():
        if wanted not in kind:
            continue
        seconds = []
        for size in sizes:
            files = make(size)
            start = _processor_s()
            for found in [_read_here(name, files[name]) for name in files]:
                linting.lint({s.path: "\n".join(s.cells) for s in found.sources}, reader.tier)
            seconds.append(_processor_s() - start)
        growth = (seconds[-1] / seconds[-2]) / (sizes[-1] / sizes[-2])
        shown = " | ".join(f"{s:.2f}" for s in seconds)
        print(f"| {kind} | {shown} | {graded(reader, files)} | {growth:.2f} |", flush=True)


def _processor_s() -> float:
    """Of this process and of the linter's, which are its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cost(reader: HandInReader, servers: Servers, repeat: int = 40) -> None:
    """Milliseconds of an ordinary zip, in this process and in a worker.

    One of each in turn, since the speed of a shared machine changes from minute to minute. The
    processor time is that of this process and of all that it has started; the kernel counts that of
    ended ones in steps of some milliseconds, so only the mean says something.
    """
    names = sorted((ROOT / "solutions").glob("*.py"))
    files = packed({path.name: path.read_bytes() for path in names})
    actions: dict[str, Callable[[], object]] = {
        "in this process": lambda: intake.read_files(files, id="a"),
        "in a worker": lambda: reader.read_files(files, id="a"),
        "a worker alone, from its start to its end": lambda: (
            servers.ready("reader").spawn().close()
        ),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for _ in range(repeat):
        for name, action in actions.items():
            before, start = _tree_ms(), time.perf_counter()
            action()
            wall = 1000 * (time.perf_counter() - start)
            taken[name].append((wall, _tree_ms() - before))
    for name, both in taken.items():
        walls, processor = zip(*both, strict=True)
        print(
            f"{name:44} least {min(walls):6.1f}, median {statistics.median(walls):6.1f} ms; "
            f"of processors {statistics.mean(processor):6.1f} ms",
            flush=True,
        )


def _tree_ms() -> float:
    """Processor time of this process, of those below it, and of those that have ended there."""
    table = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
                ran_ns = int((folder / "schedstat").read_text("ascii").split()[0])
                ended = sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
                table[int(folder.name)] = (int(fields[1]), ran_ns / 1e6 + 1000 * ended)
    below = {os.getpid()}
    while more := {pid for pid, (parent, _) in table.items() if parent in below} - below:
        below |= more
    return sum(table[pid][1] for pid in below)


def fuzz(reader: HandInReader, seconds: float) -> None:
    """Mutated hand-ins: bytes changed, cut, repeated, taken from other ones.

    This process reads them with the reader's functions, which is fast; every twentieth is graded in
    workers too. A finding is an exception, a slow input, or a worker that reads something else.
    """
    draw = random.Random(0)
    right = list(_right())
    tried: Counter[str] = Counter()
    findings: list[str] = []
    slowest = (0.0, "")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name, data = draw.choice(right)
        mutated = _mutated(draw, data, [data for _, data in right])
        start = time.process_time()
        try:
            found = _read_here(name, mutated)
        except Exception as error:
            findings.append(repr(error))
        else:
            if sum(tried.values()) % 20 == 0:
                there = reader.read_files({name: mutated}, id="a")
                ends = graded(reader, {name: mutated})
                if there != found or ends.startswith("FAULT"):
                    findings.append(f"another result in a worker: {ends}")
                tried["graded in workers"] += 1
        taken = time.process_time() - start
        slowest = max(slowest, (taken, name))
        if taken > 5 or len(findings) > tried["findings"]:
            tried["findings"] = len(findings)
            path = f"finding-{sum(tried.values())}-{name}"
            with open(path, "wb") as file:
                file.write(mutated)
            print(path, findings[-1:], f"{taken:.1f} s", flush=True)
        tried[name] += 1
    print(f"{seconds:.0f} s: {dict(tried)}, {len(findings)} findings")
    print(f"slowest {slowest[0]:.2f} s of processor time ({slowest[1]})")


def _mutated(draw: random.Random, data: bytes, others: list[bytes]) -> bytes:
    mutated = bytearray(data)
    for _ in range(draw.choice((1, 3, 20))):
        at = draw.randrange(len(mutated) + 1)
        other = draw.choice(others)
        length = draw.choice((1, 2, 8, 200))
        start = draw.randrange(len(other))
        signs = draw.choice((b"(", b"{", b"'''", b"\\", b"f'{", b"[[", b"\0", b"%", b"PK\1\2"))
        piece = draw.choice((draw.randbytes(length), other[start : start + length], signs * length))
        mutated[at : at + draw.choice((0, len(piece), 50))] = piece
    return bytes(mutated)


def _read_here(name: str, data: bytes) -> Submission:
    """All that readers do with a hand-in, in this process."""
    found = intake.read_files({name: data}, id="a")
    for source in found.sources:
        text = "\n".join(source.cells)
        functions.unpacked(functions.read(text))
        layers.find(source.cells, ("train",), "")
        own_lines(text, frozenset())
        tidiness.measure({source.path: text}, data[:4000], True, frozenset(), ())
    if found.pdf is not None:
        pdf.measure(found.pdf.data)
    contents.of_code([data])
    contents.of_zip(data)
    return found


def _right() -> Iterator[tuple[str, bytes]]:
    solution = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
    yield "numpy_rnn.py", solution
    yield (
        "numpy_rnn.ipynb",
        notebook([solution.decode(), "%matplotlib inline\nx = 1"])["numpy_rnn.ipynb"],
    )
    yield "a.zip", packed({"numpy_rnn.py": solution, "r.pdf": _pdf(1), "i.zip": _ZIP})["a.zip"]
    with_pdf = io.BytesIO()
    with zipfile.ZipFile(with_pdf, "w", zipfile.ZIP_STORED) as archive:  # so that the PDF mutates
        archive.writestr("r.pdf", _pdf(1))
        archive.writestr("theory.py", b"def ev(): pass\n")
    yield "b.zip", with_pdf.getvalue()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="60,240,960")
    parser.add_argument("--kind", default="", help="only kinds with this in their names")
    parser.add_argument("--fuzz", type=float, default=0.0)
    parser.add_argument("--cost", action="store_true", help="what confinement costs, and no more")
    parser.add_argument("--memory", type=int, default=0, help="only grade a class, of this size")
    options = parser.parse_args()
    with closing(Servers(Settings())) as servers:
        reader = HandInReader(lambda: servers.ready("reader"))
        print(f"tier {reader.tier}")
        if options.cost:
            cost(reader, servers)
        if options.memory:
            ends = Counter(graded(reader, make(options.memory)) for make in KINDS.values())
            print(f"a class of {ends.total()} hostile hand-ins: {dict(ends)}")
        elif options.fuzz:
            fuzz(reader, options.fuzz)
        elif not options.cost:
            table(reader, [int(size) for size in options.sizes.split(",")], options.kind)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
