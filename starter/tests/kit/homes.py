"""Which file's definition of each name counts, where several files of a part define it.

The first file counts, but a blank that it leaves as it was never hides one that another file fills.
Student code may import either file, so the definitions stay where they are: a lookup passes over
the blank, and a call inside its file reaches the function that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .definitions import Definition, Summary
from .part import Part

Names = Mapping[str, "bool | None"]
"""Names of the contract in one file, also of methods -> whether it is a stub.

None for a value such as ``sample = 5``: it is no stub, but it fills none either.
"""


class PassedOver(NamedTuple):
    """A definition with a blank that another file of the part fills."""

    path: str
    name: str  # as this file spells it
    home: str  # the file whose definition counts
    spelled: str  # as that file spells it
    function: bool  # of a class its own file may still need the one it has: as a base


def definitions(part: Part, summary: Summary) -> dict[str, Definition]:
    """A file's definitions as the contract spells them, without classes of the wrong library."""
    return {
        part.canonical(name): definition
        for name, definition in summary.names.items()
        if part.torch or not definition.torch
    }


def contract_names(part: Part, summary: Summary) -> dict[str, bool | None]:
    """The names of the contract that a file defines, and whether each is a stub."""
    found: dict[str, bool | None] = {}
    for name, definition in definitions(part, summary).items():
        # A class whose constructor is not written cannot be used, whatever methods it has.
        found[name] = definition.stub or definition.methods.get("__init__", False)
        if definition.value:
            found[name] = None
        found.update((f"{name}.{method}", stub) for method, stub in definition.methods.items())
    return {name: found[name] for name in part.names if name in found}


def written(part: Part, names: Names) -> tuple[str, ...]:
    """The blanks that are filled in; a class counts if one of the blanks in it does."""
    done = [name for name in part.blanks if not names.get(name, True)]
    begun = {name.partition(".")[0] for name in done if "." in name}
    given = {name.partition(".")[0] for name in part.blanks if "." in name} - begun
    return tuple(name for name in done if name not in given)


def homes(part: Part, names: Mapping[str, Names]) -> dict[str, str]:
    """Function or class -> the file that counts. `names` are by path, in order of precedence."""
    found: dict[str, str] = {}
    for path, defined in names.items():
        for name in defined:
            if "." not in name:
                home = found.setdefault(name, path)
                if _gives_way(part, name, names[home], defined):
                    found[name] = path
    return found


def passed_over(part: Part, summaries: Iterable[Summary]) -> tuple[PassedOver, ...]:
    """What of the files of a part, in order of precedence, gives way to another of them."""
    files = {s.path: s for s in summaries if not s.broken}
    names = {path: contract_names(part, summary) for path, summary in files.items()}
    return tuple(
        PassedOver(
            path,
            _spelling(part, summary, name),
            home,
            _spelling(part, files[home], name),
            not _is_class(part, name),
        )
        for name, home in homes(part, names).items()
        for path, summary in files.items()
        if name in names[path] and _gives_way(part, name, names[path], names[home])
    )


def _gives_way(part: Part, name: str, first: Names, other: Names) -> bool:
    """Whether `first` has a stub that `other` fills, and `other` has more of `name` in all.

    A class comes from one file whole: its methods belong together.
    """
    whole = [n for n in part.names if n.partition(".")[0] == name]
    filled = any(first.get(n, False) and other.get(n, True) is False for n in whole)
    return filled and _worth(part, name, whole, first) < _worth(part, name, whole, other)


def _worth(part: Part, name: str, whole: Sequence[str], names: Names) -> tuple[bool, int, int]:
    """Whether a function or class can be used, and how much of it is written."""
    done = [n for n in whole if not names.get(n, True)]
    return name in done, len(set(done) & set(part.blanks)), len(done)


def _spelling(part: Part, summary: Summary, name: str) -> str:
    """How a file spells a name of the contract: the last one counts, as in `definitions`."""
    return [own for own in summary.names if part.canonical(own) == name][-1]


def _is_class(part: Part, name: str) -> bool:
    return any(other.startswith(f"{name}.") for other in part.names)
