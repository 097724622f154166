"""A worker process ends when the process that started it ends."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this process when its parent ends, even by SIGKILL.

    Without it a pool's process would wait for work without end. The main process has no parent
    and is left alone.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        # Waits for a pipe that the kernel closes with the parent, however that ends.
        parent.join()
        # Not sys.exit, which would end only this thread.
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
