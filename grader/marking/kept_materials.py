"""Training logs and pictures beside a hand-in's pages, for the desk.

They are kept as they were handed in, in one file. Whoever shows them lets a sandbox open them.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from grader.core.materials import Material
from grader.feedback import MATERIALS
from grader.feedback.atomic import write_bytes

_NAMES: Final = "names.json"
# One fixed time, the earliest that a zip can hold, gives equal bytes for equal files.
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


def keep(folder: Path, materials: Sequence[Material]) -> None:
    """Keep them below `folder`; those of an earlier hand-in go."""
    path = folder / MATERIALS
    if not materials:
        path.unlink(missing_ok=True)
        return
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        # By number: a student's name for a file never becomes one of ours.
        named = json.dumps([material.path for material in materials], ensure_ascii=True)
        archive.writestr(zipfile.ZipInfo(_NAMES, _LONG_AGO), named)
        for number, material in enumerate(materials):
            archive.writestr(zipfile.ZipInfo(str(number), _LONG_AGO), material.data)
    if not path.is_file() or path.read_bytes() != made.getvalue():
        write_bytes(path, made.getvalue())


def path_of(out: Path, hand_in: str) -> Path | None:
    """Where those of a hand-in are kept; None where there are none."""
    path = out / hand_in / MATERIALS
    # A link there would lead out of the folder.
    return path if path.is_file() and not path.is_symlink() else None


def names(path: Path) -> list[str]:
    """Their names, in the order of their numbers; none where the file is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [str(name) for name in json.loads(archive.read(_NAMES))]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return []


def read(path: Path, number: int) -> Material | None:
    """One of them; None where there is none of this number."""
    listed = names(path)
    if not 0 <= number < len(listed):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            return Material(listed[number], archive.read(str(number)))
    except (OSError, zipfile.BadZipFile, KeyError):
        return None
