"""The limit on one check of ``pytest starter/``: an endless loop ends with a sentence and a line.

A thread interrupts the main thread, as Ctrl-C does. It needs no SIGALRM, which Windows lacks.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import os
import signal
import threading
import time

from .reasons import NO_TEXT
from .text import Text

LIMIT_S = 60.0
"""Of one check. The slowest one of right code takes about two seconds."""

_AGAIN_S = 1.0
"""Between two interrupts: code may catch the first one by ``except:`` and go on."""


class TimeLimit:
    """A limit that is started for each check. It is off while a person uses a debugger."""

    def __init__(self, seconds: float = LIMIT_S) -> None:
        self.seconds = seconds
        self.expired = False  # whether the check that runs, or ran last, was interrupted
        self._lock = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Count from now on."""
        self.expired = False
        self._over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(self._over,), daemon=True)
        thread.start()

    def stop(self) -> bool:
        """The check has ended, or a debugger was entered: whether it was interrupted before.

        An interrupt that comes late is swallowed: it must not end the whole run.
        """
        with self._lock:
            over, self._over = self._over, threading.Event()
            over.set()
        if self.expired:
            with contextlib.suppress(KeyboardInterrupt):
                time.sleep(0.05)
        return self.expired

    def reason(self, place: Text | None) -> Text:
        """The sentence for a check that was interrupted; `place` as :func:`kit.frames.place`."""
        where = place or NO_TEXT
        return Text(
            f"你的代码运行了 {self.seconds:g} 秒还没有返回{where.zh}；请找一找不会结束的循环",
            f"your code did not return within {self.seconds:g} s{where.en}; look for a loop that "
            "never ends",
        )

    def _watch(self, over: threading.Event) -> None:
        wait = self.seconds
        while not over.wait(wait):
            with self._lock:
                if over.is_set():
                    return
                self.expired = True
                _interrupt()
            wait = _AGAIN_S


def _interrupt() -> None:
    """Raise KeyboardInterrupt in the main thread, also while it sleeps where that is possible."""
    main = threading.main_thread().ident or 0
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # A program that a shell starts in the background ignores the signal.
        raising = ctypes.py_object(KeyboardInterrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), raising)
    elif os.name == "posix":
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()
