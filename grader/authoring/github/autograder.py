"""Run the public checks on a student's checkout: ``result.json`` and a summary for GitHub.

The working directory is the student's checkout. ``tests/`` and ``pytest.ini`` are taken from beside
this file (Classroom 50's bundle) or else from the checkout. Standard library, numpy and pytest; the
student's code runs in processes of its own here, but with all rights of the job: what counts for a
mark is graded by the course.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PART_S = 180
"""For the checks of one part. Classroom 50 ends a job after 15 minutes."""

SUMMARY_BYTES = 1_000_000
"""GitHub refuses a summary of more than 1 MiB, and shows none."""

MESSAGE_CHARS = 1500
QUIET = ("passed", "skipped")
# Characters that mean something in Markdown, or call a person's name.
_MARKUP = {ord(char): f"&#{ord(char)};" for char in "\\`*_[]<>|@#&~$!"}

COLLECT = """
import json, sys
import pytest
class Rows:
    def __init__(self):
        self.rows = []
    def pytest_runtest_logreport(self, report):
        if row := getattr(report, "check_row", None):
            self.rows.append(row)
            # Each time: code that ends the process takes nothing from the checks before it.
            with open(sys.argv[1], "w", encoding="utf-8") as file:
                json.dump(self.rows, file)
sys.exit(pytest.main(sys.argv[2:], plugins=[Rows()]))
"""


def main() -> int:
    """Write ``result.json``, ``release-body.md`` and the job's summary; 0 if the checks ran."""
    checkout = Path.cwd()
    _install()
    source = HERE if (HERE / "tests").is_dir() else checkout
    points = {
        check: Fraction(value)
        for check, value in json.loads((source / "tests" / "points.json").read_text("utf-8"))[
            "checks"
        ].items()
    }
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        _copy(checkout, source, home)
        rows: dict[str, dict[str, Any]] = {}
        for part in dict.fromkeys(check.partition(".")[0] for check in points):
            rows |= {row["id"]: row for row in _run(home, part)}
    if not rows:
        print("no check has ended: is pytest installed, and are the tests whole?", file=sys.stderr)
        return 1
    tests = _tests(points, rows)
    (checkout / "result.json").write_text(
        json.dumps(_result(tests), indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
    summary = _summary(tests)
    (checkout / "release-body.md").write_text(summary, "utf-8")
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(summary)
    return 0


def _install() -> None:
    """What the checks need, where the runner lacks it: Classroom 50 installs nothing for us."""
    wanted = HERE / "requirements.txt"
    names = [line for line in wanted.read_text("utf-8").split("\n") if line.isalnum()]
    if all(importlib.util.find_spec(name) for name in names):
        return
    # Outside a virtual environment the packages of the system may not be ours to change.
    user = ["--user"] if sys.prefix == sys.base_prefix else []
    words = [sys.executable, "-m", "pip", "install", "--quiet", *user, "-r", str(wanted)]
    subprocess.run(words, check=True)


def _copy(checkout: Path, source: Path, home: Path) -> None:
    """The student's programs and the tests in one folder, as they are handed out."""
    for path in checkout.iterdir():
        # No link: it could lead anywhere on the runner.
        if path.is_file() and not path.is_symlink() and path.suffix in (".py", ".txt", ".ipynb"):
            shutil.copy(path, home / path.name)
    shutil.copytree(source / "tests", home / "tests", symlinks=True)
    shutil.copy(source / "pytest.ini", home / "pytest.ini")


def _run(home: Path, part: str) -> list[dict[str, Any]]:
    """The rows of the checks of a part that have ended."""
    written = home / f"rows-{part}.json"
    words = [sys.executable, "-c", COLLECT, str(written), f"tests/parts/{part}"]
    try:
        done = subprocess.run(
            words,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=PART_S,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    # What a student prints must give the runner no commands.
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}")
    print(output.decode("utf-8", "replace"))
    print(f"::{token}::", flush=True)
    try:
        rows = json.loads(written.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [row for row in rows if row["id"].partition(".")[0] == part]


def _tests(points: dict[str, Fraction], rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What Classroom 50 reads of each check. Its scores are whole: points by a common factor."""
    scale = math.lcm(*(value.denominator for value in points.values()))
    tests = []
    for check, worth in points.items():
        row = rows.get(check)
        outcome = "not run" if row is None else row["outcome"]
        # What this machine cannot run is in no total.
        if outcome == "skipped":
            continue
        share = row["fraction"] if row is not None and outcome == "partial" else 0
        earned = worth if outcome == "passed" else worth * Fraction(share).limit_denominator(1000)
        title, why = (row["title"], row["why"]) if row else (["", ""], ["", ""])
        tests.append(
            {
                "test-name": check,
                "passed": outcome == "passed",
                "score": math.floor(earned * scale),
                "max-score": int(worth * scale),
                "outcome": outcome,
                "points": f"{float(earned):g} / {float(worth):g}",
                "title": _clean(" ".join(title)),
                "message": "" if outcome in QUIET else _clean(" ".join(filter(None, why))),
            }
        )
    return tests


def _result(tests: list[dict[str, Any]]) -> dict[str, Any]:
    env = os.environ
    repository = f"{env.get('GITHUB_SERVER_URL', '')}/{env.get('GITHUB_REPOSITORY', '')}"
    commit = env.get("COMMIT_URL") or f"{repository}/commit/{env.get('GITHUB_SHA', '')}"
    return {
        "schema": "classroom50/result/v1",
        "classroom": env.get("CLASSROOM", ""),
        "assignment": env.get("ASSIGNMENT", ""),
        "submission": env.get("SUBMISSION_TAG", ""),
        "commit": commit,
        "release": env.get("RELEASE_URL", ""),
        "review": env.get("REVIEW_URL") or commit,
        "datetime": _submitted_at(),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def _submitted_at() -> str:
    """The time of the commit, which a second run does not move."""
    try:
        words = ["git", "log", "-1", "--format=%ct"]
        done = subprocess.run(words, capture_output=True, check=True, timeout=30)
        moment = datetime.fromtimestamp(int(done.stdout), timezone.utc)
    except (OSError, ValueError, subprocess.SubprocessError):
        moment = datetime.now(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _summary(tests: list[dict[str, Any]]) -> str:
    """A table of the checks, then why points are missing, in both languages."""
    passed = sum(test["passed"] for test in tests)
    lines = [
        f"## 公开检查 / Public checks: {passed} / {len(tests)}\n",
        "隐藏检查由课程另行运行。",
        "Hidden checks are run by the course.\n",
        "| | 检查 / check | 分 / points |",
        "|---|---|---|",
    ]
    for test in tests:
        sign = "✅" if test["passed"] else "➖" if test["outcome"] == "not_attempted" else "❌"
        name = f"{_escaped(test['test-name'])} {_escaped(test['title'])}"
        lines.append(f"| {sign} | {name} | {test['points']} |")
    lines += [
        f"\n**{_escaped(test['test-name'])}** ({test['outcome']}): {_escaped(test['message'])}"
        for test in tests
        if test["message"]
    ]
    text = "\n".join(lines) + "\n"
    return text.encode("utf-8")[:SUMMARY_BYTES].decode("utf-8", "ignore")


def _clean(text: str) -> str:
    """On one line, without characters that are not seen."""
    kept = ("?" if unicodedata.category(c)[0] == "C" and c not in "\n\t" else c for c in text)
    return " ".join("".join(kept).split())[:MESSAGE_CHARS]


def _escaped(text: str) -> str:
    return text.translate(_MARKUP)


if __name__ == "__main__":
    sys.exit(main())
