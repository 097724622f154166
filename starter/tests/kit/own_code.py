"""The student's own code in a folder, and what grading sees in it that a run here does not show.

``pack.py`` says it before the zip is handed in, ``pytest starter/`` after each run.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .contracts import GRADER_PYTHON, MAX_NOTEBOOK_BYTES, MAX_SOURCE_BYTES
from .homes import PassedOver
from .locate import Located, is_starter_test, locate
from .newer_syntax import newer_line
from .sources import read, show
from .statements import place
from .text import Text, joined, os_reason

SKIPPED_FOLDERS = {"tests", "data", "runs", "venv", "env", "node_modules", "site-packages"}

TOO_LARGE = Text(
    "{file} 太大（{size} MB），像是数据，没有放进去。",
    "{file} is too large ({size} MB) to be code and was left out.",
)
TOO_NEW = Text(
    "{where}：这种写法比评分器的 Python {version} 新，评分时无法读取，那里的分数要等助教判定；"
    "请改成 Python {version} 也能读的写法。",
    "{where}: this syntax is newer than Python {version}, with which the grader runs and which "
    "cannot read it; its points would wait for a person. Write it so that Python {version} can "
    "read it.",
)
LARGE_NOTEBOOK = Text(
    "{file} 太大（{size} MB），没有放进去。请先清除输出（Clear All Outputs）并保存，再重新打包。",
    "{file} is too large ({size} MB) and was left out. Clear its outputs (Clear All Outputs), save "
    "it and pack again.",
)
UNREADABLE = Text(
    "无法读取 {file}（{reason}），没有放进去。",
    "{file} cannot be read ({reason}) and was left out.",
)
WITHOUT_TORCH = Text(
    "{where}：导入了 torch；{part} 评分时没有 torch，用到它的代码会失败。请只用 NumPy。",
    "{where}: torch is imported, but {part} is graded without it, and what uses it fails there. "
    "Use NumPy alone.",
)
NOT_DEFINED = Text(
    "{part}：没有定义 {names}；隐藏检查也会用到约定里的每个名称。",
    "{part}: not defined: {names}. Hidden checks too use every name of the contract.",
)


class Code(NamedTuple):
    """A file or notebook of the student's."""

    path: str
    cells: tuple[str, ...]
    data: bytes


def files_below(folder: Path) -> Iterator[Path]:
    """The files below `folder` in a stable order; tests, data and hidden folders stay out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if keeps_folder(name))
        yield from (Path(here) / name for name in sorted(files))


def keeps_folder(name: str) -> bool:
    """Whether a folder may hold the student's work."""
    return not name.startswith((".", "__")) and name.lower() not in SKIPPED_FOLDERS


def collect(folder: Path) -> tuple[list[Code], list[Text]]:
    """The code below `folder`, and a notice for what was left out or read with difficulty."""
    found: list[Code] = []
    notices: list[Text] = []
    for file in files_below(folder):
        path = file.relative_to(folder).as_posix()
        if file.suffix.lower() not in (".py", ".ipynb") or is_starter_test(
            file.resolve().as_posix()
        ):
            continue
        try:
            data = file.read_bytes()
        except OSError as error:
            notices.append(UNREADABLE.format(file=show(path), reason=os_reason(error)))
            continue
        notebook = file.suffix.lower() == ".ipynb"
        if len(data) > (MAX_NOTEBOOK_BYTES if notebook else MAX_SOURCE_BYTES):
            size = f"{len(data) / 1e6:.1f}"
            too_large = LARGE_NOTEBOOK if notebook else TOO_LARGE
            notices.append(too_large.format(file=show(path), size=size))
            continue
        decoded = read(path, data)
        notices += decoded.notices
        found.append(Code(path, decoded.cells, data))
    return found, notices


def foreseen(folder: Path, parts: Collection[str]) -> list[Text]:
    """What grading sees in the code below `folder` and a run of `parts` here does not show."""
    codes, notices = collect(folder)
    located = locate(codes)
    broken = {found.notice for found in located.unparsed}  # the run itself has said so
    notices += [notice for notice in located.notices if notice not in broken]
    torch = torch_in_numpy(codes, located, parts)
    return [*notices, *too_new(codes), *torch, *not_defined(located, parts)]


class Helpers(NamedTuple):
    """Where names of a part's contract are that its own file lacks, or leaves as they were."""

    homes: Mapping[str, Path] = MappingProxyType({})
    passed_over: tuple[PassedOver, ...] = ()  # their files by whole paths


NO_HELPERS = Helpers()


def helpers(folder: Path, part: str, path: Path) -> Helpers:
    """The names that not `path` but another file below `folder` defines.

    The grader finds them there. Notebooks are no modules, so a run here cannot import them.
    """
    codes, _ = collect(folder)
    files = locate(codes).found.get(part)
    if files is None or path.relative_to(folder).as_posix() not in files.paths:
        return NO_HELPERS
    elsewhere = {name: folder / home for name, home in files.names.items() if "." not in name}
    homes = {n: home for n, home in elsewhere.items() if home != path and home.suffix == ".py"}
    return Helpers(
        homes,
        tuple(
            stub._replace(path=str(folder / stub.path), home=str(folder / stub.home))
            for stub in files.passed_over
        ),
    )


def too_new(codes: Sequence[Code]) -> list[Text]:
    """A warning for each file or cell that this Python reads and the grader's does not."""
    version = ".".join(map(str, GRADER_PYTHON))
    return [
        TOO_NEW.format(where=place(code.path, number, line), version=version)
        for code in codes
        for number, cell in enumerate(code.cells, start=1)
        if (line := newer_line(cell))
    ]


def torch_in_numpy(
    codes: Sequence[Code], located: Located, parts: Collection[str]
) -> Iterator[Text]:
    """A warning for each import of torch in those of `parts` that are graded without it."""
    # One file may hold a part with torch and one without; then the import is no mistake.
    with_torch = {
        path for files in located.found.values() if files.part.torch for path in files.paths
    }
    for id, files in located.found.items():
        if files.part.torch or id not in parts:
            continue
        own = set(files.paths) - with_torch
        for code in codes:
            if code.path in own:
                for where in torch_imports(code):
                    yield WITHOUT_TORCH.format(where=where, part=id)


def unparsed(located: Located, part: str) -> bool:
    """Whether a file of a part has no syntax tree; what the part defines is then not known."""
    return not {found.path for found in located.unparsed}.isdisjoint(located.found[part].paths)


def not_defined(located: Located, parts: Collection[str]) -> Iterator[Text]:
    """The names that those of `parts` lack which a file defines in part."""
    for id, files in located.found.items():
        if unparsed(located, id):
            continue
        if id in parts and files.missing and not files.part.optional:
            yield NOT_DEFINED.format(part=id, names=joined(map(show, files.missing)))


def torch_imports(code: Code) -> Iterator[Text]:
    """Where a file or notebook imports torch: its first place in each cell."""
    for number, cell in enumerate(code.cells, start=1):
        try:
            tree = ast.parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        lines = [
            node.lineno
            for node in ast.walk(tree)
            if (isinstance(node, ast.ImportFrom) and _is_torch(node.module or ""))
            or (isinstance(node, ast.Import) and any(_is_torch(a.name) for a in node.names))
        ]
        if lines:
            yield place(code.path, number, min(lines))


def _is_torch(module: str) -> bool:
    return module.split(".")[0] == "torch"
