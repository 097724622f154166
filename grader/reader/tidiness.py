"""The linter's findings on a student's own lines, from the linter's output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.core.model import LintFinding, Tidiness

from .filled import filled, is_built
from .messages import MAX_FINDINGS
from .own_lines import OwnLines, own_lines, text_lines

MAX_MESSAGE = 200

REPEATS = 5
"""How often one and the same line of a file counts.

Of 84 right files one has a line that comes more often, an `else:`. A thousand times ``count = 1``
must not make a share of findings small."""

SYNTAX = "invalid-syntax"
"""The linter's word for what cannot be parsed."""

_INDENTATION = frozenset(("W191", "E101"))
"""Tabs, and tabs mixed with blanks: an editor's setting, which the linter finds on every line.

It is one habit of a file, so each counts once; every other finding is about its own line."""

_ADDED = re.compile(r"\(syntax was added in Python 3\.(\d{1,3})\)\Z")

_FINDING = re.compile(
    r"(?:[^:]*/)?(?P<file>\d{3}\.py):(?P<row>\d{1,9}):\d{1,9}: "
    r"(?:(?P<code>[A-Z]{1,9}\d{1,9}) (?:\[\*\] )?|(?P<error>[\w-]{1,99}): )(?P<message>.*)"
)


def name_of(number: int) -> str:
    """What the file of this number is called for the linter, so that no name can be an option."""
    return f"{number:03d}.py"


def measure(
    texts: Mapping[str, str],
    output: bytes,
    complete: bool,
    given: frozenset[str],
    blanks: Sequence[frozenset[str]],
) -> Tidiness:
    """The tidiness of `texts`, which the linter saw sorted by path and named by :func:`name_of`.

    `given` are the starter's lines, `blanks` the names of its blanks, file by file. `output` is not
    `complete` if the linter found more than is read.
    """
    # The same output tells the version, because the linter knows the syntax of each.
    newer = versions(texts, output)
    own = {path: _counted(path, text, path in newer, given, blanks) for path, text in texts.items()}
    lines = sum(len(_different(texts[path], lines.statements)) for path, lines in own.items())
    findings = [
        finding
        for finding in _findings(sorted(texts), output, complete)
        # Code is no less tidy because it needs a newer Python.
        if finding.line in own[finding.path].lines and not _is_newer(finding)
    ]
    findings.sort(key=lambda finding: (finding.path, finding.line, finding.code))
    findings = list(_habits_once(findings))
    # Nobody has so many by accident. Those that were cut off must not make the rest look few.
    count = len(findings) if complete else max(lines, len(findings))
    # So many are kept for the page. The points depend on the number of all.
    return Tidiness(lines, count, tuple(findings[:MAX_FINDINGS]))


def _habits_once(findings: Iterable[LintFinding]) -> Iterator[LintFinding]:
    """The findings; of those about a file's indentation only the first of each kind."""
    said: set[tuple[str, str]] = set()
    for finding in findings:
        habit = (finding.path, finding.code)
        if habit not in said:
            yield finding
        if finding.code in _INDENTATION:
            said.add(habit)


def _counted(
    path: str, text: str, newer: bool, given: frozenset[str], blanks: Sequence[frozenset[str]]
) -> OwnLines:
    """The student's own lines; of a file that is built on the starter those of filled blanks."""
    own = own_lines(text, given)
    if not is_built(text, given):
        return own
    lines = filled(text, blanks, own.statements)
    if lines is None:
        # Code for a newer Python is code, and one cell that is broken says nothing of the others.
        if newer or path.lower().endswith(".ipynb"):
            return own
        # In a file that is no Python it cannot be said which lines belong to a filled blank.
        lines = frozenset()
    return OwnLines(own.lines & lines, own.statements & lines)


def _different(text: str, statements: frozenset[int]) -> frozenset[int]:
    """Of these lines those that count: one that is repeated does so a few times."""
    written = text_lines(text)
    seen: Counter[str] = Counter()
    counted = set()
    for number in sorted(statements):
        line = written[number - 1].strip()
        seen[line] += 1
        if seen[line] <= REPEATS:
            counted.add(number)
    return frozenset(counted)


def _is_newer(finding: LintFinding) -> bool:
    """Whether it says no more than that the syntax is new."""
    return finding.code == SYNTAX and "(syntax was added in Python 3." in finding.text


def versions(texts: Mapping[str, str], output: bytes) -> dict[str, int]:
    """For each source that cannot be parsed, the minor number of the first Python 3 that can.

    What no version can parse is left out. `output` must be complete.
    """
    said: dict[str, list[re.Match[str] | None]] = {}
    for finding in _findings(sorted(texts), output, True):
        if finding.code == SYNTAX:
            said.setdefault(finding.path, []).append(_ADDED.search(finding.text))
    return {
        path: max(int(match[1]) for match in added if match)
        for path, added in said.items()
        if all(added)
    }


def _findings(ordered: list[str], output: bytes, complete: bool) -> Iterator[LintFinding]:
    paths = {name_of(number): path for number, path in enumerate(ordered)}
    raw = output.decode("utf-8", "replace").split("\n")
    # After a cut the last line is not whole.
    for line in raw if complete else raw[:-1]:
        if (match := _FINDING.fullmatch(line)) and match["file"] in paths:
            # Ruff gives a syntax error no code.
            code = match["code"] or match["error"]
            message = match["message"][:MAX_MESSAGE]
            yield LintFinding(paths[match["file"]], int(match["row"]), code, message)
