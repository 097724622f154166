"""Right rewrites and wrong edits by an author who had not read the checks.

Run ``PYTHONPATH=. python bench/fresh.py [--part P] [--right] [--wrong] [--raises] [--name N]
[--each N] [--out FILE]``. ``bench/fresh/right/<part>.yaml`` holds right code: for each rewrite the
bodies of the blanks, or whole definitions (``def NAME``), texts put before or behind the rest
(``+top``, ``+end``) and exchanged texts (``sub``). ``bench/fresh/wrong/<part>.yaml`` holds mistakes
of students: for each function a text of the solution, its replacement, what is then wrong, and,
where the contract allows that, why; ``bench/fresh/raises`` holds those whose functions raise. Right
code must lose nothing, a mistake something. Proofs of learning are tried where nothing else sees a
mistake. Points that wait for a person count as lost by a mistake alone.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grader import ROOT, intake
from grader.authoring.mutants import judging, sample
from grader.core.model import CheckResult, Outcome
from grader.diagnosis import settled
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.reference import solution_path
from grader.records.store import Store
from grader.scoring.rubric import load
from kit.contracts import PARTS

DATA = ROOT / "bench" / "fresh"
IMPORTS = (ast.Import, ast.ImportFrom)

FINE = (Outcome.PASSED, Outcome.SKIPPED)

RUBRICS = {
    "theory": "presets/lab5.yaml",
    "sequence": "presets/stage2.yaml",
    "scratch_rnn": "presets/scratch.yaml",
}
"""Where a part has points, if not in Lab 6."""


@dataclass(frozen=True)
class Case:
    """One hand-in."""

    name: str
    parts: tuple[str, ...]
    files: dict[str, bytes]
    wrong: str = ""  # empty: right code
    free: str = ""  # why the contract allows it


def solution(part: str) -> str:
    """The text without the sentences of the stubs."""
    lines = solution_path(part).read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("# STUB:")) + "\n"


def definition(tree: ast.Module, name: str) -> ast.FunctionDef | ast.ClassDef:
    """The function, class or method `name` (``Class.method``)."""
    body: list[ast.stmt] = tree.body
    for piece in name.split("."):
        found = [n for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        node = next(n for n in found if n.name == piece)
        body = node.body
    return node


def rewritten(part: str, edits: dict[str, Any]) -> str:
    """The solution with `edits`."""
    if "whole" in edits:
        return str(edits["whole"])
    text = solution(part)
    for old, new in edits.get("sub", ()):
        if text.count(old) != 1:
            raise ValueError(f"{part}: {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    lines, tree = text.split("\n"), ast.parse(text)
    pieces: list[tuple[int, int, str, int]] = []
    for key, body in edits.items():
        if key in ("sub", "own") or key.startswith("+"):
            continue
        node = definition(tree, key.removeprefix("def "))
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        if not key.startswith("def "):
            first = next(i for i in range(first, last) if "# BEGIN SOLUTION" in lines[i])
            last = 1 + next(i for i in range(first, len(lines)) if "# END SOLUTION" in lines[i])
        pieces.append((first, last, body, len(lines[first]) - len(lines[first].lstrip())))
    for first, last, body, width in sorted(pieces, reverse=True):
        lines[first:last] = textwrap.indent(body.rstrip(), " " * width).split("\n")
    lines = [x for x in lines if x.strip() not in ("# BEGIN SOLUTION", "# END SOLUTION")]
    if top := edits.get("+top"):
        at = next(i for i, x in enumerate(lines) if x.startswith(("# ---", "def ", "class ")))
        lines[at:at] = top.split("\n")
    if end := edits.get("+end"):
        mains = [i for i, x in enumerate(lines) if x.startswith("if __name__")]
        at = mains[-1] if mains else len(lines)
        lines[at:at] = ["", "", *end.split("\n"), ""]
    return "\n".join(lines) + "\n"


def table(kind: str, part: str) -> dict[str, Any]:
    """The data of one part; nothing where there is none of that kind."""
    path = DATA / kind / f"{part}.yaml"
    if not path.exists():
        return {}
    found = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def right(part: str) -> Iterator[Case]:
    """The right rewrites of `part`."""
    for name, edits in table("right", part).items():
        source = rewritten(part, edits).encode()
        yield Case(f"{part}.{name}", (part,), {f"alice/{part}.py": source})


def wrong(part: str, kind: str = "wrong") -> Iterator[Case]:
    """The mistakes in `part`; of the kind `raises` those whose functions raise."""
    text = solution(part)
    lines, tree = text.split("\n"), ast.parse(text)
    for function, edits in table(kind, part).items():
        node = definition(tree, function)
        # What stands behind a function may be part of an edit at its end.
        head = "\n".join(lines[: node.lineno - 1])
        body = "\n".join(lines[node.lineno - 1 : (node.end_lineno or 0) + 6])
        tail = text[len(head) + 1 + len(body) :]
        for name, (old, new, sentence, *free) in edits.items():
            if body.count(old) != 1:
                raise ValueError(f"{part} {function} {name}: {body.count(old)} times {old!r}")
            source = f"{head}\n{body.replace(old, new)}{tail}"
            files = {f"alice/{part}.py": source.encode()}
            yield Case(f"{part}.{function}:{name}", (part,), files, sentence, *free)


def cells(*sources: str) -> bytes:
    """A notebook with a cell for each statement at top level."""
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "source": "%matplotlib inline\n!pip install -q numpy"}
    ]
    for source in sources:
        made.append({"cell_type": "markdown", "source": "# 实验"})
        starts = [
            min([n.lineno, *(d.lineno for d in getattr(n, "decorator_list", ()))]) - 1
            for n in ast.parse(source).body
        ]
        lines = source.split("\n")
        for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
            made.append({"cell_type": "code", "source": "\n".join(lines[start:stop]).rstrip()})
    for cell in made:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    book = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False).encode()


def grouped(*sources: str) -> str:
    """One file in which what has one name in several sources stands side by side."""
    groups: dict[str, list[str]] = {}
    for number, source in enumerate(sources):
        lines, last = source.split("\n"), 0
        for node in ast.parse(source).body:
            body = "\n".join(lines[last : node.end_lineno])  # with the comments before it
            last = node.end_lineno or last
            name = getattr(node, "name", "")
            group = name or ("imports" if isinstance(node, IMPORTS) else f"{number}: {last}")
            groups.setdefault(group, []).append(body)
    first = groups.pop("imports", [])
    future = "from __future__ import annotations"
    text = "\n".join([*first, *(body for group in groups.values() for body in group)])
    return future + "\n" + text.replace(future, "") + "\n"


def stub(part: str) -> str:
    """The starter's file."""
    return (ROOT / "starter" / f"{part}.py").read_text("utf-8")


def books() -> Iterator[Case]:
    """Solutions in other files: notebooks, several parts in one, helpers beside them."""
    parts = [p.id for p in PARTS]
    texts = {part: solution(part) for part in parts}
    for part in parts:
        yield Case(f"book.{part}", (part,), {"alice/实验.ipynb": cells(texts[part])})
        drafts = cells(stub(part).replace("from __future__ import annotations\n", ""),
                       texts[part].replace("from __future__ import annotations\n", ""))  # fmt: skip
        yield Case(f"book.stub_then_{part}", (part,), {"alice/lab.ipynb": drafts})
    pairs = [("numpy_rnn", "char_lstm"), ("sequence", "theory"), ("poems", "char_lstm"),
             ("scratch_rnn", "char_lstm"), ("numpy_rnn", "extensions")]  # fmt: skip
    for pair in pairs:
        both = [texts[part] for part in pair]
        name = "_and_".join(pair)
        yield Case(f"book.{name}", pair, {"alice/all.ipynb": cells(*both)})
        yield Case(f"book.turned.{name}", pair, {"alice/all.ipynb": cells(*both[::-1])})
        yield Case(f"grouped.{name}", pair, {"alice/all.py": grouped(*both).encode()})
    joined = texts["sequence"].replace("from __future__ import annotations\n", "")
    joined += texts["extensions"].replace("from __future__ import annotations\n", "")
    yield Case("one_file", ("sequence", "extensions"), {"alice/作业.py": joined.encode()})
    for part in ("numpy_rnn", "sequence", "poems", "theory"):
        files = {"alice/src/my_code.py": texts[part].encode(),
                 "alice/src/main.py": b"from my_code import *\n\nprint('ready')\n"}  # fmt: skip
        yield Case(f"package.{part}", (part,), files)


def lost(judge: Judge, case: Case, learning: bool | None) -> list[CheckResult]:
    """The checks of the case's parts that lose; `learning` None: the proofs last, if needed."""
    own = [c.id for c in judge.checks if c.part in case.parts and not c.advice]
    proofs = {id for id in own if id.endswith(".learning")}
    asked: list[Collection[str]] = [set(own) - proofs]
    if learning is None:
        asked.append(proofs)
    elif learning:
        asked = [set(own)]
    (part, *more) = case.parts
    for ids in filter(None, asked):
        if case.wrong and not more:
            (source,) = case.files.values()
            hand_in = trusted_source(part, source.decode())
        else:
            hand_in = intake.read_files(case.files, id="alice")
        results = judge.outcomes(hand_in, ids)
        ended = settled(results.values())
        waits = bool(case.wrong)
        found = [r for r in ended if r.outcome not in FINE or (waits and r.undecided)]
        found += [] if results.keys() >= set(ids) else [_none(case)]
        if found:
            return found
    return []


def really_lost(judge: Judge, case: Case) -> list[CheckResult]:
    """The same by a whole grading, whose second run executes what stands at top level."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "one.sqlite") as store:
        rubric = load(ROOT / RUBRICS.get(case.parts[0], "rubric.yaml"))
        whole = judge.of_rubric(rubric)
        report = whole.grade(intake.read_files(case.files, id="alice"), store)
    found = [scored.result for scored in report.score.checks]
    return [r for r in found if r.part in case.parts and not r.advice and r.outcome not in FINE]


def _none(case: Case) -> CheckResult:
    raise RuntimeError(f"{case.name}: a check has no outcome")


def main() -> int:
    """Grade the cases, print what is not as it should be, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=[p.id for p in PARTS])
    parser.add_argument("--right", action="store_true", help="the right rewrites only")
    parser.add_argument("--wrong", action="store_true", help="the mistakes only")
    parser.add_argument("--raises", action="store_true", help="the mistakes that raise only")
    parser.add_argument("--books", action="store_true", help="the notebooks and packages only")
    parser.add_argument("--name", action="append", help="cases whose name contains this")
    parser.add_argument("--each", type=int, default=0, help="so many of a part's cases, spread")
    parser.add_argument("--out", type=Path, help="a line of JSON for each case")
    given = parser.parse_args()
    every = not (given.right or given.wrong or given.raises or given.books)
    counts: Counter[str] = Counter()
    for part in given.part or [p.id for p in PARTS]:
        cases = [*right(part)] if given.right or every else []
        cases += [*wrong(part)] if given.wrong or every else []
        cases += [*wrong(part, "raises")] if given.raises or every else []
        cases += [c for c in books() if c.parts[0] == part] if given.books or every else []
        cases = [c for c in cases if not given.name or any(n in c.name for n in given.name)]
        cases = sample(cases, given.each)
        names = tuple(sorted({part for case in cases for part in case.parts}))
        if not cases:
            continue
        with judging(names) as judge:
            for case in cases:
                found = lost(judge, case, None if case.wrong else False)
                if found and not case.wrong:
                    found = really_lost(judge, case)
                good = bool(case.free) or bool(found) == bool(case.wrong)
                kind = "free" if case.free else "wrong" if case.wrong else "right"
                counts[f"{kind}: {'as it should be' if good else 'FAULT'}"] += 1
                if not good:
                    print(f"{case.name}: {case.wrong or 'right code loses'}")
                    for r in found:
                        print(f"    {r.id} {r.outcome}: {r.message.en}", flush=True)
                if given.out:
                    with given.out.open("a", encoding="utf-8") as file:
                        print(json.dumps(_row(case, found), ensure_ascii=False), file=file)
    print(dict(counts))
    return 1 if any("FAULT" in kind for kind in counts) else 0


def _row(case: Case, found: list[CheckResult]) -> dict[str, Any]:
    """What a person needs to judge the sentences."""
    checks = [
        {
            "id": r.id,
            "outcome": str(r.outcome),
            "message": r.message.en,
            "causes": {d.mistake: d.hint.en for d in r.diagnosis},
            "clues": [clue.en for clue in r.clues],
        }
        for r in found
    ]
    return {"name": case.name, "wrong": case.wrong, "checks": checks}


if __name__ == "__main__":
    sys.exit(main())
