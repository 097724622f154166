"""Write a file whole or not at all, so that no reader sees half of it."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from grader.core.errors import MachineError
from kit.text import Text, os_reason

_DRAFT: Final = ".draft-"


def write_text(path: Path, text: str) -> None:
    """Replace the content of `path` by `text`, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`."""
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder, because a rename is atomic only within one file system.
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            draft = Path(file.name)
            file.write(data)
            file.flush()
            # Before the rename, or a power cut could leave the new name with no content.
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 hides it from the staff
        os.replace(draft, path)
    except OSError as error:
        if draft is not None:
            with contextlib.suppress(OSError):
                draft.unlink()
        raise _refused(path, error) from error


def check_writable(paths: Iterable[Path]) -> None:
    """MachineError for the first of these files that :func:`write_bytes` could not write."""
    tried: set[Path] = set()
    for path in paths:
        try:
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            folder = _existing(path.parent)
            if folder not in tried:
                # By doing it: permissions alone say nothing of a file system mounted read-only.
                with tempfile.NamedTemporaryFile(dir=folder, prefix=_DRAFT):
                    tried.add(folder)
        except OSError as error:
            raise _refused(path, error) from error


@contextlib.contextmanager
def draft_folder(path: Path) -> Iterator[Path]:
    """A folder on the disk of `path`, removed in the end."""
    try:
        folder = tempfile.TemporaryDirectory(dir=_existing(path.parent), prefix=_DRAFT)
    except OSError as error:
        raise _refused(path, error) from error
    with folder as name:
        yield Path(name)


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    # With a broken link, which a folder cannot be made in place of.
    return next(one for one in (folder, *folder.parents) if os.path.lexists(one))


def _refused(path: Path, error: OSError) -> MachineError:
    return MachineError(
        Text(
            f"无法写入 {path}：{os_reason(error).zh}。请检查磁盘空间和权限，或换一个结果文件夹。",
            f"Cannot write {path}: {os_reason(error).en}. Check the disk and its permissions, or "
            "use another results folder.",
        )
    )
