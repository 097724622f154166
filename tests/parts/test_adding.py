"""Adding a part, and a check to a part, by the lists of files below, in a copy of the tree.

Adding a check takes at most three files that are written by hand, all in the part's two folders,
and one line of the rubric:

* ``starter/tests/parts/<part>/checks.py``: what the check asks of the student's code;
* ``starter/tests/parts/<part>/test_public.py``, or ``grader/parts/<part>/test_hidden.py`` for a
  hidden one: the check's id, its title in both languages, its inputs;
* ``grader/parts/<part>/mistakes.yaml``: a mistake that the check must see.

Adding a part takes its two folders, its solution, and its lines of the rubric:

* ``starter/tests/parts/<part>/``: ``__init__.py``, ``contract.py``, ``probes.py``,
  ``answers.py``, ``test_public.py``; where they help, ``cases.py`` and ``checks.py``;
* ``grader/parts/<part>/``: ``__init__.py``, ``spec.py``, ``test_hidden.py``, ``mistakes.yaml``;
* ``solutions/<part>.py``, whose blanks are marked.

``make starter`` makes the rest: the starter's file, expected values, points, and the table of the
checks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader import ROOT
from grader.parts.checks import checks_of

STUDENTS, STAFF = "starter/tests/parts", "grader/parts"

CHECK = {
    f"{STUDENTS}/theory/checks.py": '''

def probabilities_sum_to_one(lab: Runner, case: Case) -> None:
    """Each row of y is a distribution."""
    y = array("y", field(lab.forward(weights=case["weights"], x=case["x"]), "y"), None)
    close("y.sum(axis=1)", y.sum(axis=1), np.ones(len(y)), reveal=True)
''',
    f"{STUDENTS}/theory/test_public.py": '''

@check("theory.forward.sums")
def test_sums(lab, public):
    """y 的每一行之和为 1 | each row of y sums to one"""
    checks.probabilities_sum_to_one(lab, public("theory")[0])
''',
    f"{STAFF}/theory/mistakes.yaml": """
- id: probabilities_doubled
  find: return h, softmax(h @ V.T)
  replace: return h, 2 * softmax(h @ V.T)
  fails:
    - theory.forward.sums
    - theory.forward.values
    - theory.forward.hidden
  hint:
    zh: 概率被乘了 2，每一行之和不是 1。
    en: The probabilities are doubled, and a row does not sum to one.
""",
}
"""What is appended to which file to add a check."""

PART = {
    f"{STUDENTS}/scaling/__init__.py": '"""Part scaling."""\n',
    f"{STUDENTS}/scaling/contract.py": '''"""What the part ``scaling`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="scaling", position=8, blanks=("standardise",), given=(), distinctive=("standardise",)
)
''',
    f"{STUDENTS}/scaling/probes.py": '''"""Probes of part ``scaling``."""

from __future__ import annotations

import numpy as np

from kit.binding import call
from kit.lab import Lab


def standardise(lab: Lab, x: np.ndarray) -> dict:
    """``standardise`` on an array."""
    return {"z": call(lab.get("standardise"), x=np.array(x))}
''',
    f"{STUDENTS}/scaling/answers.py": '''"""The form of what the probes answer."""

from __future__ import annotations

from kit.declared import Record, Values

ANSWERS = {"standardise": Record({"z": Values()})}
''',
    f"{STUDENTS}/scaling/test_public.py": '''"""Public checks of part scaling."""

from __future__ import annotations

from kit.compare import close, field
from kit.plugin import check


@check("scaling.standardise.values")
def test_values(lab, public):
    """standardise 正确 | standardise is right"""
    case, expected = public("scaling")
    close("z", field(lab.standardise(**case), "z"), expected["z"], reveal=True)
''',
    f"{STAFF}/scaling/__init__.py": '"""The staff\'s side of part scaling."""\n',
    f"{STAFF}/scaling/spec.py": '''"""The staff's side of the part ``scaling``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The case of the part."""
    case = {"x": np.random.default_rng(PUBLIC_SEED).normal(3, 2, (5, 3))}
    return flatten({"inputs": case, "expected": reference.standardise(**case)}, "scaling/")


SPEC = PartSpec(id="scaling", in_process=True, publish=publish)
''',
    f"{STAFF}/scaling/test_hidden.py": '''"""Hidden checks of part scaling."""

from __future__ import annotations

from kit.compare import close, field
from kit.plugin import check


@check("scaling.standardise.hidden", hidden=True)
def test_hidden(lab, reference, draw):
    """standardise 在其他输入上也正确 | standardise is right on other inputs too"""
    x = draw.normal(-1, 5, (7, 4))
    close("z", field(lab.standardise(x=x), "z"), reference.standardise(x=x)["z"])
''',
    f"{STAFF}/scaling/mistakes.yaml": """- id: rows_for_columns
  find: x.mean(axis=0)
  replace: x.mean(axis=1, keepdims=True)
  fails: [scaling.standardise.values, scaling.standardise.hidden]
  hint:
    zh: 均值应沿 axis=0 计算。
    en: The mean is over axis 0.
""",
    "solutions/scaling.py": '''"""Bring the columns of an array to one scale."""


def standardise(x):
    """`x (N,D)` -> `(N,D)`: each column with mean 0 and deviation 1."""
    # BEGIN SOLUTION
    # STUB: "standardise: 每列减均值，除以标准差 | subtract the mean, divide by the deviation"
    return (x - x.mean(axis=0)) / x.std(axis=0)
    # END SOLUTION
''',
}
"""The files of a new part."""

GENERATED = {
    "starter/scaling.py",
    "starter/tests/expected.npz",
    "starter/tests/points.json",
    "docs/checks.md",
}
"""What ``make starter`` writes then."""

MAKE_STARTER = """
from grader.authoring import checks_doc, cut, publish
cut.main(["--root", "."], standalone_mode=False)
publish.main([], standalone_mode=False)
raise SystemExit(checks_doc.main([]))
"""

GRADE = """
import json, sys, tempfile
from pathlib import Path
from grader import ROOT
from grader.authoring import mutants
from grader.core.settings import Secret, Settings
from grader.diagnosis import catalogue
from grader.judging.judge import Judge
from grader.records.store import Store
from grader.scoring.rubric import load

def row(judge, part, id):
    return mutants.kill(judge, next(m for m in catalogue(part) if m.id == id))

def report(judge, store, name, files):
    handed_in = {f: (ROOT / folder / f).read_bytes() for f, folder in files.items()}
    return judge.grade(judge.reader.read_files(handed_in, id=name), store)

with tempfile.TemporaryDirectory() as name, Store(Path(name) / "s.sqlite") as store:
    with Judge(Settings(), load(ROOT / "rubric.yaml"), Secret(b"adding")) as judge:
        right = dict.fromkeys(("theory.py", "scaling.py"), "solutions")
        right = report(judge, store, "right", right)
        wrong = report(judge, store, "wrong", {"scaling.py": "starter"})
        kills = [row(judge, "scaling", "rows_for_columns"),
                 row(judge, "theory", "probabilities_doubled")]
print(json.dumps({
    "right": {c.result.id: str(c.result.outcome) for c in right.score.checks},
    "earned": str(right.score.earned),
    "wrong": {c.result.id: str(c.result.outcome) for c in wrong.score.checks},
    "unexpected": [kill.unexpected + kill.missed for kill in kills],
    "exact": [kill.exact for kill in kills],
    "diagnosed": [kill.diagnosed for kill in kills],
    "trouble": [kill.trouble for kill in kills],
}))
"""


def rubric() -> str:
    """The lines of the rubric: a point for each check of theory, and of what is added."""
    theory = [info.id for info in checks_of(("theory",)) if not info.advice]
    ids = {
        "theory": [*theory, "theory.forward.sums"],
        "scaling": ["scaling.standardise.values", "scaling.standardise.hidden"],
    }
    parts = {
        part: {"points": len(checks), "checks": dict.fromkeys(checks, 1)}
        for part, checks in ids.items()
    }
    total = sum(len(checks) for checks in ids.values())
    title = {"zh": "代码", "en": "Code"}
    row = {"id": "code", "title": title, "points": total, "marked_by": "checks", "parts": parts}
    whole = {"version": 1, "title": title, "total": total, "rows": [row]}
    return yaml.safe_dump(whole, allow_unicode=True)


def files_of(tree: Path) -> dict[str, bytes]:
    """Every file of a tree but for compiled ones."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(tree: Path, *arguments: str) -> str:
    """A Python of the tree's own, which sees no other checkout."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Any], set[str]]:
    """What grading with the new part and the new check gave, and which files had changed."""
    tree = tmp_path_factory.mktemp("tree")
    for folder in ("grader", "starter", "solutions", "presets"):
        shutil.copytree(ROOT / folder, tree / folder)  # with the compiled files, to save time
    (tree / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "checks.md", tree / "docs")
    shutil.copy(ROOT / "rubric.yaml", tree)
    before = files_of(tree)

    for path, text in PART.items():
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(text, "utf-8")
    for path, text in CHECK.items():
        with (tree / path).open("a", encoding="utf-8") as file:
            file.write(text)
    (tree / "rubric.yaml").write_text(rubric(), "utf-8")
    run(tree, "-c", MAKE_STARTER)
    found = json.loads(run(tree, "-c", GRADE).splitlines()[-1])

    after = files_of(tree)
    assert before.keys() <= after.keys()
    return found, {path for path, content in after.items() if before.get(path) != content}


def test_a_new_check_takes_three_files_of_its_part() -> None:
    assert len(CHECK) <= 3
    assert all(path.startswith((f"{STUDENTS}/theory/", f"{STAFF}/theory/")) for path in CHECK)


def test_a_new_part_takes_its_two_folders_and_its_solution() -> None:
    folders = (f"{STUDENTS}/scaling/", f"{STAFF}/scaling/")
    assert [path for path in PART if not path.startswith(folders)] == ["solutions/scaling.py"]


@pytest.mark.slow
def test_nothing_else_changes(added: tuple[Mapping[str, Any], set[str]]) -> None:
    _, changed = added
    assert changed == {*PART, *CHECK, *GENERATED, "rubric.yaml"}


@pytest.mark.slow
def test_the_right_hand_in_earns_the_new_points(
    added: tuple[Mapping[str, Any], set[str]],
) -> None:
    found, _ = added
    assert set(found["right"].values()) == {"passed"}
    assert {"scaling.standardise.hidden", "theory.forward.sums"} <= set(found["right"])
    assert found["earned"] == str(len(found["right"]))


@pytest.mark.slow
def test_the_empty_starter_earns_none_of_them(
    added: tuple[Mapping[str, Any], set[str]],
) -> None:
    found, _ = added
    assert found["wrong"]["scaling.standardise.values"] == "not_attempted"
    assert found["wrong"]["scaling.standardise.hidden"] == "not_attempted"
    assert found["wrong"]["theory.forward.sums"] == "missing"


@pytest.mark.slow
def test_the_new_mistakes_lose_their_checks_and_are_explained(
    added: tuple[Mapping[str, Any], set[str]],
) -> None:
    found, _ = added
    assert found["trouble"] == ["", ""]
    assert found["unexpected"] == [[], []]
    assert found["exact"] == [True, True]
    assert found["diagnosed"] == [True, True]
