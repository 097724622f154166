"""How each grader is set up and started, and how its marks are read.

A contestant gets an empty folder, writes there what a teacher and a student would, and says the
command that a user types. Only the command is timed. `earned` reads the points of each check
from what the command wrote; None means that it left no marks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .hand_ins import POINTS, ROOT, HandIn

Earned = Mapping[str, float] | None


class Contestant(ABC):
    """A grader: where its Python is, and what its checks are."""

    name = ""

    def __init__(self, python: Path, checks: str) -> None:
        self.python, self.checks = python, checks

    @abstractmethod
    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        """Write the files -> the command that grades, started in `folder`."""

    @abstractmethod
    def earned(self, folder: Path) -> Earned:
        """The points of each check."""

    def tool(self, name: str) -> str:
        """A command of the environment."""
        return str(self.python.parent / name)

    def prepare(self, folder: Path) -> list[list[str]]:
        """Commands that a teacher runs once, before any hand-in."""
        return []


class ThisGrader(Contestant):
    """``grader grade`` with a rubric of the four checks."""

    name = "this grader, cold"
    IDS = {"forward": "forward.values", "backward": "backward.values", "clip": "clip.values",
           "sample": "sample.text"}  # fmt: skip

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        (folder / "alice").mkdir()
        (folder / "alice" / "numpy_rnn.py").write_text(hand_in.source, "utf-8")
        self.rubric(folder)
        flags = ["--rubric", "rubric.yaml", "--out", "out", "--lang", "en"]
        return [sys.executable, "-m", "grader", "grade", "alice", *flags]

    def rubric(self, folder: Path) -> None:
        """A rubric that has the four checks; the others of the part must be worth something."""
        whole_part = yaml.safe_load((ROOT / "rubric.yaml").read_text("utf-8"))["rows"][0]["parts"]
        checks: dict[str, Any] = dict.fromkeys(whole_part["numpy_rnn"]["checks"], "1/100")
        total = f"{sum(POINTS.values()) * 100 + len(checks) - len(POINTS)}/100"
        checks |= {f"numpy_rnn.{self.IDS[name]}": points for name, points in POINTS.items()}
        title = {"zh": "四项", "en": "Four"}
        row = {"id": "code", "title": title, "points": total, "marked_by": "checks",
               "parts": {"numpy_rnn": {"points": total, "checks": checks}}}  # fmt: skip
        whole = {"version": 1, "title": title, "total": total, "rows": [row]}
        (folder / "rubric.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")

    def earned(self, folder: Path) -> Earned:
        found = {check["id"]: check for check in self.report(folder / "out" / "alice")}
        return {name: float(found[f"numpy_rnn.{i}"]["earned"]) for name, i in self.IDS.items()}

    def others_s(self, folder: Path) -> float:
        """The seconds of the checks that no peer makes: the grader leaves none of a part out."""
        ours = {f"numpy_rnn.{i}" for i in self.IDS.values()}
        return float(sum(c["seconds"] for c in self.report(folder) if c["id"] not in ours))

    def report(self, folder: Path) -> list[dict[str, Any]]:
        """The records of the checks of a hand-in, in the folder of its results."""
        checks: list[dict[str, Any]] = json.loads((folder / "report.json").read_text("utf-8"))[
            "checks"
        ]
        return checks


class Pytest(Contestant):
    """A fresh pytest process."""

    name = "pytest"

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        (folder / "numpy_rnn.py").write_text(hand_in.source, "utf-8")
        tests = "".join(f"\n\ndef test_{name}():\n    check_{name}(numpy_rnn)\n" for name in POINTS)
        source = "import numpy_rnn\n" + self.checks + tests
        (folder / "test_lab.py").write_text(source, "utf-8")
        return [str(self.python), "-m", "pytest", "-q", "--junitxml=out.xml"]

    def earned(self, folder: Path) -> Earned:
        if not (folder / "out.xml").exists():
            return None
        cases = ElementTree.parse(folder / "out.xml").iter("testcase")
        passed = {case.get("name") for case in cases if not len(case)}
        return {name: value if f"test_{name}" in passed else 0 for name, value in POINTS.items()}


class GradescopeUtils(Contestant):
    """The runner of gradescope-utils, as its examples have it."""

    name = "gradescope-utils"

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        (folder / "numpy_rnn.py").write_text(hand_in.source, "utf-8")
        tests = "".join(
            f"\n    @weight({value})\n    def test_{name}(self):\n        check_{name}(numpy_rnn)\n"
            for name, value in POINTS.items()
        )
        source = (
            "import unittest\n\nimport numpy_rnn\n"
            "from gradescope_utils.autograder_utils.decorators import weight\n"
            "from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner\n"
            f"{self.checks}\n\nclass TestLab(unittest.TestCase):{tests}\n\n"
            'if __name__ == "__main__":\n'
            "    suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestLab)\n"
            '    with open("results.json", "w") as file:\n'
            "        JSONTestRunner(stream=file).run(suite)\n"
        )
        (folder / "run_tests.py").write_text(source, "utf-8")
        return [str(self.python), "run_tests.py"]

    def earned(self, folder: Path) -> Earned:
        return scores(folder / "results.json", lambda test: test["name"].split()[0][5:])


class Otter(Contestant):
    """``otter run`` on a script."""

    name = "otter run"

    def prepare(self, folder: Path) -> list[list[str]]:
        (folder / "tests").mkdir()
        for name, value in POINTS.items():
            (folder / "tests" / f"{name}.py").write_text(
                "from types import SimpleNamespace\n\nfrom otter.test_files import test_case\n"
                f"{self.checks}\n\nOK_FORMAT = False\nname = {name!r}\npoints = {value}\n\n\n"
                f"@test_case(points={value}, hidden=False)\ndef test_{name}(env):\n"
                f"    check_{name}(SimpleNamespace(**env))\n",
                "utf-8",
            )
        made = ["-t", "tests", "-o", "autograder.zip", "--no-environment"]
        return [[self.tool("otter"), "generate", *made]]

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        (folder / "numpy_rnn.py").write_text(hand_in.source, "utf-8")
        (folder / "out").mkdir()
        return [self.tool("otter"), "run", "numpy_rnn.py", "-a", "../autograder.zip", "-o", "out"]

    def earned(self, folder: Path) -> Earned:
        return scores(folder / "out" / "results.json", lambda test: test["name"])


def scores(path: Path, name_of: Any) -> Earned:
    """The points in a file of Gradescope's format; None where it holds none."""
    if not path.exists() or not path.stat().st_size:
        return None
    tests = json.loads(path.read_text("utf-8")).get("tests", [])
    found = {name_of(test): float(test.get("score") or 0) for test in tests}
    return {name: found.get(name, 0.0) for name in POINTS}


class NbGrader(Contestant):
    """``nbgrader autograde`` of a notebook whose first cell holds the student's file."""

    name = "nbgrader autograde"

    def prepare(self, folder: Path) -> list[list[str]]:
        blank = "### BEGIN SOLUTION\npass\n### END SOLUTION"
        self.notebook(folder / "source" / "lab" / "lab.ipynb", blank)
        return [[self.tool("nbgrader"), "generate_assignment", "lab"]]

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        self.notebook(
            folder.parent / "submitted" / folder.name / "lab" / "lab.ipynb", hand_in.source
        )
        course = f"--CourseDirectory.root={folder.parent}"
        return [self.tool("nbgrader"), "autograde", "lab", "--student", folder.name, course]

    def notebook(self, path: Path, code: str) -> None:
        """A notebook with the code and the four cells of checks."""
        cells = [cell("code", code)]
        for name, value in POINTS.items():
            source = f"{self.checks}\nfrom types import SimpleNamespace\n"
            source += f"check_{name}(SimpleNamespace(**globals()))"
            cells.append(cell(name, source, value))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4,
                   "nbformat_minor": 5}  # fmt: skip
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content), "utf-8")

    def earned(self, folder: Path) -> Earned:
        code = (
            "import json, sys\nfrom nbgrader.api import Gradebook\n"
            "with Gradebook(f'sqlite:///{sys.argv[1]}/gradebook.db') as book:\n"
            "    found = book.find_submission('lab', sys.argv[2])\n"
            "    grades = [g for n in found.notebooks for g in n.grades]\n"
            "    print(json.dumps({g.name: g.score for g in grades if g.auto_score is not None}))\n"
        )
        asked = [str(self.python), "-c", code, str(folder.parent), folder.name]
        done = subprocess.run(asked, capture_output=True, text=True)
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        return {name: found.get(name, 0.0) for name in POINTS} if found else None


def cell(name: str, source: str, points: int = 0) -> dict[str, Any]:
    """A cell of nbgrader's: the student's, or a check if it has points."""
    about: dict[str, Any] = {
        "schema_version": 3, "grade_id": name, "grade": bool(points), "solution": not points,
        "locked": bool(points), "task": False,
    }  # fmt: skip
    if points:
        about["points"] = points
    return {"cell_type": "code", "id": name, "metadata": {"nbgrader": about}, "source": source,
            "outputs": [], "execution_count": None}  # fmt: skip


class Check50(Contestant):
    """``check50 --dev``; it has no points, so a check that passes counts as its points."""

    name = "check50"

    def prepare(self, folder: Path) -> list[list[str]]:
        source = f"import check50\nimport check50.py\n{self.checks}"
        source += "\n\n@check50.check()\ndef exists():\n    check50.exists('numpy_rnn.py')\n"
        for name in POINTS:
            source += (
                f"\n\n@check50.check(exists)\ndef {name}():\n"
                "    try:\n"
                f"        check_{name}(check50.py.import_('numpy_rnn.py'))\n"
                "    except AssertionError as error:\n"
                "        raise check50.Failure(str(error))\n"
            )
        (folder / "lab").mkdir()
        (folder / "lab" / "__init__.py").write_text(source, "utf-8")
        (folder / "lab" / ".cs50.yml").write_text(
            "check50:\n  files:\n    - !require numpy_rnn.py\n", "utf-8"
        )
        return []

    def set_up(self, folder: Path, hand_in: HandIn) -> list[str]:
        (folder / "numpy_rnn.py").write_text(hand_in.source, "utf-8")
        flags = ["--dev", "-o", "json", "--output-file", "out.json"]
        return [self.tool("check50"), *flags, "../lab"]

    def earned(self, folder: Path) -> Earned:
        path = folder / "out.json"
        results = json.loads(path.read_text("utf-8")).get("results") if path.exists() else None
        if not results:
            return None
        passed = {result["name"] for result in results if result["passed"]}
        return {name: value if name in passed else 0 for name, value in POINTS.items()}


PEERS = (Pytest, GradescopeUtils, Otter, NbGrader, Check50)
