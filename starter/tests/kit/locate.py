"""Find the files of each part of the lab by what they define, not by their file names.

``pack.py`` and the grader both use this, so a student sees what the grader will see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from .contracts import BY_ID, PARTS
from .definitions import Summary, summarise
from .homes import PassedOver, contract_names, definitions, homes, passed_over, written
from .neighbours import omitted
from .part import Part
from .readings import Reading, readings
from .sources import MAX_TOKENS, Problem, show, token_count
from .statements import Spot
from .text import Text, first_of

MAX_ALL_TOKENS = 2 * MAX_TOKENS
"""The limit on the tokens of all sources of a submission together."""

MAX_READ_TOKENS = 80_000
"""Of sources whose statements are looked at one by one: some 10,000 lines."""

MAX_UNPARSED = 10
"""Names of one file that are reported."""

FEW = 2
"""So many functions of one part, none of which is distinctive, tell that a file belongs to it."""

_STARTER_TESTS = re.compile(
    rf"conftest\.py|pack\.py|setup\.py|test_(?:{'|'.join([*BY_ID, 'corpora'])})\.py"
)

SYNTAX = Text(
    "{file} 第 {line} 行：{what}。{cost}请先在自己的电脑上运行一遍，没有报错再提交。",
    "{file}, line {line}: {what}. {cost} Run it on your own computer until Python no longer "
    "complains.",
)
UNPARSED = Text("{file}：{what}。{cost}", "{file}: {what}. {cost}")
COST_FILE = Text("这个文件里的代码都没有读取。", "No code of this file counts.")
COST_CELL = Text("只有这个单元格没有读取。", "Only this cell is left out.")
PYTHON_2 = Text(
    "本课用 Python 3：print 要加括号，except 用 as。",
    "The course uses Python 3: print takes parentheses, except takes as.",
)
DEFINED_TWICE = Text(
    "{names} 在几个文件里都有定义：{files}。以 {first} 里的为准，不扣分。",
    "{names}: defined in several files, {files}. The one in {first} counts; this costs nothing.",
)
TWICE_IN_FILE = Text(
    "{file} 里 {names} 定义了不止一次，后面的覆盖前面的。",
    "{file} defines {names} more than once; the last one counts.",
)
NEIGHBOURS = Text(
    "{file} 里有几个部分，{names} 定义了不止一次：每个部分用离自己最近的那一个，不扣分。",
    "{file} holds several parts and defines {names} more than once; each part uses the one beside "
    "it. This costs nothing.",
)
STUB_FIRST = Text(
    "{names} 在 {first} 里还是模板原样，而评分以这个文件为准，不看 {other}。请把代码移过来。",
    "{names}: {first} still holds the stub, and that file counts; the one in {other} is not "
    "looked at. Move it over.",
)
GUARDED = Text(
    '{file} 里 {names} 写在 if __name__ == "__main__" 之内，评分时不会执行；请移到外面。',
    '{file} defines {names} below if __name__ == "__main__", which is not run when grading; '
    "move it out.",
)
TOO_MUCH = Text(
    "代码总量太大，{file} 没有分析。请只提交自己写的代码。",
    "There is too much code, so {file} was not analysed. Hand in only what you wrote.",
)


class SourceLike(Protocol):
    """A decoded file or notebook."""

    @property
    def path(self) -> str: ...

    @property
    def cells(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Unparsed:
    """A file, or a cell of a notebook, that this Python cannot parse."""

    path: str
    cell: int  # from 1
    notice: Text  # what to tell if no version of Python can


@dataclass(frozen=True)
class PartFiles:
    """The files of one part, and which of its names are written."""

    part: Part
    paths: tuple[str, ...]  # in order of precedence
    names: dict[str, str] = field(default_factory=dict)  # contract name -> path that counts
    stubs: tuple[str, ...] = ()  # blanks that still raise NotImplementedError
    unwritten: tuple[str, ...] = ()  # what does so, as the starter's own lines name it
    passed_over: tuple[PassedOver, ...] = ()  # stubs of one file that another one fills

    @property
    def written(self) -> tuple[str, ...]:
        """The blanks that the student filled in."""
        return written(self.part, {name: name in self.stubs for name in self.names})

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the contract that no file defines."""
        return tuple(n for n in self.part.names if n not in self.names)


@dataclass(frozen=True)
class Located:
    """The parts of a submission."""

    found: dict[str, PartFiles]
    problems: dict[str, tuple[tuple[int, Problem], ...]]  # path -> (cell from 0, why)
    notices: tuple[Text, ...]
    readings: dict[str, tuple[Reading, ...]] = field(default_factory=dict)
    """Part -> how it is loaded, in the order in which that is tried, if not by the rule alone."""
    unparsed: tuple[Unparsed, ...] = ()
    """What has no syntax tree; `notices` holds the notice of each as well."""

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Part -> its paths, in order of precedence."""
        return {part: files.paths for part, files in self.found.items()}

    @property
    def passed_over(self) -> dict[str, tuple[PassedOver, ...]]:
        """Part -> its definitions that give way; only parts that have some."""
        found = self.found.items()
        return {part: files.passed_over for part, files in found if files.passed_over}


def is_starter_test(path: str) -> bool:
    """Whether `path` is one of the starter's own test files, which are never a source of a part."""
    words = PurePosixPath(path).parts
    pairs = zip(words[:-2], words[1:-1], strict=True)
    below = any(pair in (("tests", "kit"), ("tests", "parts")) for pair in pairs)
    return below or bool(words and _STARTER_TESTS.fullmatch(words[-1].lower()))


def locate(sources: Iterable[SourceLike]) -> Located:
    """The files of each part in order of precedence, and a notice for each choice and error."""
    notices: list[Text] = []
    summaries = sorted(_summaries(sources, notices), key=lambda s: _nearness(s.path))
    unparsed = tuple(found for summary in summaries for found in _unparsed(summary))
    notices += [found.notice for found in unparsed]
    claims = {part.id: [s for s in summaries if _claims(part, s)] for part in PARTS}
    _claim_by_hints(claims, summaries, by_name=True)
    _adopt(claims, summaries)
    _claim_by_hints(claims, summaries, by_name=False)
    neighbours = _neighbours(claims, summaries)
    found: dict[str, PartFiles] = {}
    for part in PARTS:
        if claims[part.id]:
            found[part.id] = _order(part, claims[part.id], neighbours, notices)
    problems = {s.path: s.problems for s in summaries if s.problems}
    ways = _readings(found, summaries, neighbours)
    return Located(found, problems, tuple(dict.fromkeys(notices)), ways, unparsed)


_Neighbours = dict[str, dict[str, tuple[frozenset[Spot], ...]]]
"""Path -> part -> the definitions in the file that belong to another part."""


def _neighbours(claims: dict[str, list[Summary]], summaries: Sequence[Summary]) -> _Neighbours:
    found = {}
    for summary in summaries:
        parts = [part for part in PARTS if summary in claims[part.id]]
        if shared := omitted(parts, summary.statements, summary.torch_names):
            found[summary.path] = shared
    return found


def _readings(
    found: dict[str, PartFiles], summaries: Sequence[Summary], neighbours: _Neighbours
) -> dict[str, tuple[Reading, ...]]:
    claimed = {path for files in found.values() for path in files.paths}
    ways = {}
    for id, files in found.items():
        imported = {word for s in summaries if s.path in files.paths for word in s.imports}
        mine = [
            s
            for s in summaries
            if s.path in files.paths
            # A file that no part claims is one that others import.
            or s.path not in claimed
            or imported & {*PurePosixPath(s.path).parts[:-1], PurePosixPath(s.path).stem}
        ]
        views = [neighbours.get(path, {}).get(id, (frozenset(),)) for path in files.paths]
        several = (views, [view[::-1] for view in views])[: max(map(len, views))]
        unseen = [frozenset(spot for view in way for spot in view[0]) for way in several]
        statements = [statement for summary in mine for statement in summary.statements]
        if tried := readings(files.part, statements, unseen):
            ways[id] = tried
    return ways


def _summaries(sources: Iterable[SourceLike], notices: list[Text]) -> Iterator[Summary]:
    """Small files first: if there is too much, the files left out are not a student's own work."""
    read = MAX_READ_TOKENS
    sized = [(sum(token_count(c, MAX_TOKENS) for c in s.cells), s.path, s) for s in sources]
    left = MAX_ALL_TOKENS
    for tokens, path, source in sorted(sized, key=lambda item: item[:2]):
        left -= tokens
        if left < 0:
            notices.append(TOO_MUCH.format(file=show(path)))
        else:
            read -= tokens
            yield summarise(path, source.cells, whole=read >= 0)


def _nearness(path: str) -> tuple[int, str]:
    """Nearest to the root first."""
    return path.count("/"), path


def _bears(part: Part, path: str) -> bool:
    """Whether the file has the starter's name (or that name as a notebook)."""
    name = PurePosixPath(path).name.lower()
    return name in (part.file, f"{part.id}.ipynb")


def _claims(part: Part, summary: Summary) -> bool:
    if _bears(part, summary.path) or summary.heads & set(part.distinctive):
        return True
    return any(
        name in part.distinctive and (part.torch or not definition.torch)
        for name, definition in summary.names.items()
    )


def _claim_by_hints(
    claims: dict[str, list[Summary]], summaries: Sequence[Summary], by_name: bool
) -> None:
    """A file that no part claims, for a part that its name or its functions point to.

    ``2023001_sequence.py`` may define only ``greedy``, which says nothing alone; beside it the file
    name does. Under any name, `FEW` functions of a part that consists of functions alone will do.
    """
    claimed = _claimed(claims)
    for summary in summaries:
        if summary.path in claimed:
            continue
        for part in PARTS:
            defined = set(definitions(part, summary)) & set(part.blanks)
            functions = not any("." in name for name in part.blanks)
            named = _names(part, summary.path) if by_name else functions and len(defined) >= FEW
            fits = "torch" in summary.imports or not part.torch_only
            if named and defined and fits and summary not in claims[part.id]:
                claims[part.id].append(summary)


def _claimed(claims: dict[str, list[Summary]]) -> set[str]:
    """A file that only an optional part claims may belong to another part as well."""
    return {s.path for part in PARTS if not part.optional for s in claims[part.id]}


def _names(part: Part, path: str) -> bool:
    """Whether the name of the file holds the part's name as a word."""
    words = re.split(r"[^a-z0-9]+", PurePosixPath(path).stem.lower())
    return f"_{part.id}_" in f"_{'_'.join(words)}_"


def _adopt(claims: dict[str, list[Summary]], summaries: Sequence[Summary]) -> None:
    """Give a file that no part claims to a part which lacks a blank that it defines.

    So ``sample`` in a ``main.py`` of its own is found, although the name alone says nothing.
    """
    claimed = _claimed(claims)
    for part in PARTS:
        if not claims[part.id]:
            continue
        # A stub is no reason to leave a file out that fills it.
        have = {n for s in claims[part.id] for n, d in definitions(part, s).items() if not d.stub}
        lacking = {name for name in part.blanks if "." not in name} - have
        for summary in summaries:
            uses_torch = "torch" in summary.imports
            if summary in claims[part.id] or summary.path in claimed:
                continue
            if uses_torch == part.torch_only:
                if lacking & {n for n, d in definitions(part, summary).items() if not d.value}:
                    claims[part.id].append(summary)


def _order(
    part: Part, files: list[Summary], neighbours: _Neighbours, notices: list[Text]
) -> PartFiles:
    """The file with the starter's name first, then most names; untouched and broken files last.

    Untouched is a file of which no blank is filled in, whatever else it gives.
    """
    names = {summary.path: contract_names(part, summary) for summary in files}

    def rank(summary: Summary) -> tuple[bool, bool, bool, bool, int, tuple[int, str]]:
        found = names[summary.path]
        blanks = [name for name in part.blanks if name in found]
        untouched = bool(blanks) and not written(part, found)
        # Where nothing else is written, a constructor is more than the starter's stub of it.
        stubs_alone = bool(blanks) and all(found[name] for name in blanks)
        attempted = sum(not stub for stub in found.values())
        bears = _bears(part, summary.path)
        near = _nearness(summary.path)
        return summary.broken, untouched, stubs_alone, not bears, -attempted, near

    files = sorted(files, key=rank)
    paths = tuple(summary.path for summary in files)
    chosen = homes(part, {s.path: names[s.path] for s in files if not s.broken})
    methods = {
        name: chosen[name.partition(".")[0]]
        for name in part.names
        if "." in name and name in names.get(chosen.get(name.partition(".")[0], ""), {})
    }
    chosen |= methods
    stubs = tuple(name for name in part.blanks if name in chosen and names[chosen[name]][name])
    notices += _choices(part, files, names, chosen, stubs, neighbours)
    ordered = {name: chosen[name] for name in part.names if name in chosen}
    # A class that is given may have a constructor to write.
    unwritten = tuple(part.blank_title(n) for n, path in ordered.items() if names[path][n])
    return PartFiles(part, paths, ordered, stubs, unwritten, passed_over(part, files))


def _choices(
    part: Part,
    files: list[Summary],
    names: dict[str, dict[str, bool | None]],
    chosen: dict[str, str],
    stubs: tuple[str, ...],
    neighbours: _Neighbours,
) -> list[Text]:
    """A notice for each set of files that define the same names, and for oddities in one file."""
    shared: dict[tuple[tuple[str, ...], str], list[str]] = {}
    hidden: dict[tuple[str, str], list[str]] = {}
    for name in chosen:
        paths = tuple(s.path for s in files if not s.broken and name in names[s.path])
        if len(paths) > 1 and "." not in name:
            shared.setdefault((paths, chosen[name]), []).append(name)
        other = next((path for path in paths if names[path][name] is False), None)
        if name in stubs and other is not None:
            hidden.setdefault((chosen[name], other), []).append(name)
    found = [
        DEFINED_TWICE.format(
            names=first_of(map(show, n)), files=first_of(map(show, paths)), first=show(first)
        )
        for (paths, first), n in shared.items()
    ]
    found += [
        STUB_FIRST.format(names=first_of(map(show, n)), first=show(first), other=show(other))
        for (first, other), n in hidden.items()
    ]
    for summary in files:
        own = [name for name in summary.twice if part.canonical(name) in part.names]
        if own:
            several = NEIGHBOURS if summary.path in neighbours else TWICE_IN_FILE
            found.append(several.format(file=show(summary.path), names=first_of(map(show, own))))
        guarded = [name for name in summary.guarded if part.canonical(name) in part.names]
        if guarded:
            found.append(
                GUARDED.format(file=show(summary.path), names=first_of(map(show, guarded)))
            )
    return found


def _unparsed(summary: Summary) -> Iterator[Unparsed]:
    """What of a file cannot be parsed, with a sentence on what that costs."""
    notebook = summary.path.lower().endswith(".ipynb")
    for cell, problem in summary.problems[:MAX_UNPARSED]:
        file = Text(show(summary.path), show(summary.path))
        if notebook:
            file = Text(f"{file.zh} 第 {cell + 1} 个代码单元格", f"{file.en}, code cell {cell + 1}")
        cost = COST_CELL if notebook else COST_FILE
        if problem.python2:
            cost = cost + PYTHON_2
        template = SYNTAX if problem.line else UNPARSED
        notice = template.format(file=file, line=problem.line, what=problem.what, cost=cost)
        yield Unparsed(summary.path, cell + 1, notice)
