"""Let a first worker try what must be refused, before a tier is trusted.

The judge makes a bait, files of its own that anyone may read and write, and names what else a
worker must not reach; `canary` tries from inside. A tier in which an attempt succeeds is not used.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.core.tiers import Tier

from .. import PACKAGE, ROOT
from .confinement_errors import error_for
from .control import Failed
from .handle import Worker

_ANSWER_S = 60.0


def send_canary(
    spawn: Callable[[], Worker], tier: Tier, kind: str, folders: tuple[str, ...]
) -> None:
    """Raise ConfinementError, naming every attempt of the canary that had the wrong result."""
    absent = ["pytest", "click", *(["torch"] if kind != "torch" else [])]
    hidden = [str(PACKAGE), str(PACKAGE / "__init__.py")]
    hidden += [str(ROOT / name) for name in ("solutions", "starter", "rubric.yaml")]
    hidden += [f"{folder}/{name}" for folder in folders for name in absent]
    hidden += ["/etc/passwd", "/etc/hostname", "/usr/bin", "/bin/sh", "/sys/kernel"]
    hidden += [os.path.expanduser("~/.bashrc"), os.path.expanduser("~/.ssh")]
    with _bait() as bait, spawn() as worker:
        request = {"tier": tier, "hidden": hidden, "bait": bait, "judge": os.getpid()}
        channel = worker._channel
        channel.settimeout(_ANSWER_S)
        try:
            channel.send(json.dumps(request).encode())
            answer = json.loads(channel.recv(1 << 16))
            problems = [f"it could {name}" for name in answer["escapes"]]
            problems += [f"it could not {name}" for name in answer["lacking"]]
        except (OSError, ValueError) as error:
            printed = worker.output().decode("utf-8", "replace")
            problems = [f"the canary did not answer ({error}): {printed}"]
    if problems:
        raise error_for(Failed("canary", 0, "; ".join(problems)))


@contextmanager
def _bait() -> Iterator[str]:
    """A folder with a file that only confinement protects: their modes let anybody write."""
    with tempfile.TemporaryDirectory(prefix="grader-bait-") as folder:
        os.chmod(folder, 0o777)
        file = Path(folder, "file")
        file.write_text("bait", "ascii")
        file.chmod(0o666)
        yield folder
