"""Write a file whole or not at all, so that no reader sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from grader.core.errors import MachineError
from kit.text import Text, os_reason


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
        raise MachineError(
            Text(
                f"无法写入 {path}：{os_reason(error).zh}。请检查磁盘空间和权限，"
                "或换一个结果文件夹。",
                f"Cannot write {path}: {os_reason(error).en}. Check the disk and its "
                "permissions, or "
                "use another results folder.",
            )
        ) from error
