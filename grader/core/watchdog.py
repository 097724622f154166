"""A process that was started to work for another ends with it."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this process when the one that started it ends, however that ended: by SIGKILL too.

    Without it a process of a pool waits for work for ever. In the main process nothing happens.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
