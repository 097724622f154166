"""Write a file whole or not at all, so that a reader never meets half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from grader.core.errors import MachineError
from kit.text import Text, os_reason


def write_text(path: Path, text: str) -> None:
    """Put `text`, as UTF-8, in the place of whatever `path` holds."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` in the place of whatever `path` holds."""
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            draft = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would hide it from the course
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
