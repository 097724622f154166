"""Small classes that are graded in seconds: helpers of the tests of the batch.

Only the NumPy part is marked, and nobody writes a forward pass, so nothing is trained.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import yaml
from handing_in import zip_of

from grader import ROOT
from grader.records.gradebook_builder import DATABASE

_STARTER = (ROOT / "starter" / "numpy_rnn.py").read_text("utf-8")
_SOLUTION = (ROOT / "solutions" / "numpy_rnn.py").read_text("utf-8")


def numpy_rubric(path: Path, **points: str) -> Path:
    """The default rubric with the NumPy part alone; `points` replace a check's (dots as __).

    What a check gains is taken from the report's row, so that the sums still hold.
    """
    tree = yaml.load((ROOT / "rubric.yaml").read_text("utf-8"), yaml.BaseLoader)
    code = next(row for row in tree["rows"] if row["id"] == "code")
    code["parts"] = {"numpy_rnn": code["parts"]["numpy_rnn"]}
    _by_hand(tree)
    checks = code["parts"]["numpy_rnn"]["checks"]
    for name, value in points.items():
        checks[name.replace("__", ".")] = value
    total = sum(float(value) for value in checks.values())
    code["points"] = code["parts"]["numpy_rnn"]["points"] = f"{total:g}"
    rest = sum(float(row["points"]) for row in tree["rows"] if row["id"] not in ("code", "report"))
    report = next(row for row in tree["rows"] if row["id"] == "report")
    report["points"] = f"{100 - total - rest:g}"
    # Its first criterion takes what the row has gained, as a number that is given freely.
    first, *others = report["criteria"]
    first["points"] = f"{100 - total - rest - sum(float(c['points']) for c in others):g}"
    first.pop("levels", None)
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def _by_hand(tree: dict[str, Any]) -> None:
    """The extensions row as one that a person marks."""
    row = next(row for row in tree["rows"] if row["id"] == "extensions")
    for key in ("parts", "optional"):
        row.pop(key, None)
    row["marked_by"] = "ta"


def clip_only(wrong: bool = False, comment: str = "") -> str:
    """The starter with one blank filled in."""
    start = _SOLUTION.index("def clip_by_norm")
    end = _SOLUTION.index("\ndef ", start + 1)
    body = _SOLUTION[start:end]
    if wrong:
        assert "g *= " in body
        body = body.replace("g *= ", "g *= 0.5 * ")
    before = _STARTER[: _STARTER.index("def clip_by_norm")]
    after = _STARTER[_STARTER.index("\ndef ", _STARTER.index("def clip_by_norm") + 1) :]
    return f"# {comment}\n{before}{body}{after}"


def name(i: int) -> str:
    """Of student number `i`."""
    return "赵钱孙李周吴郑王"[i % 8] + "安"


def a_class(folder: Path, size: int = 6) -> Path:
    """`size` students of whom every third clips wrongly; every one hands in other bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(size):
        text = clip_only(wrong=i % 3 == 2, comment=f"student {i}")
        zip_of(folder / f"20230{i:02d}-{name(i)}-实验6.zip", {"numpy_rnn.py": text})
    return folder


def committed(out: Path) -> int:
    """Outcomes and marks that are on record."""
    if not (out / DATABASE).exists():
        return 0
    with sqlite3.connect(f"file:{out / DATABASE}?mode=ro", uri=True) as db:
        try:
            return sum(
                db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("outcome", "grading")
            )
        except sqlite3.OperationalError:  # the tables are not there yet
            return 0
