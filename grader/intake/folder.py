"""Read an untrusted folder: no link is followed, only ordinary files are opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from . import names
from .collected import CollectedFiles, wanted

# O_NONBLOCK: opening a pipe must not wait for a writer. Windows lacks both flags.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def read_folder(folder: Path, collected: CollectedFiles) -> str | None:
    """Read what matters of a folder into `collected`; a key of ``REFUSED`` if it is empty."""
    real = list(_walk(folder, collected))
    pairs = []
    for path in real:
        listed = _relative(path, folder)
        tidy = names.check(listed.replace(os.sep, "/"), collected.limits.path_characters)
        if isinstance(tidy, names.Flaw):
            collected.leave_out(tidy.kind, listed)
        else:
            pairs.append((tidy, path))
    pairs.sort(key=lambda pair: (not wanted(pair[0]), pair[0].count("/"), pair[0]))
    spellings: dict[str, str] = {}
    for listed, path in pairs:
        if not collected.budget.take_entry():
            collected.leave_out("many", listed)
            break
        if spellings.setdefault(names.clash_key(listed), listed) != listed:
            collected.notes.add("case", listed)
        if not wanted(listed):
            collected.pass_by(listed)
            _take_material(path, listed, collected)
        elif (content := _read(path, listed, collected)) is not None:
            collected.take(listed, content)
    return None if pairs or collected.reasons else "empty"


def _walk(folder: Path, collected: CollectedFiles) -> list[str]:
    """Every ordinary file below `folder` in a stable order, litter of systems excepted."""
    found: list[str] = []
    seen = 0
    stack = [(os.fspath(folder), 0)]
    while stack:
        here, depth = stack.pop()
        try:
            with os.scandir(here) as scan:
                children = sorted(scan, key=lambda child: child.name)
        except OSError:
            collected.leave_out("unreadable", _relative(here, folder))
            continue
        # A virtual environment holds thousands of files, none written by the student.
        if depth and any(child.name == "pyvenv.cfg" for child in children):
            continue
        folders = []
        for child in children:
            # Ignored names count too, because a folder of millions of them takes as long to list.
            seen += 1
            if seen > collected.limits.listed:
                collected.leave_out("many", _relative(child.path, folder))
                return found
            if names.is_ignored(child.name):
                continue
            shown = _relative(child.path, folder)
            if child.is_symlink():
                collected.leave_out("symlink", shown)
            elif child.is_dir(follow_symlinks=False):
                if depth >= collected.limits.depth:
                    collected.leave_out("deep", shown)
                else:
                    folders.append((child.path, depth + 1))
            elif child.is_file(follow_symlinks=False):
                found.append(child.path)
            else:
                collected.leave_out("special", shown)
        stack += reversed(folders)
    return found


def _relative(path: str, folder: Path) -> str:
    return names.from_disk(os.path.relpath(path, folder))


def _read(path: str, shown: str, collected: CollectedFiles) -> bytes | None:
    """The bytes of an ordinary file within the limits, or None after noting why not."""
    budget = collected.budget
    cap = min(budget.cap(shown), max(budget.bytes_left, 0))
    try:
        content = read_bounded(path, cap)
    except OSError:
        collected.leave_out("unreadable", shown)
        return None
    if content is None:
        over_all = cap < budget.cap(shown)
        collected.leave_out("budget" if over_all else collected.oversize_kind(shown), shown)
        return None
    budget.bytes_left -= len(content)
    return content


def _take_material(path: str, listed: str, collected: CollectedFiles) -> None:
    """A log or picture. One that cannot be read is left out without a notice."""
    cap = collected.material_cap(listed)
    if cap <= 0:
        return
    try:
        content = read_bounded(path, cap)
    except OSError:
        return
    if content:
        collected.materials[listed] = content


def read_bounded(path: str, cap: int, *, follow: bool = False) -> bytes | None:
    """The bytes of an ordinary file; None if there are more than `cap`. Raises OSError."""
    flags = _FLAGS | _BINARY
    # The path that a person typed may be a link; nothing inside a hand-in may.
    if follow:
        flags &= ~getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as stream:
        # On the open file and not on the path, which may lead elsewhere by now.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not an ordinary file")
        content = stream.read(cap + 1)  # one more shows that there is more
    return None if len(content) > cap else content
