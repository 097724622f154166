"""Confine processes and fork them warm: `ForkServer` gives a `Worker`, `Limits` bound it.

The public names are loaded when they are first used: the fork server itself imports modules of
this package in an interpreter that has, on purpose, no third-party package yet.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .control import Limits
    from .forkserver import ForkServer, Versions
    from .handle import Ended, Worker

__all__ = ["Ended", "ForkServer", "Limits", "Versions", "Worker"]

_HOMES = {
    "Ended": ".handle",
    "ForkServer": ".forkserver",
    "Limits": ".control",
    "Versions": ".forkserver",
    "Worker": ".handle",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
