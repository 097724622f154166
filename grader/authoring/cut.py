"""Cut the starter from the solutions, so that the two cannot drift apart.

A region of a solution between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` becomes one
``raise NotImplementedError(...)`` in the starter. Its sentence is at the top of the region, in
one or more lines ``# STUB: "..."`` that are joined as they are. What is outside the regions is
given to the student unchanged. Which files are cut and which are given whole is declared in
``handout``. ``python -m grader.authoring.cut`` writes the starter; with ``--check`` it only says
which files are stale.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from grader import ROOT
from grader.authoring import handout
from grader.core.errors import GraderError
from grader.mutation import BEGIN, END
from kit.text import Text

STUB = "# STUB:"

FIRST = "# Template of the lab. 实验模板。\n"  # by which a file is known for a generated one
HEADER = FIRST + (
    "# Write your code in this file, in the place of every NotImplementedError.\n"
    "# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。\n"
)
GIVEN_HEADER = FIRST + (
    "# Given: there is nothing to fill in here.\n"
    "# 本文件已经写好，不需要填空。\n"
)  # fmt: skip

TRIVIAL = 12  # a line of at most so many characters gives nothing away
IDIOM = 32  # a line of at most so many characters, without white space, occurs in many files
OLDEST_PYTHON = (3, 10)  # of a student's laptop


class CutError(GraderError):
    """The markers of a solution are wrong, or what they leave is no Python."""


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of a solution from its BEGIN marker up to and with its END marker."""

    first: int  # index of the BEGIN line
    last: int  # index of the END line
    indent: str
    sentences: tuple[str, ...]  # of the STUB lines
    body: tuple[str, ...]  # the solution itself

    @property
    def title(self) -> str:
        """The name of the blank, with which its sentence begins."""
        return self.sentences[0].partition(":")[0]


def cut(source: str, only: str = "") -> str:
    """`source` with its header on top and a stub in place of each region; CutError for a fault.

    Students get the result, so the header speaks to them, not to those who edit ``solutions/``.
    With `only` that blank alone is cut, and all others stay written.
    """
    lines = _lines(source)
    out: list[str] = []
    after = 0
    for region in _regions(lines):
        if only and region.title != only:
            continue
        out += lines[after : region.first]
        out += _stub(region)
        after = region.last + 1
    out += lines[after:]
    header = HEADER if _regions(lines) else GIVEN_HEADER
    starter = header + "".join(line + "\n" for line in out)
    try:
        ast.parse(starter, feature_version=OLDEST_PYTHON)
    except SyntaxError as error:
        raise CutError(
            Text(
                f"裁剪之后不是合法的 Python（第 {error.lineno} 行：{error.msg}）。"
                "请检查标记是否包住了完整的语句。",
                f"What the cut leaves is not valid Python (line {error.lineno}: {error.msg}). "
                "Check that the markers enclose whole statements.",
            )
        ) from error
    return starter


def solution_lines(source: str) -> set[str]:
    """The lines that must not reach a student: stripped, not trivial, not given elsewhere.

    A comment behind code is left off: the code alone would be a leak too.
    """
    lines = _lines(source)
    regions = _regions(lines)
    given = {
        _code(line)
        for i, line in enumerate(lines)
        if not any(region.first <= i <= region.last for region in regions)
    }
    inside = {_code(line) for region in regions for line in region.body}
    # An import reveals nothing: the kit may need the same module.
    telling = {line for line in inside - given if not line.startswith(("from ", "import "))}
    return {line for line in telling if len(line) > TRIVIAL}


def expected(root: Path) -> dict[Path, str]:
    """Each generated file of the starter, by its path, with its text; CutError for a fault."""
    files: dict[Path, str] = {}
    for solution in sorted((root / "solutions").glob("*.py")):
        if solution.name in handout.KEPT:
            continue
        try:
            files[root / "starter" / solution.name] = _given(solution)
        except CutError as error:
            place = Text(f"{solution.name}：", f"{solution.name}:")
            raise CutError(place + error.text) from error
    if not files:
        raise CutError(
            Text(
                f"{root}/solutions 里没有 .py 文件。", f"There is no .py file in {root}/solutions."
            )
        )
    return files


def _given(solution: Path) -> str:
    """What students get of a file of ``solutions/``; CutError for one that is not declared."""
    text = _read(solution)
    if solution.name not in handout.SOURCES:
        raise CutError(
            Text(
                "没有声明这个文件，不会发给学生。部分的文件由 kit.contracts 声明；"
                "grader/authoring/handout.py 的 WHOLE 列出原样发给学生的文件，"
                "KEPT 列出从不发给学生的文件。",
                "this file is not declared, so students do not get it. kit.contracts declares "
                "the files of parts; in grader/authoring/handout.py, WHOLE lists what students get "
                "whole and KEPT what they never get.",
            )
        )
    # A part without a blank is a solution whose markers were forgotten.
    if solution.name in handout.CUT and not _regions(_lines(text)):
        raise CutError(
            Text(
                f"没有标出任何空，学生会得到整份解答。请用 {BEGIN} 和 {END} 标出学生要写的代码。",
                f"no region is marked, so students would get the whole solution. Mark what they "
                f"write with {BEGIN} and {END}.",
            )
        )
    return cut(text)


def stale(root: Path) -> list[Path]:
    """The generated files that are missing, differ from the cut, or have lost their solution."""
    wanted = expected(root)
    # `_read` gives single newlines, so a checkout on Windows is not stale.
    changed = [p for p, text in wanted.items() if not p.is_file() or _read(p) != text]
    # By the header, so that a file that a person wrote in starter/ is never deleted.
    orphans = [p for p in _generated(root) if p not in wanted]
    return sorted(changed + orphans)


def write(root: Path) -> list[Path]:
    """Bring the starter up to date; the files that were written or removed."""
    wanted = expected(root)
    changed = stale(root)
    for path in changed:
        if path not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        # The same bytes on Windows, where a text file would get CRLF.
        path.write_text(wanted[path], encoding="utf-8", newline="\n")
    return changed


def leaks(root: Path, paths: Sequence[Path] | None = None) -> list[tuple[Path, str]]:
    """Where one of `paths`, by default a file of the starter, holds a line for staff alone.

    Those are the lines of solution regions, of hidden suites and cases, and of known mistakes.
    """
    secret = {
        _squeezed(line)
        for solution in sorted((root / "solutions").glob("*.py"))
        for line in solution_lines(_read(solution))
    }
    secret |= _staff_lines(root)
    secret -= {_squeezed(line) for line in handout.SHARED}
    # A line may be given in one file and solved in another; then it is no secret.
    given = _squeezed("\n".join(expected(root).values()))
    secret = {line for line in secret if line not in given}

    found: list[tuple[Path, str]] = []
    for path in handout.given_files(root) if paths is None else paths:
        # With replacement: an .npz file is searched as well, and is no text.
        text = _squeezed(path.read_bytes().decode("utf-8", errors="replace"))
        found += [(path, line) for line in sorted(secret) if line in text]
    return found


def _staff_lines(root: Path) -> set[str]:
    """The lines of the staff's side and of kept solutions that are more than an idiom."""
    files = [p for p in (root / "grader" / "parts").glob("*/*") if p.suffix in (".py", ".yaml")]
    files += [p for name in handout.KEPT if (p := root / "solutions" / name).is_file()]
    lines = {_code(line) for path in files for line in _read(path).split("\n")}
    # Imports and rulers tell nothing, and both sides have the same ones.
    plain = {_squeezed(line) for line in lines if not line.startswith(("from ", "import ", "# --"))}
    return {line for line in plain if len(line) > IDIOM}


def explained(root: Path, path: Path, line: str) -> Text:
    """A leak in words: where it is, whose line it is, and what to do, also where it is none."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    at = _line_of(path.read_bytes().decode("utf-8", errors="replace"), line)
    sources = [*sorted((root / "solutions").glob("*.py"))]
    sources += sorted(p for p in (root / "grader" / "parts").glob("*/*") if p.suffix != ".pyc")
    origin = Text("", "")
    for source in sources:
        if source.is_file() and (first := _line_of(_read(source), line)):
            where = f"{source.relative_to(root).as_posix()}:{first}"
            origin = Text(f"（{where}）", f" ({where})")
            break
    return Text(
        f"leak: {name}:{at} 有一行只供教师{origin.zh}：{line}。请从发给学生的文件里删去它，"
        "或改写其中一处。如果它只是常见写法，不泄露答案，就把它写进那个部分的 "
        "grader/parts/<part>/spec.py 的 shared_lines。",
        f"leak: {name}:{at} holds a line that students must not see{origin.en}: {line}. Remove it "
        "from what students get, or write one of the two differently. If it is an idiom that "
        "gives nothing away, list it in shared_lines of grader/parts/<part>/spec.py.",
    )


def _line_of(text: str, squeezed: str) -> int:
    """The number of the line that holds `squeezed`, which may go on over later lines; else 0."""
    lines = text.split("\n")
    for i in range(len(lines)):
        here = _squeezed("".join(lines[i : i + 8]))
        if squeezed in here and squeezed not in _squeezed("".join(lines[i + 1 : i + 8])):
            return i + 1
    return 0


def _read(path: Path) -> str:
    """The text with single newlines: a checkout on Windows may hold CRLF."""
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def _lines(source: str) -> list[str]:
    # Not splitlines: it would break a string that holds a form feed or a U+2028.
    text = source.removeprefix("\ufeff").replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n")


def _code(line: str) -> str:
    return line.split("  # ")[0].strip()


def _squeezed(text: str) -> str:
    """Without any white space, so that neither indentation nor reformatting hides a line."""
    return "".join(text.split())


def _generated(root: Path) -> list[Path]:
    return [p for p in (root / "starter").glob("*.py") if _read(p).startswith(FIRST)]


def _regions(lines: list[str]) -> list[Region]:
    regions: list[Region] = []
    first: int | None = None
    for i, line in enumerate(lines):
        marker = line.strip()
        if marker == BEGIN:
            if first is not None:
                raise _misplaced(i, f"BEGIN 嵌套在第 {first + 1} 行的 BEGIN 之内", "a nested BEGIN")
            first = i
        elif marker == END:
            if first is None:
                raise _misplaced(i, "END 之前没有 BEGIN", "an END without a BEGIN")
            regions.append(_region(lines, first, i))
            first = None
        elif marker.startswith(STUB) and first is None:
            raise _misplaced(i, "STUB 不在 BEGIN 和 END 之间", "a STUB outside a region")
        # A marker behind code would otherwise be overlooked, and the solution given out.
        elif BEGIN in line or END in line:
            raise _misplaced(i, "标记必须独占一行", "a marker that shares its line")
    if first is not None:
        raise _misplaced(first, "BEGIN 之后没有 END", "a BEGIN without an END")
    return regions


def _region(lines: list[str], first: int, last: int) -> Region:
    # The stub takes the marker's indentation, inside its function or its class.
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    sentences: list[str] = []
    body: list[str] = []
    for i in range(first + 1, last):
        text = lines[i].strip()
        if text.startswith(STUB):
            sentences.append(_sentence(i, text.removeprefix(STUB).strip()))
        else:
            body.append(lines[i])
    if not "".join(sentences).strip():
        raise _misplaced(first, f'缺少 {STUB} "……" 一行', f'a region without {STUB} "..."')
    if not "".join(body).strip():
        raise _misplaced(first, "两个标记之间没有代码", "a region without a solution")
    return Region(first, last, indent, tuple(sentences), tuple(body))


def _sentence(i: int, literal: str) -> str:
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        value = None
    if not isinstance(value, str):
        raise _misplaced(i, "STUB 之后应是一个带引号的字符串", "a STUB that is no quoted string")
    return value


def _stub(region: Region) -> list[str]:
    """The raise statement, laid out as a formatter would, one literal for each STUB line."""
    literals = ['"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"' for s in region.sentences]
    if len(literals) == 1:
        return [f"{region.indent}raise NotImplementedError({literals[0]})"]
    return [
        f"{region.indent}raise NotImplementedError(",
        *(f"{region.indent}    {literal}" for literal in literals),
        f"{region.indent})",
    ]


def _misplaced(i: int, zh: str, en: str) -> CutError:
    return CutError(
        Text(
            f"第 {i + 1} 行：{zh}。每个空应写成 {BEGIN}、{STUB} 和 {END}。",
            f"Line {i + 1}: {en}. A blank is written {BEGIN}, {STUB}, {END}.",
        )
    )


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is stale.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=ROOT,
    help="The checkout; by default the one this module lies in.",
)
def main(check: bool, root: Path) -> None:
    """Cut starter/*.py from solutions/*.py."""
    try:
        changed = stale(root) if check else write(root)
        leaked = leaks(root)
        strange = handout.undeclared(root)
    except GraderError as error:
        click.echo(f"{error.text.zh}\n{error.text.en}", err=True)
        sys.exit(error.exit_code)
    for path in changed:
        name = path.relative_to(root).as_posix()
        click.echo(f"stale: {name} (run `make starter`)" if check else f"written: {name}")
    for path, line in leaked:
        said = explained(root, path, line)
        click.echo(f"{said.zh}\n{said.en}", err=True)
    for path in strange:
        name = path.relative_to(root).as_posix()
        click.echo(f"not declared in grader/authoring/handout.py: {name}", err=True)
    if leaked or strange or (check and changed):
        sys.exit(1)
    if not changed:
        click.echo("starter/ is up to date.")


if __name__ == "__main__":
    main()
