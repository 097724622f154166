"""``torch._dynamo``, the compiler of torch, in a server: it is loaded where code needs it.

The first step of an optimiser imports it: a second, as long as torch itself, and 110 MB. It is for
``torch.compile``, which compiles nothing here (`grader.worker.torch_compatibility`). What torch
itself asks of it while nothing is compiled, and its settings, which notebooks write, are here
without it. Any other name, or a module inside, loads all of it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import types
from typing import Any

NAME = "torch._dynamo"


def install(torch: Any) -> None:
    """Put the module in place of the package, before the first optimiser is made.

    A version of torch that has imported its compiler, or has none, stays as it is.
    """
    if NAME in sys.modules:
        return
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.loader is None or spec.submodule_search_locations is None:
        return
    module = _Lazy(NAME)
    path = list(spec.submodule_search_locations)
    vars(module).update(
        __spec__=spec, __loader__=spec.loader, __file__=spec.origin, __package__=NAME, __path__=path
    )
    sys.modules[NAME] = torch._dynamo = module
    try:
        vars(module)["config"] = importlib.import_module(f"{NAME}.config")
    except ImportError:  # another version of torch
        del sys.modules[NAME], torch._dynamo
        return
    del vars(module)["__path__"]  # asked for by who imports another module inside
    vars(module).update(_LIGHT)


def loaded() -> bool:
    """Whether the compiler itself is loaded."""
    return not isinstance(sys.modules.get(NAME), _Lazy)


class _Lazy(types.ModuleType):
    """The package before it is loaded."""

    def __getattr__(self, name: str) -> Any:
        # `from torch._dynamo import config` looks whether there is a path, and needs none.
        importer = sys._getframe(1).f_globals.get("__name__", "")
        within = name == "__path__" and importer.startswith(("importlib", "_frozen_importlib"))
        if name.startswith("__") and not within:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        _load(self)
        return getattr(self, name)


def _load(module: types.ModuleType) -> None:
    """Execute the package in the module that others may hold already."""
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    module.__class__ = types.ModuleType
    for name in _LIGHT:
        vars(module).pop(name, None)
    module.__path__ = list(spec.submodule_search_locations or ())
    spec.loader.exec_module(module)


def _same(fn: Any = None, *_: Any, **__: Any) -> Any:
    """What is to be treated in some way by the compiler, unchanged; without it, a decorator."""
    return _same if fn is None else fn


def _nothing(*_: Any, **__: Any) -> None:
    """There is no compiled code to act on."""


_LIGHT = {
    "allow_in_graph": _same,
    "compiled_autograd": types.SimpleNamespace(_disable=contextlib.nullcontext),
    "disable": _same,
    "disallow_in_graph": _same,
    "graph_break": _nothing,
    "is_compiling": lambda: False,
    "mark_dynamic": _nothing,
    "mark_static": _nothing,
    "reset": _nothing,
}
"""What the package answers while nothing is compiled."""
